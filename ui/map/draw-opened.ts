import type { Rect } from '../scene/geometry.ts';
import type { CardBox, TierHeading } from '../scene/layout.ts';
import { isDrawn } from '../scene/level.ts';
import type { Card, Dot } from '../scene/scene.ts';
import { worstFirst } from '../scene/tally.ts';
import { drawText } from './canvas-text.ts';
import { cardSize, cardSubtitle, clamp, dimmed, drawBar, fillBox, isDim, isMarked } from './draw-parts.ts';
import { type Frame, isSeen, toScreen } from './frame.ts';

/** The body of an opened card lies below edges, for edges run in it; its rows lie above them. */
export function drawOpenedBodies(frame: Frame): void {
  for (const box of frame.picture.layout.cards.values()) {
    if (box.inner === null || !isSeen(frame, box)) continue;
    const isFocus = isMarked(frame, box.key);
    fillBox(frame, box, {
      fill: frame.theme.card,
      border: isFocus ? frame.theme.focus : frame.theme.cardBorder,
      radius: 10,
    });
  }
}

export function drawOpened(frame: Frame, card: Card, box: CardBox): void {
  const { context, camera, theme, picture } = frame;
  const { k } = camera;
  if (!isDrawn('role', frame.level)) {
    drawFolded(frame, card, box);
    return;
  }
  const { x, y } = toScreen(frame, box);
  const pad = 14 * k;
  const line = { x: x + pad, room: box.width * k - 2 * pad, font: theme.font };
  const size = clamp(14 * k, 10.5, 17);
  const drawn = drawText(context, { ...line, text: card.name, y: y + 20 * k, size, weight: 600, colour: theme.text });
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
  for (const dot of card.tiers?.flatMap((tier) => tier.dots) ?? []) {
    const place = picture.layout.dots.get(dot.key);
    if (place === undefined || !isSeen(frame, place)) continue;
    context.globalAlpha = isDim(frame, dot) ? dimmed : 1;
    drawDot(frame, dot, place);
  }
}

/** Too small for its roles: what a closed card says, in the middle. */
function drawFolded(frame: Frame, card: Card, box: CardBox): void {
  const { camera, context, theme } = frame;
  const { x, y } = toScreen(frame, box);
  const [width, height] = [box.width * camera.k, box.height * camera.k];
  const line = { x: x + 6, room: width - 12, font: theme.font };
  if (isDrawn('app', frame.level)) {
    const name = { ...line, y: y + height / 2 - 8, size: 11, weight: 600 } as const;
    drawText(context, { ...name, text: card.name, colour: theme.text });
    const count = { ...line, y: y + height / 2 + 5, size: 9.5, weight: 400 } as const;
    drawText(context, { ...count, text: cardSize(card), colour: theme.faintText });
  }
  drawBar(frame, card.tally, { x: line.x, y: y + height - 7, width: line.room, height: 3 });
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
  const { context, camera, theme } = frame;
  const { k } = camera;
  const isFocus = isMarked(frame, dot.key);
  fillBox(frame, box, {
    fill: theme.dot,
    border: isFocus ? theme.focus : theme.cardBorder,
    radius: 6,
    width: isFocus ? 2 : 1,
  });
  const { x, y } = toScreen(frame, box);
  drawMark(frame, dot, { x: x + 12 * k, y: y + (box.height * k) / 2 });
  if (!isDrawn('workload', frame.level) && !isFocus) return;
  const line = { x: x + 24 * k, room: (box.width - 32) * k, font: theme.font };
  const hasPorts = dot.ports !== '' && isDrawn('port', frame.level);
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
