import { type Address, parseAddress } from '@bulkhead/net/address.ts';
import { type Prefix, parsePrefix } from '@bulkhead/net/prefix.ts';
import type { Finding } from '../finding.ts';
import { nameNeeded, wrongName } from '../name-text.ts';
import { nearest } from '../nearest.ts';
import { addressFinding, prefixFinding } from './address-findings.ts';
import { type Fields, reportType, requireField } from './fields.ts';
import type { Reading } from './reading.ts';
import type { Tree } from './tree.ts';

/** Readers of single values. Each reports what is wrong and then answers null; `what` names the value in messages. */
export function readText(reading: Reading, tree: Tree, what: string): string | null {
  if (tree.kind === 'text') return tree.value;
  reportType(reading, tree, { what, needed: 'a text' });
  return null;
}

export function readList<T>(
  tree: Tree,
  { reading, what }: { readonly reading: Reading; readonly what: string },
  item: (tree: Tree) => T | null,
): T[] {
  if (tree.kind === 'list') return tree.items.map(item).filter((value) => value !== null);
  reportType(reading, tree, { what, needed: 'a list' });
  return [];
}

/** A list, or the single item that it would hold. */
export function readOneOrMore<T>(tree: Tree, item: (tree: Tree) => T | null): T[] {
  const items = tree.kind === 'list' ? tree.items : [tree];
  return items.map(item).filter((value) => value !== null);
}

/** The key `name`; the empty text, reported, when there is none or it is no name. */
export function readName(reading: Reading, fields: Fields): string {
  const tree = requireField(reading, fields, 'name');
  const text = tree === null ? null : readText(reading, tree, `the name of ${fields.what}`);
  if (tree === null || text === null) return '';
  return checkName(reading, tree, text) ? text : '';
}

/** A name of something else; null, reported, when it is none. `what` as in `readText`. */
export function readNameText(reading: Reading, tree: Tree, what: string): string | null {
  const text = readText(reading, tree, what);
  return text !== null && checkName(reading, tree, text) ? text : null;
}

/** What is said twice is held once. */
export const unique = <T>(items: readonly T[]): T[] => [...new Set(items)];

export function readTruth(reading: Reading, tree: Tree, what: string): boolean {
  if (tree.kind === 'boolean') return tree.value.toLowerCase() === 'true';
  reportType(reading, tree, { what, needed: 'true or false' });
  return false;
}

export function checkName(reading: Reading, tree: Tree, text: string): boolean {
  const so = wrongName(text);
  if (so !== null)
    reading.report(tree.offset, { code: 'bad-name', cannot: 'use the name', value: text, so, needed: nameNeeded });
  return so === null;
}

/** One of a few words. */
export function readChoice<T extends string>(reading: Reading, tree: Tree, choices: readonly T[]): T | null {
  const needed = choices.length === 1 ? `"${choices[0]}" is needed` : `one of ${choices.join(', ')} is needed`;
  if (tree.kind !== 'text') {
    reportType(reading, tree, { what: 'the value', needed: `one of the texts ${choices.join(', ')}` });
    return null;
  }
  const found = choices.find((choice) => choice === tree.value);
  if (found !== undefined) return found;
  const near = nearest(tree.value, choices);
  const finding = { code: 'bad-value', cannot: 'use the value', value: tree.value, so: 'it is not known here', needed };
  reading.report(tree.offset, near === null ? finding : { ...finding, hint: `did you mean "${near}"?` });
  return null;
}

export function readAddress(reading: Reading, tree: Tree): Address | null {
  const text = readText(reading, tree, 'the address');
  const address = text === null ? null : parseAddress(text);
  if (text !== null && address === null) reading.report(tree.offset, addressFinding(text));
  return address;
}

export function readPrefix(reading: Reading, tree: Tree): Prefix | null {
  const text = readText(reading, tree, 'the prefix');
  const prefix = text === null ? null : parsePrefix(text);
  if (text !== null && prefix === null) reading.report(tree.offset, prefixFinding(text));
  return prefix;
}

/** Milliseconds since the epoch. A date alone is its first moment in UTC. */
export function readMoment(reading: Reading, tree: Tree): number | null {
  const text = readText(reading, tree, 'the date');
  if (text === null) return null;
  const moment = parseMoment(text);
  if (moment === null) reading.report(tree.offset, dateFinding(text));
  return moment;
}

function parseMoment(text: string): number | null {
  const match = /^(\d{4}-\d\d-\d\d)([Tt ]\d\d:\d\d:\d\d(\.\d{1,3})?([Zz]|[+-]\d\d:\d\d))?$/.exec(text);
  if (match === null) return null;
  const day = Date.parse(`${match[1]}T00:00:00Z`);
  // The engine takes February 30 for March 2: a date that does not come back as it was written is none.
  if (Number.isNaN(day) || new Date(day).toISOString().slice(0, 10) !== match[1]) return null;
  const moment = match[2] === undefined ? day : Date.parse(text.toUpperCase().replace(' ', 'T'));
  return Number.isNaN(moment) ? null : moment;
}

function dateFinding(value: string): Finding {
  const needed = 'a date such as 2027-01-01 or a time such as 2027-01-01T12:00:00Z is needed';
  return { code: 'bad-date', cannot: 'read the date', value, so: 'it is no date of the calendar in that form', needed };
}
