import type { AddressRectangle, Rectangle } from '@bulkhead/policy/diff.ts';
import { plural } from '../print-problems.ts';

type Change = {
  readonly cells: number;
  readonly rectangles?: readonly Rectangle[];
  readonly addressRectangles?: readonly AddressRectangle[];
};

export type ShownDifference = { readonly opened?: Change; readonly closed?: Change };

/** What provisioning would change; the API's whole answer is what `--json` prints. */
export type Preview = {
  readonly hosts?: readonly unknown[] | number;
  readonly diff?: ShownDifference;
  readonly difference?: ShownDifference;
} & ShownDifference;

/** Rectangles shown per side and kind; the rest is a number. */
const shownMost = 20;

export function previewLines(preview: Preview): readonly string[] {
  const { hosts } = preview;
  const count = typeof hosts === 'number' ? hosts : hosts?.length;
  const changed = count === undefined ? [] : [`${plural(count, 'host')} to change`];
  return [...changed, ...differenceLines(preview.diff ?? preview.difference ?? preview)];
}

export const differenceLines = ({ opened, closed }: ShownDifference): readonly string[] => [
  ...changeLines('opened', opened),
  ...changeLines('closed', closed),
];

function changeLines(name: string, change: Change | undefined): readonly string[] {
  if (change === undefined) return [];
  const inside = (change.rectangles ?? []).map((part) => `${pathText(part)}  ${plural(part.cells, 'cell')}`);
  const outside = (change.addressRectangles ?? []).map(
    (part) => `${pathText(part)}  ${plural(part.workloads, 'workload')}, ${plural(Number(part.addresses), 'address')}`,
  );
  return [`${name}: ${plural(change.cells, 'cell')}`, ...firstOf(inside), ...firstOf(outside)];
}

const pathText = ({ from, to, services }: Pick<Rectangle, 'from' | 'to' | 'services'>): string =>
  `${from} -> ${to}  ${services.join(' ')}`;

function firstOf(lines: readonly string[]): readonly string[] {
  const rest = lines.length - shownMost;
  return [...lines.slice(0, shownMost), ...(rest > 0 ? [`and ${rest} more`] : [])].map((line) => `  ${line}`);
}
