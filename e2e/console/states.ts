/** Pages that have nothing to show: because there is nothing, not yet, or because the controller failed. */
import type { Page, Route } from 'playwright-core';
import { check, judgeInBothThemes, untilEdges } from './window.ts';

type Bare = { readonly name: string; readonly path: string; readonly says: string };

/** As somebody meets them who has just made the first account: no host, no draft. */
const bare: readonly Bare[] = [
  { name: 'map', path: '/map', says: 'No workload yet' },
  { name: 'table', path: '/map?as=table', says: 'No workload yet' },
  { name: 'workloads', path: '/workloads', says: 'No workload yet' },
  { name: 'policy', path: '/policy', says: 'No draft' },
];

export async function lookAtNothing(page: Page): Promise<void> {
  for (const { name, path, says } of bare) {
    await page.goto(path);
    await page.getByText(says).first().waitFor();
    await judgeInBothThemes(page, `empty-${name}`);
  }
  // There is always a version and an entry, but for those that somebody deleted.
  for (const { name, path, list, says } of [
    { name: 'versions', path: '/versions', list: 'versions', says: 'No version yet' },
    { name: 'audit', path: '/audit', list: 'audit', says: 'Nothing happened yet' },
  ]) {
    const stop = await answerWith(page, list, (route) => route.fulfill({ json: { items: [], next: null } }));
    await page.goto(path);
    await page.getByText(says).waitFor();
    await judgeInBothThemes(page, `empty-${name}`);
    await stop();
  }
}

/** `list`: what of the API the page cannot do without. `shows`: what is on it once there is an answer. */
type Stop = { readonly name: string; readonly path: string; readonly list: string; readonly shows: string | RegExp };

const stops: readonly Stop[] = [
  { name: 'map', path: '/map', list: 'workloads', shows: /[1-9]\d* edges/ },
  { name: 'edges', path: '/map', list: 'edges/table', shows: /[1-9]\d* edges/ },
  { name: 'workloads', path: '/workloads', list: 'workloads', shows: 'web-2' },
  { name: 'policy', path: '/policy', list: 'drafts', shows: /^look$/ },
  { name: 'versions', path: '/versions', list: 'versions', shows: 'in force' },
  { name: 'audit', path: '/audit', list: 'audit', shows: 'draft.put' },
];

export async function lookAtWaitingAndFailing(page: Page): Promise<void> {
  for (const stop of stops) {
    await lookAtWaiting(page, stop);
    await lookAtFailing(page, stop);
  }
}

/** The answer is held back, and comes while the page is open. */
async function lookAtWaiting(page: Page, { name, path, list, shows }: Stop): Promise<void> {
  const released = Promise.withResolvers<void>();
  const stop = await answerWith(page, list, (route) => released.promise.then(() => route.continue()));
  await page.goto(path);
  const waiting = name === 'edges' ? page.getByText('Loading edges') : page.getByLabel('Loading').first();
  await waiting.waitFor();
  await judgeInBothThemes(page, `loading-${name}`);
  released.resolve();
  await page.getByText(shows).first().waitFor();
  await waiting.waitFor({ state: 'detached' });
  await stop();
  check(`${name} shows an answer that comes late`, true);
}

const failure = {
  status: 503,
  contentType: 'application/problem+json',
  json: { code: 'failed', status: 503, title: 'Failed', detail: 'Cannot read the store: its disk does not answer' },
};

/** Asking again brings the page, without loading it anew. */
async function lookAtFailing(page: Page, { name, path, list, shows }: Stop): Promise<void> {
  const stop = await answerWith(page, list, (route) => route.fulfill(failure));
  await page.goto(path);
  await page.getByText(failure.json.detail).waitFor();
  await judgeInBothThemes(page, `failed-${name}`);
  await stop();
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByText(shows).first().waitFor();
  await page.getByText(failure.json.detail).waitFor({ state: 'detached' });
  check(`${name} is there after asking again`, true);
}

/** Until it is told to stop, gets of the list are answered so, whatever their page and limit. */
async function answerWith(page: Page, list: string, handle: (route: Route) => unknown): Promise<() => Promise<void>> {
  const isList = ({ pathname }: URL): boolean => pathname === `/api/v1/${list}`;
  const onRoute = async (route: Route): Promise<void> => {
    if (route.request().method() === 'GET') await handle(route);
    else await route.fallback();
  };
  await page.route(isList, onRoute);
  return () => page.unroute(isList, onRoute);
}

/** The page is open while hosts join and begin to talk. */
export async function fillsByItself(page: Page, join: () => Promise<void>): Promise<void> {
  await page.goto('/map');
  await page.getByText('No workload yet').waitFor();
  let loads = 0;
  page.on('load', () => loads++);
  await join();
  await untilEdges(page);
  check('the map fills by itself as hosts join', loads === 0, loads);
}
