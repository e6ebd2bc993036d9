import type { Entry, Tree } from '@bulkhead/model/read/tree.ts';
import { clusterLimits } from './cluster-limits.ts';

/**
 * The one document of a JSON file as the reader of YAML would give it, a hundred times as fast: whole clusters come as
 * one list in JSON. Null where the text is anything else, of which the reader of YAML then says what it is.
 */
export function jsonTree(text: string): Tree | null {
  const start = skipSpace(text, text.startsWith('\ufeff') ? 1 : 0);
  if (text[start] !== '{') return null;
  const cursor: Cursor = { text, at: start };
  try {
    const tree = readValue(cursor, 0);
    return skipSpace(text, cursor.at) === text.length ? tree : null;
  } catch (error) {
    if (error instanceof NotJson) return null;
    throw error;
  }
}

type Cursor = { readonly text: string; at: number };

/** Ends the reading from whatever depth. */
class NotJson extends Error {}

const spaces = /[ \t\n\r]*/y;
const numbers = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** Up to its end; a control character ends it too early. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON has none of them inside a text
const texts = /"(?:[^"\\\u0000-\u001f]|\\.)*"/y;

function skipSpace(text: string, from: number): number {
  spaces.lastIndex = from;
  spaces.test(text);
  return spaces.lastIndex;
}

function readValue(cursor: Cursor, depth: number): Tree {
  const { text, at: offset } = cursor;
  switch (text[offset]) {
    case '{':
      return { kind: 'map', offset, entries: readEntries(cursor, depth + 1) };
    case '[':
      return { kind: 'list', offset, items: readItems(cursor, depth + 1) };
    case '"':
      return { kind: 'text', offset, value: readText(cursor) };
    case 't':
      return { kind: 'boolean', offset, value: readWord(cursor, 'true') };
    case 'f':
      return { kind: 'boolean', offset, value: readWord(cursor, 'false') };
    case 'n':
      readWord(cursor, 'null');
      return { kind: 'null', offset };
    default:
      return { kind: 'number', offset, value: readPattern(cursor, numbers) };
  }
}

function readEntries(cursor: Cursor, depth: number): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>();
  inBrackets(cursor, { depth, end: '}' }, () => {
    const keyOffset = cursor.at;
    const key = readText(cursor);
    // Which of the two is meant is for nobody to say.
    if (entries.has(key)) throw new NotJson();
    step(cursor);
    if (cursor.text[cursor.at] !== ':') throw new NotJson();
    cursor.at++;
    step(cursor);
    entries.set(key, { keyOffset, value: readValue(cursor, depth) });
  });
  return entries;
}

function readItems(cursor: Cursor, depth: number): readonly Tree[] {
  const items: Tree[] = [];
  inBrackets(cursor, { depth, end: ']' }, () => items.push(readValue(cursor, depth)));
  return items;
}

function inBrackets(
  cursor: Cursor,
  { depth, end }: { readonly depth: number; readonly end: string },
  item: () => void,
): void {
  if (depth > clusterLimits.nesting) throw new NotJson();
  cursor.at++;
  step(cursor);
  if (cursor.text[cursor.at] === end) {
    cursor.at++;
    return;
  }
  for (;;) {
    item();
    step(cursor);
    const sign = cursor.text[cursor.at++];
    if (sign === end) return;
    if (sign !== ',') throw new NotJson();
    step(cursor);
  }
}

function step(cursor: Cursor): void {
  cursor.at = skipSpace(cursor.text, cursor.at);
}

function readText(cursor: Cursor): string {
  const written = readPattern(cursor, texts);
  if (!written.includes('\\')) return written.slice(1, -1);
  try {
    return JSON.parse(written) as string;
  } catch {
    throw new NotJson();
  }
}

function readWord(cursor: Cursor, word: string): string {
  if (!cursor.text.startsWith(word, cursor.at)) throw new NotJson();
  cursor.at += word.length;
  return word;
}

function readPattern(cursor: Cursor, pattern: RegExp): string {
  pattern.lastIndex = cursor.at;
  const found = pattern.exec(cursor.text)?.[0];
  if (found === undefined || found === '') throw new NotJson();
  cursor.at += found.length;
  return found;
}
