/** The same way as by mouse with nothing but keys: what has the focus is seen, and what is needed is reached. */
import type { Page } from 'playwright-core';
import { until } from '../scenario.ts';
import { allProven, type Connection, connect, edgeOf } from './estate.ts';
import { canvasOf, check, spoken } from './window.ts';

/** Nobody declared it, and no test forbids it. */
const undeclared: Connection = { from: 'cache-1', to: 'api-1', service: 'tcp/9100' };

type Focused = { readonly name: string; readonly role: string; readonly seen: boolean };

/** Runs in the page: what has the focus, what it is called, and whether an outline says so. */
const readFocus = `(() => {
  const element = document.activeElement;
  const label = element.labels?.[0] ?? null;
  const name = element.ariaLabel ?? label?.textContent ?? element.textContent ?? '';
  const isMarked = (node) => {
    if (node === null) return false;
    const { outlineStyle, outlineWidth } = getComputedStyle(node);
    return outlineStyle !== 'none' && parseFloat(outlineWidth) > 0;
  };
  const role = element.role ?? element.tagName.toLowerCase();
  return { name: name.trim().slice(0, 80), role, seen: isMarked(element) || isMarked(label) };
})()`;

const unseen = new Set<string>();
const stopLimit = 120;

/** Presses the key until what is called so has the focus. */
async function tabTo(page: Page, name: RegExp, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  const passed: string[] = [];
  for (let stop = 0; stop < stopLimit; stop++) {
    await page.keyboard.press(key);
    const focused = await page.evaluate<Focused>(readFocus);
    if (focused.role === 'body' || focused.role === 'html') continue;
    passed.push(focused.name);
    if (!focused.seen) unseen.add(`${focused.role} "${focused.name}"`);
    if (name.test(focused.name)) return;
    // In the editor Tab is a character until Escape was pressed.
    if (focused.name.startsWith('Text of ')) await page.keyboard.press('Escape');
  }
  throw new Error(`Cannot reach ${name} with ${key}: it passed ${[...new Set(passed)].join(', ')}`);
}

async function press(page: Page, name: RegExp, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  await tabTo(page, name, key);
  await page.keyboard.press('Enter');
}

export async function byKeyboardAlone(page: Page): Promise<void> {
  const state = await connect(undeclared);
  check(`${undeclared.from} to ${undeclared.to} is filtered`, state === 'filtered', state);
  await edgeOf(undeclared, 'denied');
  await page.goto('/map');
  await canvasOf(page).waitFor();
  await tabTo(page, /^Map of apps/);
  await moveOverTheMap(page);
  await findTheEdge(page);
  await askAndAllow(page);
  await previewAndProvision(page);
  check('what was allowed by keyboard opens', (await connect(undeclared)) === 'open');
  await edgeOf(undeclared, 'allowed');
  await restore(page);
  const after = await connect(undeclared);
  check('what was restored by keyboard is filtered again', after === 'filtered', after);
  check('the focus is seen wherever Tab leads', unseen.size === 0, [...unseen]);
}

/** Row by row, there and back, so that it does not matter how the map is arranged. */
const everywhere: readonly string[] = ['ArrowRight', 'ArrowLeft', 'ArrowRight', 'ArrowLeft', 'ArrowRight'].flatMap(
  (across) => [...Array<string>(8).fill(across), 'ArrowDown'],
);

/** To the app that has both ends. */
async function moveOverTheMap(page: Page): Promise<void> {
  const wanted = /^cache-1,|^shop, opened: 6 workloads/;
  const heard: string[] = [];
  for (const key of everywhere) {
    await page.keyboard.press(key);
    heard.push(await spoken(page));
    if (wanted.test(heard.at(-1) ?? '')) break;
  }
  check('arrow keys lead to the app, and the map says where they are', wanted.test(heard.at(-1) ?? ''), heard);
}

/** `e` goes from edge to edge of what has the focus. */
async function findTheEdge(page: Page): Promise<void> {
  const wanted = /cache-1 to .*api-1, tcp\/9100: .*1 denied/;
  const heard: string[] = [];
  for (let edge = 0; edge < stopLimit && !wanted.test(heard.at(-1) ?? ''); edge++) {
    const before = await spoken(page);
    await page.keyboard.press('e');
    await until('another edge to be said', async () => ((await spoken(page)) === before ? null : true));
    heard.push(await spoken(page));
  }
  check('the key e leads to the edge', wanted.test(heard.at(-1) ?? ''), heard);
}

async function askAndAllow(page: Page): Promise<void> {
  await press(page, /^Why\?$/);
  await page.getByText('no rule matches').last().waitFor();
  await press(page, /^Allow this$/);
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  await tabTo(page, /^Role to role$/);
  await page.keyboard.press('ArrowRight');
  await dialog.getByText('every workload with app=shop, env=prod').first().waitFor();
  await page.keyboard.press('ArrowLeft');
  await dialog.getByText('every workload with role=cache, app=shop, env=prod').waitFor();
  await tabTo(page, /^Draft/);
  await page.keyboard.press('Control+A');
  await page.keyboard.type('by-keys');
  await press(page, /^Add to the draft$/);
  await dialog.waitFor({ state: 'detached' });
  check('a rule is drafted by keyboard', true);
}

async function previewAndProvision(page: Page): Promise<void> {
  await press(page, /^Policy$/, 'Shift+Tab');
  await page.getByRole('link', { name: 'by-keys' }).waitFor();
  await press(page, /^by-keys$/);
  await page.getByRole('button', { name: 'Preview' }).waitFor();
  await press(page, /^Preview$/);
  await provision(page);
}

async function provision(page: Page): Promise<void> {
  await page.getByText('Tests of the policy').waitFor();
  await press(page, /^Provision$/);
  await page.getByLabel('Note').waitFor();
  await page.keyboard.type('by keyboard');
  await press(page, /^Provision to|^Make the version/);
  await page.waitForURL('**/provisions/*');
  await page.getByText('Done', { exact: true }).waitFor({ timeout: 60_000 });
  await allProven();
}

async function restore(page: Page): Promise<void> {
  const previous = Number(page.url().split('/').at(-1)) - 1;
  await press(page, /^Versions$/);
  await page.getByRole('link', { name: String(previous), exact: true }).waitFor();
  await press(page, new RegExp(`^${previous}$`));
  await page.getByRole('button', { name: 'Restore' }).waitFor();
  await press(page, /^Restore$/);
  await press(page, /^Make the draft$/);
  await page.waitForURL('**/preview');
  await provision(page);
}
