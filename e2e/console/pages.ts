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
  { name: 'invariants', path: '/policy/look/preview?show=invariants', shows: 'dev-never-prod' },
  { name: 'anomalies', path: '/policy/look/preview?show=anomalies', shows: 'What mends it' },
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
  await takeOutAnomaly(window);
  await window.context().close();
  const unexpected = complaints.filter((text) => !text.includes('/nowhere'));
  check('the browser complains about nothing on the pages', unexpected.length === 0, unexpected);
}

/** What is found to do nothing is gone from the draft after a click, and the rest of its file is there. */
async function takeOutAnomaly(page: Page): Promise<void> {
  await putExamplePolicy('tidy');
  await page.goto('/policy/tidy/preview?show=invariants');
  await page.getByRole('row', { name: /proved dev-never-prod/ }).waitFor();
  await page.getByRole('tab', { name: 'Anomalies' }).click();
  await page.getByRole('button', { name: 'Take it out: ops/ssh-check' }).click();
  await page.getByRole('link', { name: 'ops/ssh-check' }).waitFor({ state: 'detached' });
  const answer = await page.request.get('/api/v1/drafts/tidy');
  const { files } = (await answer.json()) as { readonly files: readonly { readonly text: string }[] };
  const all = files.map(({ text }) => text).join('\n');
  check(
    'a rule that does nothing is taken out',
    !all.includes('ssh-check') && all.includes('name: names,'),
    all.length,
  );
}

/** Gives the other windows the session of these. */
export async function signInLike(from: BrowserContext, to: BrowserContext): Promise<void> {
  await to.addCookies(await from.cookies());
}
