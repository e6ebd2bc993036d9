/**
 * The web console as people meet it: a real browser, real hosts, and the way from a denied connection to an allowed one
 * and back, by mouse and by keyboard.
 */
import type { Page } from 'playwright-core';
import { missingBrowser, openBrowser, openWindow, picture, signUp } from './browser.ts';
import { denyAnEdge, lookAtWhatIsInEffect } from './console/drafted.ts';
import { bringUp, bringUpTheLab, putExamplePolicy, takeDown } from './console/estate.ts';
import { lookAtTheFocus } from './console/focus.ts';
import { hostileNames } from './console/hostile.ts';
import { isolateAndRelease } from './console/isolated.ts';
import { byKeyboardAlone } from './console/keyboard.ts';
import { allowAnEdge, provisionTheExample, restoreThePrevious } from './console/mouse.ts';
import { lookAtEveryPage } from './console/pages.ts';
import { comeAndGo } from './console/sessions.ts';
import { fillsByItself, lookAtNothing, lookAtWaitingAndFailing } from './console/states.ts';
import { lookAsViewer } from './console/viewer.ts';
import { check, fail, finish, judgeInBothThemes, say } from './console/window.ts';

async function main(): Promise<number> {
  const missing = process.getuid?.() === 0 ? missingBrowser() : 'not root, uid 0 is needed for network namespaces';
  if (missing !== null) {
    console.error(`Cannot run console: ${missing}`);
    return 3;
  }
  try {
    const link = await bringUp();
    say('the controller is up');
    await inTheBrowser(link);
  } catch (error) {
    fail(error);
  } finally {
    const left = await takeDown();
    check('nothing is left behind', left.length === 0, left);
  }
  return finish();
}

async function inTheBrowser(link: URL): Promise<void> {
  const browser = await openBrowser();
  const complaints: string[] = [];
  const page = await openWindow(browser, link.origin, 'light', complaints);
  /** Parts stand alone: one that cannot go on does not hide what the others find. */
  const part = async (name: string, play: () => Promise<void>): Promise<void> => {
    say(name);
    await play().catch(async (error: unknown) => {
      fail(error);
      // The window that failed may be one of the part's own.
      for (const [index, open] of browser
        .contexts()
        .flatMap((context) => context.pages())
        .entries()) {
        const file = await picture(open, `console-failed-${name.replaceAll(' ', '-')}-${index}`);
        say(`at ${open.url()}, picture: ${file}`);
      }
    });
  };
  try {
    await part('signing up', () => signUpByLink(page, link));
    await part('pages without anything', () => lookAtNothing(page));
    await part('hosts that join', () => fillsByItself(page, bringUpTheLab));
    await part('what is in effect', () => lookAtWhatIsInEffect(page));
    await putExamplePolicy('shop');
    await part('provisioning the example', () => provisionTheExample(page));
    await part('every page', () => lookAtEveryPage(browser, page));
    await part('what has the focus', () => lookAtTheFocus(page));
    await part('an edge by mouse', async () => restoreThePrevious(page, await allowAnEdge(page)));
    await part('an edge to deny', () => denyAnEdge(page));
    await part('the same by keyboard', () => byKeyboardAlone(page));
    await part('isolating', () => isolateAndRelease(page, { name: 'web-1', card: 'env=prod/app=shop' }));
    await part('hostile names', () => hostileNames(browser, page));
    await part('a viewer', () => lookAsViewer(browser, page));
    check('the browser complains about nothing', complaints.length === 0, complaints);
    // Failed answers are complained about, and rightly.
    await part('pages that wait and fail', () => lookAtWaitingAndFailing(page));
    await part('coming and going', () => comeAndGo(browser, link.origin));
  } finally {
    await browser.close();
  }
}

async function signUpByLink(page: Page, link: URL): Promise<void> {
  await page.goto(link.href);
  await page.getByRole('button', { name: 'Create the account' }).waitFor();
  await judgeInBothThemes(page, 'setup');
  await signUp(page, link.href);
  check('the one-time link leads to the map', true);
}

process.exit(await main());
