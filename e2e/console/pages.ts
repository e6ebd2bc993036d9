/** Every page, in both themes, and what each must show before it is judged. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { openWindow } from '../browser.ts';
import { putExamplePolicy } from './estate.ts';
import { check, judgeInBothThemes } from './window.ts';

type Stop = { readonly name: string; readonly path: string; readonly shows: string | RegExp };

const afterFirstVersion: readonly Stop[] = [
  { name: 'map', path: '/map', shows: /[1-9]\d* edges/ },
  { name: 'table', path: '/map?as=table', shows: /^[1-9]\d* edges$/ },
  { name: 'workloads', path: '/workloads', shows: 'attacker-1' },
  { name: 'workload', path: '/workloads/api-1', shows: '10.20.4.11' },
  { name: 'policy', path: '/policy', shows: 'In force: version 1' },
  { name: 'draft', path: '/policy/look', shows: 'In words' },
  { name: 'preview', path: '/policy/look/preview', shows: 'Tests of the policy' },
  { name: 'provision', path: '/provisions/1', shows: /hosts applied/ },
  { name: 'versions', path: '/versions', shows: 'in force' },
  { name: 'version', path: '/versions/1?show=text', shows: 'compared with' },
  { name: 'audit', path: '/audit', shows: 'draft.put' },
  { name: 'nothing', path: '/nowhere', shows: 'Nothing is here' },
];

export async function lookAtEveryPage(browser: Browser, page: Page): Promise<void> {
  await putExamplePolicy('look');
  const base = new URL(page.url()).origin;
  const complaints: string[] = [];
  const window = await openWindow(browser, base, 'light', complaints);
  await signInLike(page.context(), window.context());
  for (const { name, path, shows } of afterFirstVersion) {
    await window.goto(path);
    await window.getByText(shows).first().waitFor();
    await judgeInBothThemes(window, name);
  }
  await window.context().close();
  const unexpected = complaints.filter((text) => !text.includes('/nowhere'));
  check('the browser complains about nothing on the pages', unexpected.length === 0, unexpected);
}

/** Gives the other windows the session of these. */
export async function signInLike(from: BrowserContext, to: BrowserContext): Promise<void> {
  await to.addCookies(await from.cookies());
}
