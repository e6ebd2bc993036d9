import type { Rect } from '../scene/geometry.ts';
import type { CardBox, TierHeading } from '../scene/layout.ts';
import type { Card, Dot } from '../scene/scene.ts';
import { notAllowed, type Tally, tallySize, worstFirst, worstState } from '../scene/tally.ts';
import { drawText, type TextLine } from './canvas-text.ts';
import { type Frame, isSeen, toScreen } from './frame.ts';

const dimmed = 0.3;

export function drawCards(frame: Frame): void {
  for (const [key, box] of frame.picture.layout.cards) {
    const card = frame.picture.cards.get(key);
    if (card === undefined || !isSeen(frame, box)) continue;
    frame.context.globalAlpha = isDim(frame, card) ? dimmed : 1;
    if (box.inner === null) drawClosed(frame, card, box);
    else drawOpened(frame, card, box);
    frame.context.globalAlpha = 1;
  }
}

/** The body of an opened card lies below edges, for edges run in it; its rows lie above them. */
export function drawOpenedBodies(frame: Frame): void {
  for (const box of frame.picture.layout.cards.values()) {
    if (box.inner === null || !isSeen(frame, box)) continue;
    const isFocus = box.key === frame.picture.focus;
    fillBox(frame, box, {
      fill: frame.theme.card,
      border: isFocus ? frame.theme.focus : frame.theme.cardBorder,
      radius: 10,
    });
  }
}

