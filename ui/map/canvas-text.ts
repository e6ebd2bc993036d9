/** Widths of drawn text are asked for again with every frame; browsers measure slowly. */
const widths = new Map<string, number>();
const widthLimit = 20_000;

function measure(context: CanvasRenderingContext2D, text: string): number {
  const key = `${context.font}|${text}`;
  const known = widths.get(key);
  if (known !== undefined) return known;
  if (widths.size >= widthLimit) widths.clear();
  const { width } = context.measureText(text);
  widths.set(key, width);
  return width;
}

/** The text, cut with an ellipsis so that it is no wider than `room`; empty where not even one letter fits. */
export function fitText(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (measure(context, text) <= room) return text;
  const letters = [...text];
  let [low, high] = [0, letters.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (measure(context, `${letters.slice(0, middle).join('')}…`) <= room) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? '' : `${letters.slice(0, low).join('').trimEnd()}…`;
}

export type TextLine = {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly room: number;
  readonly size: number;
  readonly weight: 400 | 500 | 600;
  readonly colour: string;
  readonly font: string;
};

/** Draws in screen pixels; returns the width that was drawn. */
export function drawText(context: CanvasRenderingContext2D, line: TextLine): number {
  context.font = `${line.weight} ${Math.round(line.size * 2) / 2}px ${line.font}`;
  context.textBaseline = 'middle';
  context.textAlign = 'left';
  context.fillStyle = line.colour;
  const fitted = fitText(context, line.text, line.room);
  if (fitted === '') return 0;
  context.fillText(fitted, line.x, line.y);
  return measure(context, fitted);
}
