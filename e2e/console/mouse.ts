/** From an edge that is denied to one that is allowed, and back, by mouse. */
import type { Page } from 'playwright-core';
import { allProven, type Connected, type Connection, connect, edgeOf, scan } from './estate.ts';
import { canvasOf, check, detailsOf, judgeInBothThemes, placeOf, untilEdges, untilSpoken, whyOf } from './window.ts';

/** Nobody declared it, and no test forbids it. */
const undeclared: Connection = { from: 'api-1', to: 'web-1', service: 'tcp/80' };
/** A guardrail forbids it. */
const forbidden: Connection = { from: 'dev-api-1', to: 'db-1', service: 'tcp/5432' };

export async function provisionTheExample(page: Page): Promise<void> {
  await page.goto('/policy');
  await page.getByRole('link', { name: 'shop', exact: true }).click();
  await page.getByRole('button', { name: 'Preview' }).click();
  check('the preview of the example counts 12 hosts', await tileSays(page, 'Hosts to change', /^12/));
  await page.getByRole('button', { name: 'Provision', exact: true }).click();
  await page.getByLabel('Note').fill('the example');
  await judgeInBothThemes(page, 'provision-dialog');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await provisionPreviewed(page, 'the example');
}

/** From a preview to the end of its provisioning. Answers the version. */
async function provisionPreviewed(page: Page, what: string): Promise<number> {
  await page.getByRole('button', { name: 'Provision', exact: true }).click();
  await page.getByLabel('Note').fill(what);
  await page.getByRole('button', { name: /^Provision to|^Make the version/ }).click();
  await page.waitForURL('**/provisions/*');
  const version = Number(page.url().split('/').at(-1));
  await page.getByText('Done', { exact: true }).waitFor({ timeout: 60_000 });
  const text = (await page.getByText(/\d+ of \d+ hosts? applied/).textContent()) ?? '';
  const [applied, all] = text.match(/\d+/g) ?? [];
  check(`${what}: version ${version} is answered by every host`, applied !== undefined && applied === all, text);
  await allProven();
  return version;
}

async function tileSays(page: Page, title: string, number: RegExp): Promise<boolean> {
  const tile = page.locator('p', { hasText: new RegExp(`^${title}$`) }).locator('..');
  await tile.waitFor();
  return number.test((await tile.locator(':scope > *').nth(1).textContent()) ?? '');
}

/** Answers the address of the edge. */
export async function allowAnEdge(page: Page): Promise<string> {
  await scan();
  for (const connection of [undeclared, undeclared, forbidden]) {
    const state = await connect(connection);
    check(`${connection.from} to ${connection.to} is filtered`, state === 'filtered', state);
  }
  await edgeOf(undeclared, 'denied');
  await edgeOf(forbidden, 'denied');
  await askWhyForbidden(page);
  await clickTheEdge(page);
  const selected = page.url();
  await judgeInBothThemes(page, 'edge');
  await draftTheRule(page);
  await lookAtPreview(page);
  await provisionPreviewed(page, 'api may ask web');
  await page.goto(selected);
  await turnsOnTheMap(page, 'open');
  return selected;
}

/** The page with the selected edge is open while the connection is made again. */
async function turnsOnTheMap(page: Page, expected: Connected): Promise<void> {
  await canvasOf(page).waitFor();
  // What is said first is how it was before: only an event can change it.
  await untilSpoken(page, /api-1 to .*web-1, tcp\/80:/);
  const state = await connect(undeclared);
  check(`${undeclared.from} to ${undeclared.to} is ${expected}`, state === expected, state);
  const words = expected === 'open' ? 'allowed' : 'denied';
  await untilSpoken(page, new RegExp(`api-1 to .*web-1, tcp/80: .*1 ${words}`));
  check(`the edge on the map is ${words}`, true);
}

async function clickOnCanvas(page: Page, called: RegExp): Promise<void> {
  await untilEdges(page);
  await canvasOf(page).waitFor();
  const place = await placeOf(page, called);
  check(`the canvas has ${called}`, place !== null);
  if (place === null) throw new Error(`Cannot click ${called}: it is nowhere on the canvas`);
  await page.mouse.click(place.x, place.y);
}

async function askWhyForbidden(page: Page): Promise<void> {
  await page.goto('/map?as=table');
  await page.getByRole('row', { name: /dev-api-1.* \/ db-1/ }).click();
  const details = detailsOf(page);
  const text = await whyOf(page);
  check('why names the rule and its tier', /by guardrails\/dev-never-prod in tier guardrail/.test(text), text);
  check(
    'the record names the same rule',
    (await details.textContent())?.includes('guardrails/dev-never-prod') ?? false,
  );
}

async function clickTheEdge(page: Page): Promise<void> {
  await page.goto('/map');
  await clickOnCanvas(page, /prod \/ api-1 → prod \/ web-1$/);
  await untilSpoken(page, /api-1 to .*web-1, tcp\/80: .*1 denied/);
  check('a click on an edge of the canvas selects it, denied', true);
  const why = await whyOf(page);
  check('why says that no rule matches', /no rule matches/.test(why), why);
}

async function draftTheRule(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Allow this' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Application to application').click();
  await dialog.getByText('every workload with app=shop, env=prod').first().waitFor();
  await dialog.getByText('Role to role').click();
  await dialog.getByText('every workload with role=api, app=shop, env=prod').waitFor();
  await judgeInBothThemes(page, 'allow');
  await dialog.getByRole('button', { name: 'Add to the draft' }).click();
  await page.getByText('Added to draft "from-map"').waitFor();
  await dialog.waitFor({ state: 'detached' });
}

async function lookAtPreview(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Policy' }).click();
  await page.getByRole('link', { name: 'from-map', exact: true }).click();
  await page.getByRole('button', { name: 'Preview' }).click();
  check('the preview opens 2 cells', await tileSays(page, 'Opens', /^2 cells$/));
  check('the preview closes nothing', await tileSays(page, 'Closes', /^0 cells$/));
  const row = page.getByRole('region', { name: 'What opens' }).getByRole('row').nth(1);
  check('what opens names the service', ((await row.textContent()) ?? '').includes('tcp/80'));
}

export async function restoreThePrevious(page: Page, selected: string): Promise<void> {
  await page.getByRole('link', { name: 'Versions' }).click();
  await page.getByRole('link', { name: '1', exact: true }).click();
  await page.getByRole('button', { name: 'Restore' }).click();
  await page.getByText('This makes the draft').waitFor();
  await judgeInBothThemes(page, 'restore-dialog');
  await page.getByRole('button', { name: 'Make the draft' }).click();
  await page.waitForURL('**/preview');
  check('the preview of the restore closes 2 cells', await tileSays(page, 'Closes', /^2 cells$/));
  await provisionPreviewed(page, 'back to version 1');
  await page.goto(selected);
  await turnsOnTheMap(page, 'filtered');
}
