import type { Selector } from '../documents.ts';
import { readSelectorText } from '../selector.ts';
import type { Reading } from './reading.ts';
import type { Tree } from './tree.ts';
import { readText } from './values.ts';

/** A selector; a problem stands at the very character where the file shows the text as it is. */
export function readSelector(reading: Reading, tree: Tree): Selector | null {
  const text = readText(reading, tree, 'the selector');
  if (text === null) return null;
  const read = readSelectorText(text);
  if (read.kind === 'ok') return read.selector;
  reading.report(textOffset(reading, tree.offset, text) + read.at, read.finding);
  return null;
}

/** Where the characters of a text begin: after the quote, or at the offset. Folded and escaped texts stay whole. */
function textOffset(reading: Reading, offset: number, text: string): number {
  const quoted = reading.text.startsWith(text, offset + 1) && /["']/.test(reading.text[offset] ?? '');
  return quoted ? offset + 1 : offset;
}
