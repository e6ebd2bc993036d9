/** What the canvas shows of the workload that has the focus: in its pixels, and in what is asked of its context. */
import type { Page } from 'playwright-core';
import { until } from '../scenario.ts';
import { canvasOf, check, judgeInBothThemes, untilEdges, untilSpoken } from './window.ts';

type Line = { readonly width: number; readonly alpha: number };
type Text = { readonly text: string; readonly x: number; readonly y: number };
type Drawn = { readonly lines: readonly Line[]; readonly texts: readonly Text[] };

/**
 * Runs in every page before its own scripts. Of the image that is kept out of sight and shown in parts: lines by their
 * width in pixels, and texts by their place in the canvas, since its ground was drawn last.
 */
const watchDrawing = `(() => {
  const { prototype } = CanvasRenderingContext2D;
  const drawn = globalThis.drawn = { lines: [], texts: [] };
  let isLine = false;
  const before = (name, note) => {
    const own = prototype[name];
    prototype[name] = function (...args) {
      note(this, args);
      return own.apply(this, args);
    };
  };
  before('fillRect', ({ canvas }, [x, y, width]) => {
    const isGround = x === 0 && y === 0 && width * devicePixelRatio >= canvas.width;
    if (isGround && !canvas.isConnected) drawn.lines.length = drawn.texts.length = 0;
  });
  before('beginPath', () => { isLine = false; });
  before('moveTo', () => { isLine = true; });
  before('stroke', (context) => {
    const width = context.lineWidth * context.getTransform().a / devicePixelRatio;
    if (isLine) drawn.lines.push({ width, alpha: context.globalAlpha });
  });
  before('fillText', ({ canvas }, [text, x, y]) => {
    const shown = document.querySelector('canvas');
    const [left, top] = [canvas.width - shown.width, canvas.height - shown.height].map((more) => more / 2 / devicePixelRatio);
    drawn.texts.push({ text, x: x - left, y: y - top });
  });
})()`;

const readDrawn = (page: Page): Promise<Drawn> => page.evaluate('globalThis.drawn');

const placeOfText = async (page: Page, wanted: string): Promise<Text> => {
  const { texts } = await readDrawn(page);
  const found = texts.find(({ text }) => text === wanted);
  if (found === undefined) throw new Error(`Cannot find "${wanted}" on the canvas: it has ${texts.map((t) => t.text)}`);
  return found;
};

/** Of the pixels of a text, from the darkest to the lightest: 0 is one colour, 255 black on white. */
async function contrastOf(page: Page, wanted: string): Promise<number> {
  const { x, y } = await placeOfText(page, wanted);
  return page.evaluate(`(() => {
    const area = [${x}, ${y} - 7, 36, 14].map((one) => Math.round(one * devicePixelRatio));
    const { data } = document.querySelector('canvas').getContext('2d').getImageData(...area);
    const greys = Array.from({ length: data.length / 4 }, (_, i) =>
      0.3 * data[4 * i] + 0.6 * data[4 * i + 1] + 0.1 * data[4 * i + 2]);
    return Math.max(...greys) - Math.min(...greys);
  })()`);
}

type Measured = { readonly drawn: Drawn; readonly peer: number; readonly stranger: number };

/** `db-1` is asked by `api-1` and has nothing to do with `client-1`. Twice the same: the camera has come to rest. */
function measure(page: Page, isThere: (drawn: Drawn) => boolean): Promise<Measured> {
  let last = '';
  return until('the map to lie still', async () => {
    const drawn = await readDrawn(page);
    if (!isThere(drawn)) return null;
    const contrasts = { peer: await contrastOf(page, 'api-1'), stranger: await contrastOf(page, 'client-1') };
    const before = last;
    last = JSON.stringify([contrasts, drawn]);
    return last === before ? { ...contrasts, drawn } : null;
  });
}

export async function lookAtTheFocus(page: Page): Promise<void> {
  await page.addInitScript(watchDrawing);
  await page.goto('/map');
  await untilEdges(page);
  await canvasOf(page).waitFor();
  const before = await measure(page, ({ lines }) => lines.length > 0);
  const { x, y } = await placeOfText(page, 'db-1');
  await canvasOf(page).click({ position: { x: x + 4, y } });
  await untilSpoken(page, /^db-1, managed workload/);
  check('a click on a workload of the canvas focuses it', true);
  const after = await measure(page, ({ lines }) => lines.some(isFaint));
  checkDimming(before, after);
  checkLines(before.drawn, after.drawn);
  await page.mouse.move(0, 0);
  await judgeInBothThemes(page, 'focus');
}

const isFaint = ({ alpha }: Line): boolean => alpha <= 0.2;
const isWide = ({ width, alpha }: Line): boolean => width > 1.25 && alpha === 1;

function checkDimming(before: Measured, after: Measured): void {
  const seen = { before: [before.stranger, before.peer], after: [after.stranger, after.peer] };
  check('a workload that the focus has nothing to do with is dimmed', after.stranger < before.stranger / 2, seen);
  check('a workload that the focus talks to is not', before.peer > 100 && after.peer > before.peer * 0.9, seen);
}

function checkLines(before: Drawn, after: Drawn): void {
  const thin = before.lines.every(({ width }) => width <= 1.001);
  check('without a focus every line is as thin as another', thin, before.lines);
  check('lines of the focus are wide', after.lines.some(isWide), after.lines);
  const neither = after.lines.filter((line) => !isWide(line) && !isFaint(line));
  check('and all other lines are faint', neither.length === 0, neither);
  const ports = [before, after].map(({ texts }) => texts.filter(({ text }) => text === 'tcp/8444').length);
  check('ports stand on lines of the focus, and only there', ports[0] === 0 && (ports[1] ?? 0) > 0, ports);
}
