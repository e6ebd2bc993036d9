import type { Finding } from '../finding.ts';
import { listed, nearest } from '../nearest.ts';
import type { Reading } from './reading.ts';
import type { Tree } from './tree.ts';

/** Which keys a map may have; `elsewhere`: known ones that stand in another map, with a hint where. */
export type Shape = {
  /** As messages name the map: "a rule". */
  readonly what: string;
  readonly keys: readonly string[];
  readonly elsewhere?: Readonly<Record<string, string>>;
};

/** A map whose keys were checked against its shape. */
export type Fields = {
  readonly what: string;
  readonly offset: number;
  readonly get: (key: string) => Tree | undefined;
};

/** Null when the tree is no map. Keys that it does not have are reported and left out. */
export function readFields(reading: Reading, tree: Tree, shape: Shape): Fields | null {
  if (tree.kind !== 'map') {
    reportType(reading, tree, { what: shape.what, needed: `a map with the keys ${listed(shape.keys)}` });
    return null;
  }
  // A mistyped key is reported once and read as the key it was meant to be, not missed a second time.
  const meant = new Map<string, Tree>();
  for (const [key, { keyOffset, value }] of tree.entries) {
    if (shape.keys.includes(key)) continue;
    const { elsewhere = {} } = shape;
    const hint = Object.hasOwn(elsewhere, key) ? elsewhere[key] : undefined;
    const near = hint === undefined ? nearest(key, shape.keys) : null;
    reading.report(
      keyOffset,
      hint === undefined ? unknownKey(key, value, { shape, near }) : misplacedKey(key, shape, hint),
    );
    if (near !== null) meant.set(near, value);
  }
  const get = (key: string): Tree | undefined => entryOf(tree, key)?.value ?? meant.get(key);
  return { what: shape.what, offset: tree.offset, get };
}

/** A null value stands where its key does: the key is all there is to see. */
function entryOf(tree: Tree, key: string): { readonly value: Tree } | undefined {
  const entry = tree.kind === 'map' ? tree.entries.get(key) : undefined;
  if (entry === undefined || entry.value.kind !== 'null') return entry;
  return { value: { kind: 'null', offset: entry.keyOffset } };
}

/** The value of a key that must be there; null, reported, when it is not. */
export function requireField(reading: Reading, fields: Fields, key: string, hint?: string): Tree | null {
  const tree = fields.get(key);
  if (tree !== undefined) return tree;
  const finding = {
    code: 'missing-key',
    cannot: `read ${fields.what}`,
    so: `it has no "${key}"`,
    needed: 'that key is needed',
  };
  reading.report(fields.offset, hint === undefined ? finding : { ...finding, hint });
  return null;
}

function misplacedKey(key: string, { what }: Shape, hint: string): Finding {
  const needed = 'it is needed elsewhere';
  return { code: 'misplaced-key', cannot: 'read the key', value: key, so: `${what} does not have it`, needed, hint };
}

export function reportType(
  reading: Reading,
  tree: Tree,
  expected: { readonly what: string; readonly needed: string },
): void {
  const written = tree.kind === 'map' || tree.kind === 'list' || tree.kind === 'null' ? {} : { value: tree.value };
  const hint = typeHint(tree, expected.needed);
  reading.report(tree.offset, {
    code: 'wrong-type',
    cannot: `read ${expected.what}`,
    ...written,
    so: `it is ${kindNames[tree.kind]}`,
    needed: `${expected.needed} is needed`,
    ...(hint === undefined ? {} : { hint }),
  });
}

const kindNames: Readonly<Record<Tree['kind'], string>> = {
  map: 'a map',
  list: 'a list',
  text: 'a text',
  number: 'a number',
  boolean: 'a truth value',
  null: 'empty',
};

function typeHint(tree: Tree, needed: string): string | undefined {
  if (!needed.includes('text')) return undefined;
  if (tree.kind === 'number' || tree.kind === 'boolean') return `write "${tree.value}" in quotes`;
  // `- fd00::` is a key without a value to YAML.
  if (tree.kind === 'map' && [...tree.entries.values()].every(({ value }) => value.kind === 'null'))
    return 'put a text that ends with a colon or stands in {} in quotes';
  return undefined;
}

function unknownKey(
  key: string,
  value: Tree,
  { shape, near }: { readonly shape: Shape; readonly near: string | null },
): Finding {
  const known = `known keys are ${listed(shape.keys)}`;
  // YAML ends the text at the comma of `{from: app=a,env=b}`, and takes the last colon of `- fd00::` for its own.
  const split = value.kind === 'null' && /[=!():\s]/.test(key) ? 'put a text with commas or colons in quotes' : known;
  const hint = near === null ? split : `did you mean "${near}"?`;
  const so = `${shape.what} has no such key`;
  return { code: 'unknown-key', cannot: 'read the key', value: key, so, needed: 'a known key is needed', hint };
}