function isDim({ picture }: Frame, thing: Card | Dot): boolean {
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

function drawClosed(frame: Frame, card: Card, box: CardBox): void {
  const { theme, picture } = frame;
  const isFocus = card.key === picture.focus;
  const alpha = frame.context.globalAlpha;
  // A dimmed card must still hide the edges behind it.
  frame.context.globalAlpha = 1;
  fillBox(frame, box, { fill: theme.card, border: theme.card, radius: 8 });
  frame.context.globalAlpha = alpha;
  fillBox(frame, box, {
    fill: theme.card,
    border: isFocus ? theme.focus : theme.cardBorder,
    radius: 8,
    width: isFocus ? 2 : 1,
  });
  if (frame.level === 'far') drawFarCard(frame, card, box);
  else drawCardText(frame, card, box);
}

function drawFarCard(frame: Frame, card: Card, box: CardBox): void {
  const { k } = frame.camera;
  const [pad, high] = [Math.max(2, 8 * k), Math.max(2, 7 * k)];
  const { x, y } = toScreen(frame, box);
  const room = box.width * k - 2 * pad;
  if (box.height * k >= 20) {
    const line = { x: x + pad, y: y + box.height * k * 0.36, room, size: 9.5, weight: 500 } as const;
    drawText(frame.context, { ...line, text: card.name, colour: frame.theme.text, font: frame.theme.font });
  }
  drawBar(frame, card.tally, { x: x + pad, y: y + box.height * k - pad - high, width: room, height: high });
}

function drawCardText(frame: Frame, card: Card, box: CardBox): void {
  const { context, camera, theme } = frame;
  const { k } = camera;
  const { x, y } = toScreen(frame, box);
  const pad = Math.max(5, 11 * k);
  const room = box.width * k - 2 * pad;
  const size = clamp(13 * k, 10, 16);
  const isTall = box.height * k >= 40;
  const line = { x: x + pad, room, font: theme.font };
  drawText(context, { ...line, text: card.name, y: y + (isTall ? 17 : 19) * k, size, weight: 600, colour: theme.text });
  if (isTall) {
    const place = { ...line, y: y + 33 * k, size: clamp(11 * k, 9.5, 13.5), weight: 400 } as const;
    const taken = drawAlarm(frame, card, place);
    drawText(context, { ...place, room: room - taken, text: cardSize(card), colour: theme.faintText });
  }
  const high = clamp(3.5 * k, 2.5, 5);
  drawBar(frame, card.tally, { x: x + pad, y: y + 46 * k - high / 2, width: room, height: high });
}

/** How many edges are not allowed, flush right in the colour of the worst; returns the width it took. */
function drawAlarm(frame: Frame, card: Card, line: Omit<TextLine, 'text' | 'colour'>): number {
  const bad = notAllowed(card.tally);
  if (bad === 0) return 0;
  const text = bad > 999 ? '999+' : `${bad}`;
  const width = text.length * line.size * 0.62;
  const colour = frame.theme.states[worstState(card.tally)];
  drawText(frame.context, { ...line, text, x: line.x + line.room - width, room: width + 4, weight: 600, colour });
  return width + 6;
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

function drawOpened(frame: Frame, card: Card, box: CardBox): void {
  const { context, camera, theme, picture } = frame;
  const { k } = camera;
  const { x, y } = toScreen(frame, box);
  const pad = 14 * k;
  const line = { x: x + pad, room: box.width * k - 2 * pad, font: theme.font };
  const size = clamp(14 * k, 10.5, 17);
  const drawn = drawText(context, { ...line, text: card.name, y: y + 20 * k, size, weight: 600, colour: theme.text });
  if (frame.level !== 'far') {
    const after = { x: line.x + drawn + 10, room: line.room - drawn - 10, y: y + 20.5 * k };
    drawText(context, {
      ...line,
      ...after,
      text: cardSubtitle(card),
      size: clamp(11 * k, 9.5, 13),
      weight: 400,
      colour: theme.faintText,
    });
    for (const heading of box.headings) drawHeading(frame, heading);
  }
  for (const dot of card.tiers?.flatMap((tier) => tier.dots) ?? []) {
    const place = picture.layout.dots.get(dot.key);
    if (place === undefined || !isSeen(frame, place)) continue;
    context.globalAlpha = isDim(frame, dot) ? dimmed : 1;
    drawDot(frame, dot, place);
  }
}

function drawHeading(frame: Frame, heading: TierHeading): void {
  const { context, camera, theme } = frame;
  const { x, y } = toScreen(frame, heading);
  const text = `${heading.name} · ${heading.size}`;
  const place = { x, y: y + (heading.height - 9) * camera.k, room: heading.width * camera.k };
  drawText(context, {
    ...place,
    text,
    size: clamp(11 * camera.k, 9.5, 13),
    weight: 600,
    colour: theme.faintText,
    font: theme.font,
  });
}

function drawDot(frame: Frame, dot: Dot, box: Rect): void {
  const { context, camera, theme, picture } = frame;
  const { k } = camera;
  const isFocus = dot.key === picture.focus;
  fillBox(frame, box, {
    fill: theme.dot,
    border: isFocus ? theme.focus : theme.cardBorder,
    radius: 6,
    width: isFocus ? 2 : 1,
  });
  const { x, y } = toScreen(frame, box);
  drawMark(frame, dot, { x: x + 12 * k, y: y + (box.height * k) / 2 });
  if (frame.level === 'far') return;
  const line = { x: x + 24 * k, room: (box.width - 32) * k, font: theme.font };
  const hasPorts = dot.ports !== '' && frame.level === 'near';
  const nameY = y + (hasPorts ? 14 : box.height / 2) * k;
  drawText(context, {
    ...line,
    text: dot.name,
    y: nameY,
    size: clamp(12 * k, 10, 15),
    weight: 500,
    colour: theme.text,
  });
  if (!hasPorts) return;
  drawText(context, {
    ...line,
    text: dot.ports,
    y: y + 28 * k,
    size: clamp(10.5 * k, 9.5, 13),
    weight: 400,
    colour: theme.faintText,
  });
}

/** Filled: managed. A ring: no agent. The colour is the worst that happened to it. */
function drawMark({ context, camera, theme }: Frame, dot: Dot, at: { readonly x: number; readonly y: number }): void {
  const worst = worstFirst.find((state) => dot.tally[state] > 0) ?? 'unknown';
  context.beginPath();
  context.arc(at.x, at.y, Math.max(2, 4 * camera.k), 0, 2 * Math.PI);
  context.fillStyle = theme.states[worst];
  context.strokeStyle = theme.states[worst];
  context.lineWidth = 1.5;
  if (dot.kind === 'workload' && dot.managed) context.fill();
  else context.stroke();
}

export const clamp = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));
