import type { Rect } from '../scene/geometry.ts';
import type { Card, Dot } from '../scene/scene.ts';
import { notAllowed, type Tally, tallySize, worstFirst } from '../scene/tally.ts';
import { type Frame, toScreen } from './frame.ts';

export const dimmed = 0.3;

/** Whether what has the focus or is selected ends on it. */
export function isMarked({ picture }: Frame, key: string): boolean {
  return key === picture.focus || picture.ends.has(key);
}

export function isDim({ picture }: Frame, thing: Card | Dot): boolean {
  return !thing.matches || (picture.lit !== null && !picture.lit.has(thing.key));
}

type Look = { readonly fill: string; readonly border: string; readonly radius: number; readonly width?: number };

/** Takes world units, draws whole screen pixels so that borders are sharp. */
export function fillBox(frame: Frame, rect: Rect, { fill, border, radius, width = 1 }: Look): void {
  const { context, camera } = frame;
  const { x, y } = toScreen(frame, rect);
  context.beginPath();
  const inset = width % 2 === 1 ? 0.5 : 0;
  context.roundRect(
    ...([
      Math.round(x) + inset,
      Math.round(y) + inset,
      Math.round(rect.width * camera.k),
      Math.round(rect.height * camera.k),
    ] as const),
    Math.min(radius, radius * camera.k * 1.2),
  );
  context.fillStyle = fill;
  context.fill();
  context.lineWidth = width;
  context.strokeStyle = border;
  context.stroke();
}

export function cardSize({ kind, size }: Card): string {
  const noun = kind === 'addresses' ? ['address', 'addresses'] : ['workload', 'workloads'];
  return `${size} ${size === 1 ? noun[0] : noun[1]}`;
}

export function cardSubtitle(card: Card): string {
  const bad = notAllowed(card.tally);
  return bad === 0 ? cardSize(card) : `${cardSize(card)} · ${bad} not allowed`;
}

/** Parts by state, worst first. A state that occurs is at least 3 px wide: one denied edge among thousands is seen. */
export function drawBar({ context, theme }: Frame, tally: Tally, area: Rect): void {
  const size = tallySize(tally);
  context.fillStyle = theme.cardBorder;
  if (size === 0) {
    context.fillRect(area.x, area.y, area.width, Math.min(1, area.height));
    return;
  }
  const present = worstFirst.filter((state) => tally[state] > 0);
  const least = Math.min(3, area.width / present.length);
  const spare = area.width - least * present.length;
  let { x } = area;
  for (const state of present) {
    const width = least + (spare * tally[state]) / size;
    context.fillStyle = theme.states[state];
    context.fillRect(x, area.y, Math.max(0.5, width - (present.length > 1 ? 1 : 0)), area.height);
    x += width;
  }
}

export const clamp = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));
