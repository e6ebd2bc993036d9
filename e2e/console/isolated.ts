/** A workload is isolated by mouse and released by keyboard; every page says so in between. */
import type { Page } from 'playwright-core';
import { check, judgeInBothThemes } from './window.ts';

const bar = (page: Page) => page.getByRole('status', { name: 'Isolated' });

/** `name`: a managed workload that others talk with; `card`: the key of its card on the map. */
export async function isolateAndRelease(page: Page, { name, card }: { readonly name: string; readonly card: string }) {
  await page.goto(`/workloads/${name}`);
  await page.getByRole('button', { name: 'Isolate' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('1 workload closed for everything').waitFor();
  await dialog.getByText('What goes on, by the rule that lets it').waitFor();
  await judgeInBothThemes(page, 'isolate-dialog');
  await dialog.getByLabel('Reason').fill('odd connections');
  await dialog.getByRole('button', { name: 'Isolate now' }).click();
  await page.waitForURL('**/isolations/*');
  await page.getByText(/^(Closed|Not closed everywhere)$/).waitFor({ timeout: 30_000 });
  await page.getByText('Tried with real packets').waitFor();
  await page.getByText('lifeline/neighbour-discovery').waitFor();
  check(
    'the page of the isolation says who has closed',
    await page.getByText('have closed and were read back').isVisible(),
  );
  await judgeInBothThemes(page, 'isolation');
  await page.goto('/map');
  await bar(page).getByText(name).waitFor();
  check('the map says that something is isolated', true);
  await judgeInBothThemes(page, 'map-isolated');
  await page.goto('/isolations');
  await page.getByText('odd connections').waitFor();
  await judgeInBothThemes(page, 'isolations');
  await releaseByKeyboard(page);
  await fromTheMap(page, card);
}

async function releaseByKeyboard(page: Page): Promise<void> {
  const release = page.getByRole('button', { name: /^Release isolation/ });
  await release.focus();
  await page.keyboard.press('Enter');
  const confirm = page.getByRole('dialog').getByRole('button', { name: 'Release' });
  await confirm.waitFor();
  await judgeInBothThemes(page, 'release-dialog');
  await confirm.focus();
  await page.keyboard.press('Enter');
  await page.getByText('Nothing is isolated').waitFor();
  await bar(page).waitFor({ state: 'detached' });
  check('released by keyboard, and no page says more of it', true);
}

async function fromTheMap(page: Page, card: string): Promise<void> {
  await page.goto(`/map?${new URLSearchParams({ focus: JSON.stringify(card) })}`);
  const focus = page.getByRole('group', { name: 'What is in focus' });
  await focus.getByRole('button', { name: 'Isolate' }).click();
  await page.getByRole('dialog').getByText('closed for everything').waitFor();
  check(
    'a card of the map is isolated as a segment',
    await page.getByText(/workloads? closed for everything/).isVisible(),
  );
  await judgeInBothThemes(page, 'isolate-segment');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}
