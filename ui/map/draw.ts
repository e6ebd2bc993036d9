import type { Rect } from '../scene/geometry.ts';
import { isDrawn, levelAt } from '../scene/level.ts';
import type { District } from '../scene/scene.ts';
import { drawText } from './canvas-text.ts';
import { drawCards } from './draw-cards.ts';
import { drawEdges } from './draw-edges.ts';
import { drawOpenedBodies } from './draw-opened.ts';
import { clamp, drawBar, fillBox } from './draw-parts.ts';
import { drawPorts } from './draw-ports.ts';
import { type Frame, isSeen, toScreen } from './frame.ts';

export type DrawInput = Omit<Frame, 'level' | 'area'> & {
  /** CSS pixels; `ratio` device pixels each. */
  readonly width: number;
  readonly height: number;
  readonly ratio: number;
};

export function draw({ width, height, ratio, ...input }: DrawInput): void {
  const { context, camera, theme } = input;
  const area = { x: -camera.x / camera.k, y: -camera.y / camera.k, width: width / camera.k, height: height / camera.k };
  const frame: Frame = { ...input, level: levelAt(camera.k), area };
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = theme.background;
  context.fillRect(0, 0, width, height);
  drawPanels(frame);
  drawOpenedBodies(frame);
  context.setTransform(ratio * camera.k, 0, 0, ratio * camera.k, ratio * camera.x, ratio * camera.y);
  drawEdges(frame);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  drawCards(frame);
  drawTitles(frame);
  drawPorts(frame);
}

function drawPanels(frame: Frame): void {
  for (const box of frame.picture.layout.districts.values()) {
    if (!isSeen(frame, box)) continue;
    fillBox(frame, box, { fill: frame.theme.panel, border: frame.theme.panelBorder, radius: 12 });
  }
}

function drawTitles(frame: Frame): void {
  for (const district of frame.picture.scene.districts) {
    const box = frame.picture.layout.districts.get(district.key);
    if (box === undefined || !isSeen(frame, box)) continue;
    if (isDrawn('app', frame.level)) drawTitle(frame, district, box);
    else drawPlate(frame, district, box);
  }
}

/** On a ground of its own, for edges come in through the head of a panel. */
function drawTitle(frame: Frame, district: District, box: Rect): void {
  const { context, camera, theme } = frame;
  const { k } = camera;
  const corner = toScreen(frame, box);
  const size = clamp(15 * k, 11, 18);
  const line = { x: corner.x + 14 * k, y: corner.y + Math.max(18 * k, 9), font: theme.font };
  const room = box.width * k - 28 * k;
  const name = { ...line, room, text: district.name, size, weight: 600, colour: theme.text } as const;
  const width = drawText(context, name);
  const text = districtSize(district);
  const after = { ...line, x: line.x + width + 10, y: line.y + 0.5, text, size: size - 2.5, weight: 400 } as const;
  const left = room - width - 10;
  const ground = (wide: number): void => {
    context.fillStyle = theme.panel;
    const top = Math.max(corner.y + 2, line.y - size * 0.75);
    context.fillRect(line.x - 4, top, wide + 8, line.y + size * 0.75 - top);
  };
  const count = left < 40 ? 0 : drawText(context, { ...after, room: left, colour: theme.faintText });
  const bar = { x: after.x + count + 12, y: line.y - 2, width: Math.min(120, left - count - 12), height: 4 };
  const hasBar = count > 0 && bar.width > 30;
  ground(hasBar ? bar.x + bar.width - line.x : width + 10 + count);
  drawText(context, name);
  if (count > 0) drawText(context, { ...after, room: left, colour: theme.faintText });
  if (hasBar) drawBar(frame, district.tally, bar);
}

/** In the middle of a district whose apps are too small to read, above them. */
function drawPlate(frame: Frame, district: District, box: Rect): void {
  const { context, camera, theme } = frame;
  const corner = toScreen(frame, box);
  const [width, height] = [box.width * camera.k, box.height * camera.k];
  // The name alone where a district is lower than two lines; its neighbours have names too.
  const isLow = height < 36;
  const plate = { width: Math.max(60, width - 12), height: isLow ? Math.max(16, height - 2) : 38 };
  const x = corner.x + (width - plate.width) / 2;
  const y = corner.y + Math.max(1, (height - plate.height) / 2);
  context.fillStyle = theme.panel;
  context.globalAlpha = 0.9;
  context.fillRect(x, y, plate.width, plate.height);
  context.globalAlpha = 1;
  const line = { x: x + 6, room: plate.width - 12, font: theme.font };
  drawText(context, {
    ...line,
    text: district.name,
    y: y + (isLow ? plate.height / 2 : 11),
    size: isLow ? 11 : 13,
    weight: 600,
    colour: theme.text,
  });
  if (isLow) return;
  const size = { ...line, text: districtSize(district), y: y + 26, size: 10, weight: 400 } as const;
  drawText(context, { ...size, colour: theme.faintText });
  drawBar(frame, district.tally, { x: line.x, y: y + plate.height - 4, width: line.room, height: 3 });
}

function districtSize({ kind, cards }: District): string {
  const size = cards.reduce((sum, card) => sum + card.size, 0);
  if (kind === 'outside') return `${counted(cards.length, 'prefix', 'prefixes')} · ${size.toLocaleString('en')} seen`;
  return `${counted(cards.length, 'app', 'apps')} · ${counted(size, 'workload', 'workloads')}`;
}

function counted(count: number, one: string, many: string): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`;
}
