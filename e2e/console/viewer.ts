/** Somebody who may look at everything and change nothing: what is not theirs is not offered, and it is said why. */
import type { Browser, Page } from 'playwright-core';
import { openWindow } from '../browser.ts';
import { addViewer } from './estate.ts';
import { signIn } from './sessions.ts';
import { check, judge } from './window.ts';

type Look = { readonly path: string; readonly shows: string | RegExp; readonly without: readonly RegExp[] };

const looks: readonly Look[] = [
  { path: '/policy', shows: 'In force', without: [/^New draft/, /^Delete/] },
  { path: '/policy/look', shows: 'In words', without: [/^Save/, /^New file/] },
  { path: '/policy/look/preview', shows: 'Tests of the policy', without: [/^Provision/] },
  { path: '/versions/1', shows: /^Version 1/, without: [/^Restore/] },
  { path: '/workloads/api-1', shows: '10.20.4.11', without: [/^Edit/, /^Delete/] },
];

export async function lookAsViewer(browser: Browser, base: string): Promise<void> {
  addViewer('vera', 'ana');
  const complaints: string[] = [];
  const window = await openWindow(browser, base, 'light', complaints);
  await window.goto('/sign-in');
  await signIn(window, 'vera');
  await window.waitForURL('**/map');
  for (const { path, shows, without } of looks) {
    await window.goto(path);
    await window.getByText(shows).first().waitFor();
    check(`a viewer is told so on ${path}`, await window.getByText('view only').isVisible());
    for (const name of without) {
      const count = await window.getByRole('button', { name }).count();
      check(`a viewer is not offered ${name} on ${path}`, count === 0, count);
    }
  }
  await lookAtAnEdge(window);
  await lookAtTheAudit(window);
  // The first question, whether anybody is signed in, is answered by a refusal.
  const unexpected = complaints.filter((text) => !text.includes('401'));
  check('nothing that a viewer saw was refused', unexpected.length === 0, unexpected);
  await window.context().close();
}

async function lookAtAnEdge(page: Page): Promise<void> {
  await page.goto('/map?as=table');
  await page
    .getByRole('row', { name: /denied|allowed/ })
    .first()
    .click();
  const details = page.getByRole('complementary', { name: 'Details of the edge' });
  await details.getByRole('button', { name: 'Why?' }).first().click();
  await details.getByRole('status').filter({ hasText: 'intended' }).waitFor();
  const offers = await details.getByRole('button', { name: /^(Allow|Deny) this/ }).count();
  check('a viewer may ask why, and is offered no rule', offers === 0, offers);
  await judge(page, 'viewer-edge-light');
}

async function lookAtTheAudit(page: Page): Promise<void> {
  const link = page.getByRole('link', { name: /^Audit/ });
  check('the audit log is no link for a viewer', (await link.getAttribute('aria-disabled')) === 'true');
  await page.goto('/audit');
  await page.getByText('vera is signed in as viewer').waitFor();
  check('a viewer is told why there is no audit log', true);
  await judge(page, 'viewer-audit-light');
}
