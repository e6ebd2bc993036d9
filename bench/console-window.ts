import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { until } from './estate.ts';
import type { SyntheticEstate } from './synthetic-estate.ts';

const executablePath = '/usr/bin/chromium';

/** Null when there is one. */
export function whyNoBrowser(): string | null {
  return existsSync(executablePath) ? null : `Cannot open a browser: ${executablePath} is missing, chromium is needed`;
}

/** Without a GPU, as in a virtual desktop: what is smooth here is smooth elsewhere. No sandbox, for root has none. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'] });

/** What makes another window that is signed in, with a cache of its own. */
export type SignedIn = NonNullable<BrowserContextOptions['storageState']>;

export function newWindow(browser: Browser, base: string, storageState?: SignedIn): Promise<BrowserContext> {
  const options = { baseURL: base, ignoreHTTPSErrors: true, viewport: { width: 1440, height: 900 } };
  return browser.newContext(storageState === undefined ? options : { ...options, storageState });
}

export async function signUp(browser: Browser, { base, setup }: SyntheticEstate): Promise<SignedIn> {
  const context = await newWindow(browser, base);
  const page = await context.newPage();
  await page.goto(setup);
  await page.getByLabel('Name').fill('bench');
  await page.getByRole('textbox', { name: 'Password' }).fill('correct horse battery staple');
  await page.getByRole('button', { name: 'Create the account' }).click();
  await page.waitForURL('**/map');
  const state = await context.storageState();
  await context.close();
  return state;
}

/** Milliseconds from the navigation to the mark of that name; waits until it is there. */
export async function markTime(page: Page, name: string): Promise<number> {
  const expression = `performance.getEntriesByName(${JSON.stringify(name)}).at(-1)?.startTime ?? null`;
  return (await untilInPage(page, expression)) as number;
}

/** Asks from here, because the page's own policy rightly evaluates no text. */
export function untilInPage(page: Page, expression: string): Promise<unknown> {
  return until(`${expression} in the page`, 60, () => page.evaluate(expression));
}
