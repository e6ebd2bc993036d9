/** Somebody who may look at everything and change nothing: what is not theirs is not offered, and it is said why. */
import type { Browser, Page } from 'playwright-core';
import { openWindow } from '../browser.ts';
import { inviteViewer } from './estate.ts';
import { check, detailsOf, judgeInBothThemes, whyOf } from './window.ts';

type Look = { readonly path: string; readonly shows: string | RegExp; readonly without: RegExp };

const looks: readonly Look[] = [
  { path: '/policy', shows: 'In force', without: /^New draft/ },
  { path: '/policy/look', shows: 'In words', without: /^(Save|Add a file)/ },
  { path: '/policy/look/preview', shows: 'Tests of the policy', without: /^Provision/ },
  { path: '/versions/1?show=text', shows: 'compared with', without: /^Restore/ },
];

const offered = (page: Page, name: RegExp): Promise<number> => page.getByRole('button', { name }).count();

/** `admin`: a window of somebody who is offered all of it. */
export async function lookAsViewer(browser: Browser, admin: Page): Promise<void> {
  const base = new URL(admin.url()).origin;
  for (const { path, shows, without } of looks) {
    await admin.goto(path);
    await admin.getByText(shows).first().waitFor();
    const offers = await offered(admin, without);
    check(`an administrator is offered ${without} on ${path}`, offers > 0, offers);
  }
  const rules = await lookAtAnEdge(admin);
  check('an administrator is offered to allow and to deny an edge', rules >= 2, rules);
  const complaints: string[] = [];
  const window = await openWindow(browser, base, 'light', complaints);
  await joinBy(await inviteViewer('vera'), window);
  for (const { path, shows, without } of looks) {
    await window.goto(path);
    await window.getByText(shows).first().waitFor();
    await window.getByText('view only').waitFor();
    check(`a viewer is told so on ${path}`, true);
    const offers = await offered(window, without);
    check(`a viewer is not offered ${without} on ${path}`, offers === 0, offers);
  }
  await judgeInBothThemes(window, 'viewer-version');
  const offers = await lookAtAnEdge(window);
  check('a viewer may ask why, and is offered no rule', offers === 0, offers);
  await judgeInBothThemes(window, 'viewer-edge');
  await lookAtTheAudit(window);
  // The first question, whether anybody is signed in, is answered by a refusal.
  const unexpected = complaints.filter((text) => !text.includes('401'));
  check('nothing that a viewer saw was refused', unexpected.length === 0, unexpected);
  await window.context().close();
}

async function joinBy(link: string, page: Page): Promise<void> {
  await page.goto(link);
  await page.getByText('This sets the password of vera').waitFor();
  await judgeInBothThemes(page, 'invited');
  await page.getByRole('textbox', { name: 'Password' }).fill('another horse battery staple');
  await page.getByRole('button', { name: 'Set the password' }).click();
  await page.waitForURL('**/map');
  check('an invitation leads to the map', true);
}

/** Answers how many rules are offered there. */
async function lookAtAnEdge(page: Page): Promise<number> {
  await page.goto('/map?as=table');
  await page
    .getByRole('row', { name: /dev-api-1.* \/ db-1/ })
    .first()
    .click();
  await whyOf(page);
  return detailsOf(page)
    .getByRole('button', { name: /^(Allow|Deny) this/ })
    .count();
}

async function lookAtTheAudit(page: Page): Promise<void> {
  const link = page.getByRole('link', { name: /^Audit/ });
  check('the audit log is no link for a viewer', (await link.getAttribute('aria-disabled')) === 'true');
  await page.goto('/audit');
  await page.getByText('vera is signed in as viewer').waitFor();
  check('a viewer is told why there is no audit log', true);
  await judgeInBothThemes(page, 'viewer-audit');
}
