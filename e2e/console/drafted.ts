/** From an edge that is allowed to a rule that would deny it, and what the map says of that draft by its address. */
import type { Page } from 'playwright-core';
import { check, detailsOf, judgeInBothThemes, untilEdges, untilSpoken } from './window.ts';

const draft = 'deny-it';
const allowed = /prod \/ lb-1 prod \/ web-1 tcp\/80 .*allowed/;

export async function denyAnEdge(page: Page): Promise<void> {
  await page.goto('/map?as=table');
  await page.getByRole('row', { name: allowed }).click();
  await detailsOf(page).getByRole('button', { name: 'Deny this' }).first().click();
  const selected = new URL(page.url());
  const dialog = page.getByRole('dialog', { name: 'Deny this' });
  await dialog.getByText('every workload with role=lb, app=shop, env=prod').waitFor();
  const text = (await dialog.textContent()) ?? '';
  check('the dialog says what it denies', /Denies tcp\/80 from every workload with role=lb/.test(text), text);
  await dialog.getByLabel('Draft').fill(draft);
  await judgeInBothThemes(page, 'deny');
  await dialog.getByRole('button', { name: 'Add to the draft' }).click();
  await openTheDraft(page);
  await judgedByTheDraft(page, selected);
}

/** The notice leads to the rule. */
async function openTheDraft(page: Page): Promise<void> {
  const notice = page.getByRole('alert').filter({ hasText: `Added to draft "${draft}"` });
  await notice.waitFor();
  await judgeInBothThemes(page, 'added');
  await notice.getByRole('link', { name: 'Open it there' }).click();
  await page.waitForURL(`**/policy/${draft}?*`);
  check('the notice leads to the file', new URL(page.url()).searchParams.get('file') === 'from-map.yaml', page.url());
  const rule = page.getByRole('region', { name: 'What the rules say' }).locator('[aria-current="true"]');
  await rule.filter({ hasText: 'from-map/deny-lb-to-web-tcp-80' }).waitFor();
  check('and to the rule in it', true);
  await notice.waitFor({ state: 'detached' });
  await judgeInBothThemes(page, 'drafted');
}

/** The same edge under the version in force and, by the address alone, under the draft. */
async function judgedByTheDraft(page: Page, selected: URL): Promise<void> {
  const onMap = new URL(selected);
  onMap.searchParams.delete('as');
  await page.goto(onMap.href);
  await untilSpoken(page, /lb-1 to .*web-1, tcp\/80: .*1 allowed/);
  onMap.searchParams.set('draft', draft);
  await page.goto(onMap.href);
  await page.getByText(`What draft ${draft} intends`).waitFor();
  await untilSpoken(page, /lb-1 to .*web-1, tcp\/80: .*1 denied/);
  check('an address with a draft shows an edge as the draft judges it', true);
  const under = detailsOf(page)
    .getByRole('note')
    .filter({ hasText: `Under draft ${draft}` });
  const text = (await under.textContent()) ?? '';
  check('its details say what the draft makes of it', text.endsWith('denied'), text);
  await judgeInBothThemes(page, 'draft-edge');
  selected.searchParams.set('draft', draft);
  await page.goto(selected.href);
  await page.getByRole('row', { name: /prod \/ lb-1 prod \/ web-1 tcp\/80 .*denied/ }).waitFor();
  const other = page.getByRole('row', { name: /prod \/ lb-1 prod \/ web-2 tcp\/80/ });
  const row = (await other.textContent()) ?? '';
  check('the table has the verdict of the draft, for every server of the role', row.includes('denied'), row);
}

/** Before anything is enforced: what would be denied passes, and by an address of what is in effect it is allowed. */
export async function lookAtWhatIsInEffect(page: Page): Promise<void> {
  await page.goto('/map?as=table');
  await page
    .getByRole('row', { name: /would be denied/ })
    .first()
    .click();
  await detailsOf(page).waitFor();
  const address = new URL(page.url());
  address.searchParams.delete('as');
  await page.goto(address.href);
  await untilSpoken(page, /edges: .*would be denied/);
  address.searchParams.set('decision', 'effective');
  await page.goto(address.href);
  await untilEdges(page);
  await untilSpoken(page, /edges: \d+ allowed/);
  const legend = (await page.getByRole('region', { name: 'Legend' }).textContent()) ?? '';
  const isInEffect = legend.includes('in effect') && !legend.includes('would be denied');
  check('an address of what is in effect shows what would be denied as allowed', isInEffect, legend);
  const chosen = await page.getByRole('radio', { name: 'In effect' }).isChecked();
  check('and the switch says so', chosen);
}
