/** What the parts of the scenario do with a window: go somewhere, read the map, and judge what is seen. */
import type { Page } from 'playwright-core';
import { type AxeRules, accessibilityFindings, picture, type Scheme } from '../browser.ts';
import { checks, until } from '../scenario.ts';

export const { say, check, fail, finish } = checks('console');

/** Looks at what the window shows: axe, its width, and a picture below `console-`. */
async function judge(page: Page, name: string, rules: AxeRules): Promise<void> {
  // What fades in has not its own colours yet.
  await until('nothing to move', async () => ((await page.evaluate<boolean>(isStill)) ? true : null));
  const findings = await accessibilityFindings(page, rules);
  check(`axe finds nothing in ${name}`, findings.length === 0, findings);
  const over = await overflow(page);
  check(`${name} stays within the window`, over === 0, `${over} pixels wider`);
  await picture(page, `console-${name}`);
}

export const schemes: readonly Scheme[] = ['light', 'dark'];

/** In one theme after the other, as the system changes it while the page is open; leaves it light. */
export async function judgeInBothThemes(page: Page, name: string): Promise<void> {
  for (const scheme of schemes) {
    await turnTo(page, scheme);
    await judge(page, `${name}-${scheme}`, scheme === 'light' ? 'all' : 'colours');
  }
  await turnTo(page, 'light');
}

async function turnTo(page: Page, scheme: Scheme): Promise<void> {
  await page.emulateMedia({ colorScheme: scheme });
  await page.locator(`html[data-mantine-color-scheme="${scheme}"]`).waitFor();
}

/** What pulses for as long as something loads never comes to rest. */
const isStill = `document.getAnimations().every(({ playState, effect }) =>
  playState !== 'running' || effect.getComputedTiming().endTime === Infinity)`;

const overflow = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

export const detailsOf = (page: Page) => page.getByRole('complementary', { name: 'Details of the edge' });

/** Asks why of the first edge in the details, and answers what is said. */
export async function whyOf(page: Page): Promise<string> {
  const details = detailsOf(page);
  await details.getByRole('button', { name: 'Why?' }).first().click();
  const why = details.getByRole('status').filter({ hasText: / intended, .* now in effect/ });
  await why.waitFor();
  return (await why.textContent()) ?? '';
}

export const untilEdges = (page: Page): Promise<void> =>
  page
    .getByText(/[1-9]\d* edges/)
    .first()
    .waitFor();

export const canvasOf = (page: Page) => page.getByRole('application', { name: /^Map of apps/ });

type Place = { readonly x: number; readonly y: number };

/** Runs in the page: moves the pointer over the canvas, only faster than a hand does. */
const findOnCanvas = `async ({ called, step }) => {
  const wanted = new RegExp(called);
  const canvas = document.querySelector('canvas');
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const turn = new MessageChannel();
  const nextTurn = () => new Promise((resolve) => {
    turn.port1.onmessage = resolve;
    turn.port2.postMessage(null);
  });
  for (let y = 4; y < height; y += step.y) {
    for (let x = 4; x < width; x += step.x) {
      const at = { x: left + x, y: top + y };
      canvas.dispatchEvent(new PointerEvent('pointermove', { clientX: at.x, clientY: at.y, bubbles: true }));
      await nextTurn();
      const tooltip = canvas.nextElementSibling;
      if (tooltip?.ariaHidden === 'true' && wanted.test(tooltip.firstElementChild?.textContent ?? '')) return at;
    }
  }
  return null;
}`;

/** Where the pointer meets what the map calls so, as the words under the pointer say; null: nowhere. */
export function placeOf(page: Page, called: RegExp): Promise<Place | null> {
  const search = { called: called.source, step: { x: 10, y: 9 } };
  return page.evaluate(`(${findOnCanvas})(${JSON.stringify(search)})`);
}

/** What the map says about what is selected or focused on it. */
export const spoken = (page: Page): Promise<string> =>
  page.evaluate(`document.querySelector('canvas')?.parentElement.querySelector('[aria-live]')?.textContent ?? ''`);

/** Waits for the map's own words about the selected edge. */
export const untilSpoken = (page: Page, words: RegExp, seconds = 20): Promise<true> => {
  let last = '';
  return until(
    `the map to say ${words}`,
    async () => {
      last = await spoken(page);
      return words.test(last) ? true : null;
    },
    { seconds, seen: () => last },
  );
};
