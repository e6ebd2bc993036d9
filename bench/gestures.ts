import type { Page } from 'playwright-core';
import { markTime } from './console-window.ts';

/** Of one gesture: frames per second over all of it, and its longest frame in milliseconds. */
export type Smoothness = { readonly fps: number; readonly longest: number };

const centre = { x: 720, y: 480 };
const dragSteps = 60;
const wheelSteps = 30;

export const pan = (page: Page): Promise<Smoothness> =>
  framesDuring(page, async () => {
    await page.mouse.move(centre.x, centre.y);
    await page.mouse.down();
    for (let step = 1; step <= dragSteps; step++) {
      // Out and back, beyond what is drawn in advance.
      const way = step <= dragSteps / 2 ? step : dragSteps - step;
      await page.mouse.move(centre.x - way * 16, centre.y - way * 8);
    }
    await page.mouse.up();
  });

export const zoom = (page: Page): Promise<Smoothness> =>
  framesDuring(page, async () => {
    await page.mouse.move(centre.x, centre.y);
    for (let step = 0; step < wheelSteps; step++) await page.mouse.wheel(0, step < wheelSteps / 2 ? -60 : 60);
  });

/** Text, for it runs in the page: frames are noted until it is told to stop. */
const startFrames = `(() => {
  const frames = [];
  window.benchFrames = frames;
  const note = (now) => { frames.push(now); if (window.benchFrames === frames) requestAnimationFrame(note); };
  requestAnimationFrame(note);
})()`;
const stopFrames = '(() => { const frames = window.benchFrames; window.benchFrames = null; return frames; })()';
/** What the last step set off is drawn too. */
const settleMilliseconds = 250;

async function framesDuring(page: Page, gesture: () => Promise<void>): Promise<Smoothness> {
  await page.evaluate(startFrames);
  await gesture();
  await page.waitForTimeout(settleMilliseconds);
  const frames = (await page.evaluate(stopFrames)) as number[];
  const lengths = frames.slice(1).map((at, index) => at - (frames[index] ?? at));
  const whole = lengths.reduce((sum, length) => sum + length, 0);
  return { fps: (lengths.length * 1000) / whole, longest: Math.max(...lengths) };
}

const noteKey = `(() => {
  performance.clearMarks('map-opened');
  addEventListener('keydown', ({ timeStamp }) => { window.benchKey = timeStamp; }, { capture: true, once: true });
})()`;

/** Milliseconds from Enter on a card to its opened app on the screen; the page must show the map with no app opened. */
export async function expand(page: Page): Promise<number> {
  await page.getByRole('application').focus();
  await focusOnApp(page);
  await page.waitForTimeout(settleMilliseconds * 4);
  await page.evaluate(noteKey);
  await page.keyboard.press('Enter');
  return (await markTime(page, 'map-opened')) - ((await page.evaluate('window.benchKey')) as number);
}

const spoken = `document.querySelector('canvas')?.parentElement.querySelector('[aria-live]')?.textContent ?? ''`;
const mostKeys = 60;

/** With the arrow keys, past the addresses of the outside, to the first card of an app. */
async function focusOnApp(page: Page): Promise<void> {
  for (let step = 0; step < mostKeys; step++) {
    await page.keyboard.press(step % 2 === 0 ? 'ArrowDown' : 'ArrowRight');
    await page.waitForTimeout(settleMilliseconds / 5);
    if (/^[^,:]+: .*\bworkloads?\b/.test(String(await page.evaluate(spoken)))) return;
  }
  throw new Error(`Cannot open an app: ${mostKeys} arrow keys led to none`);
}
