/** A real browser for scenarios: Debian's Chromium, its pictures kept, and whatever it complains about. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';
import { repository } from './scenario.ts';

const executablePath = '/usr/bin/chromium';
const pictures = `${repository}.cache/screenshots`;

export type Scheme = 'light' | 'dark';

/** Why no browser can be had, or null. */
export const missingBrowser = (): string | null =>
  existsSync(executablePath) ? null : `${executablePath} is not there; needed: apt-get install chromium`;

/** The sandbox needs namespaces of a user that is not root; the pages are our own. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });

/** A window whose complaints - errors, refused styles or scripts, requests elsewhere - go to `complaints`. */
export async function openWindow(browser: Browser, base: string, colorScheme: Scheme, complaints: string[]) {
  const viewport = { width: 1440, height: 900 };
  const context = await browser.newContext({ baseURL: base, ignoreHTTPSErrors: true, viewport, colorScheme });
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(`page: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(base) && !/^(data|blob):/.test(request.url()))
      complaints.push(`elsewhere: ${request.url()}`);
  });
  return page;
}

/** Kept below `.cache/screenshots`; answers where. */
export async function picture(page: Page, name: string): Promise<string> {
  mkdirSync(pictures, { recursive: true });
  const path = `${pictures}/${name}.png`;
  await page.screenshot({ path });
  return path;
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** `colours`: what a theme can break of a page that was looked at in another one. */
export type AxeRules = 'all' | 'colours';

const rulesToRun: Readonly<Record<AxeRules, object>> = {
  all: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] },
  colours: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] },
};

/** What axe finds against WCAG 2.2 A and AA, one line each. */
export async function accessibilityFindings(page: Page, rules: AxeRules): Promise<string[]> {
  // Past the page's own policy, which rightly takes no script from elsewhere; once for each document.
  if (await page.evaluate<boolean>('globalThis.axe === undefined')) await page.evaluate(axeSource);
  const options = { runOnly: rulesToRun[rules], resultTypes: ['violations'] };
  const { violations } = (await page.evaluate(`axe.run(document, ${JSON.stringify(options)})`)) as AxeResult;
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
}

type AxeResult = {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly target: readonly string[] }[];
  }[];
};

export const signUp = async (page: Page, setupPath: string): Promise<void> => {
  await page.goto(setupPath);
  await page.getByLabel('Name').fill('ana');
  await page.getByRole('textbox', { name: 'Password' }).fill('correct horse battery staple');
  await page.getByRole('button', { name: 'Create the account' }).click();
  await page.waitForURL('**/map');
};
