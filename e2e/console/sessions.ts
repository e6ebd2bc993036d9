/** What comes and goes while the console is open: the session, the place in the history, and the controller. */
import { type Browser, type Page, request } from 'playwright-core';
import { openWindow } from '../browser.ts';
import { killController, startController } from './estate.ts';
import { check, detailsOf, judgeInBothThemes, untilEdges } from './window.ts';

export async function comeAndGo(browser: Browser, base: string): Promise<void> {
  // What is refused or does not answer is complained about here, and rightly.
  const complaints: string[] = [];
  const window = await openWindow(browser, base, 'light', complaints);
  // A session of its own, which it may end.
  await window.goto('/sign-in');
  await signIn(window);
  await window.waitForURL('**/map');
  const edge = await backAndForth(window);
  await deepLinks(window, edge);
  await endedSession(window);
  await deadController(window);
  const failed = complaints.filter((text) => text.startsWith('page: ') || text.startsWith('elsewhere: '));
  check('no page failed meanwhile', failed.length === 0, failed);
  await window.context().close();
}

/** Answers the address of a selected edge. */
async function backAndForth(page: Page): Promise<string> {
  await page.goto('/map?as=table');
  await page
    .getByRole('row', { name: /denied/ })
    .first()
    .click();
  await detailsOf(page).getByRole('button', { name: 'Why?' }).first().waitFor();
  const address = page.url();
  await page.goBack();
  await detailsOf(page).waitFor({ state: 'detached' });
  check('the back button closes the edge', !page.url().includes('edge='));
  await page.goForward();
  await detailsOf(page).waitFor();
  check('the forward button opens it again', page.url() === address);
  return address;
}

/** Links that were sent to somebody who is not signed in. */
async function deepLinks(page: Page, edge: string): Promise<void> {
  await page.getByRole('button', { name: 'Account and appearance' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.waitForURL('**/sign-in');
  await judgeInBothThemes(page, 'sign-in');
  await page.goto(edge);
  await signIn(page);
  await detailsOf(page).getByRole('button', { name: 'Why?' }).first().waitFor();
  check('a link to a selected edge leads there after signing in', page.url() === edge, page.url());
  const preview = '/policy/look/preview?show=closes&as=intended';
  await page.goto(preview);
  await page.getByText('Tests of the policy').waitFor();
  const tab = page.getByRole('tab', { name: /^Closes/ });
  check('a link to a preview opens its tab', (await tab.getAttribute('aria-selected')) === 'true');
}

async function signIn(page: Page): Promise<void> {
  await page.getByLabel('Name').fill('ana');
  await page.getByRole('textbox', { name: 'Password' }).fill('correct horse battery staple');
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** As an administrator ends it, or time does: the browser still has its cookie. */
async function endedSession(page: Page): Promise<void> {
  await page.goto('/workloads');
  await page.getByText('web-2').waitFor();
  const storageState = await page.context().storageState();
  const api = await request.newContext({ baseURL: page.url(), ignoreHTTPSErrors: true, storageState });
  const ended = await api.delete('/api/v1/session');
  await api.dispose();
  check('the session is ended elsewhere', ended.status() === 204, ended.status());
  await page.waitForURL('**/sign-in?next=*', { timeout: 20_000 });
  const { searchParams } = new URL(page.url());
  check('a session that ended leads to the sign-in page', searchParams.get('next') === '/workloads', page.url());
  await signIn(page);
  await page.getByText('web-2').waitFor();
  check('signing in leads back', new URL(page.url()).pathname === '/workloads', page.url());
}

async function deadController(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Map', exact: true }).click();
  await untilEdges(page);
  await page.getByText('live', { exact: true }).waitFor();
  await killController();
  const away = page.getByText('The controller does not answer');
  await away.waitFor();
  check('the page says that the controller is away', true);
  await judgeInBothThemes(page, 'away');
  await startController();
  await away.waitFor({ state: 'detached', timeout: 60_000 });
  await page.getByText('live', { exact: true }).waitFor();
  check('the page goes on by itself', true);
  await page.getByText('12/12 proven').waitFor({ timeout: 60_000 });
  check('and shows every host again', true);
}
