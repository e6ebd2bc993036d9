import { plural } from '../print-problems.ts';

/** What a preview says, as far as it is shown; the API's own answer is `--json`. */
export type Preview = {
  readonly base?: number;
  readonly hosts?: readonly unknown[] | number;
  readonly diff?: Difference;
} & Partial<Difference>;

export type Side = { readonly cells: number; readonly rectangles?: readonly Rectangle[] };
export type Difference = { readonly opened: Side; readonly closed: Side };
export type Rectangle = {
  readonly from: string;
  readonly to: string;
  readonly services: readonly string[];
  readonly cells: number;
};

/** Rectangles shown per side; the rest is a number. */
const shownRectangles = 20;

export function previewLines(preview: Preview): readonly string[] {
  const difference = preview.diff ?? preview;
  const { hosts } = preview;
  const count = typeof hosts === 'number' ? hosts : hosts?.length;
  return [
    ...(count === undefined ? [] : [`${plural(count, 'host')} to change`]),
    ...sideLines('opened', difference.opened),
    ...sideLines('closed', difference.closed),
  ];
}

export function sideLines(name: string, side: Side | undefined): readonly string[] {
  if (side === undefined) return [];
  const rectangles = side.rectangles ?? [];
  const lines = rectangles
    .slice(0, shownRectangles)
    .map((part) => `  ${part.from} -> ${part.to}  ${part.services.join(' ')}  ${plural(part.cells, 'cell')}`);
  const rest = rectangles.length - lines.length;
  return [`${name}: ${plural(side.cells, 'cell')}`, ...lines, ...(rest > 0 ? [`  and ${rest} more`] : [])];
}
