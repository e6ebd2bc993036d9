import Table from 'cli-table3';
import { oneLine } from './plain-text.ts';

const none = '';
const bare = {
  top: none,
  'top-mid': none,
  'top-left': none,
  'top-right': none,
  bottom: none,
  'bottom-mid': none,
  'bottom-left': none,
  'bottom-right': none,
  left: none,
  'left-mid': none,
  mid: none,
  'mid-mid': none,
  right: none,
  'right-mid': none,
  middle: '  ',
};

/** Columns under a header, aligned, without lines and without blanks at the end. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const drawn = new Table({
    head: [...header],
    chars: bare,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  for (const row of rows) drawn.push(row.map(oneLine));
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
