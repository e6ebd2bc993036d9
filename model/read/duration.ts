import { parseDuration } from '../duration-text.ts';
import type { Finding } from '../finding.ts';
import type { Reading } from './reading.ts';
import type { Tree } from './tree.ts';
import { readText } from './values.ts';

/** 24 days. Longer, and a timer of 32 bits on a host would run out at once. */
const longest = 24 * 86_400_000;

/** Milliseconds; null, reported, when it is no duration. */
export function readDuration(reading: Reading, tree: Tree): number | null {
  const text = readText(reading, tree, 'the duration');
  if (text === null) return null;
  const duration = parseDuration(text);
  if (duration !== null && duration <= longest) return duration;
  reading.report(tree.offset, badDuration(text, duration === null));
  return null;
}

function badDuration(value: string, unread: boolean): Finding {
  const so = unread ? 'it is not written as a number and a unit' : 'it is longer than 24 days';
  const needed = 'one such as 90s, 30m, 8h or 2d is needed';
  return { code: 'bad-duration', cannot: 'read the duration', value, so, needed };
}
