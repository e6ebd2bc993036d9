import type { CardBox } from '../scene/layout.ts';
import { isDrawn } from '../scene/level.ts';
import type { Card } from '../scene/scene.ts';
import { notAllowed, worstState } from '../scene/tally.ts';
import { drawText, type TextLine } from './canvas-text.ts';
import { drawOpened } from './draw-opened.ts';
import { cardSize, clamp, dimmed, drawBar, fillBox, isDim, isMarked } from './draw-parts.ts';
import { type Frame, isSeen, toScreen } from './frame.ts';

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

function drawClosed(frame: Frame, card: Card, box: CardBox): void {
  const { theme } = frame;
  const isFocus = isMarked(frame, card.key);
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
  if (!isDrawn('workload', frame.level)) drawFarCard(frame, card, box);
  else drawCardText(frame, card, box);
}

function drawFarCard(frame: Frame, card: Card, box: CardBox): void {
  const { k } = frame.camera;
  const [pad, high] = [Math.max(2, 8 * k), Math.max(2, 7 * k)];
  const { x, y } = toScreen(frame, box);
  const room = box.width * k - 2 * pad;
  // Where there is no room for both, the name matters more, and below a name its environment has one.
  const hasBar = box.height * k >= 20 || !isDrawn('app', frame.level);
  if (isDrawn('app', frame.level)) {
    const middle = y + box.height * k * (hasBar ? 0.36 : 0.5);
    const line = { x: x + pad, y: middle, room, size: 9.5, weight: 500 } as const;
    drawText(frame.context, { ...line, text: card.name, colour: frame.theme.text, font: frame.theme.font });
  }
  if (!hasBar) return;
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
