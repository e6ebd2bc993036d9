import { type Finding, quote } from '@bulkhead/model/finding.ts';
import { type Fields, readFields, reportType, type Shape } from '@bulkhead/model/read/fields.ts';
import type { Reading } from '@bulkhead/model/read/reading.ts';
import type { OlderKind, Tree } from '@bulkhead/model/read/tree.ts';

/** Readers of single values as the API server has them. Each reports what is wrong and then answers null. */

/** `a Pod`, `an AdminNetworkPolicy`. */
export const article = (kind: string): string => `${/^[AEIOU]/.test(kind) ? 'an' : 'a'} ${kind}`;

/** Findings of one object say which it is: `in Pod shop/web it is empty`. */
export function readingOf(reading: Reading, object: string): Reading {
  const report: Reading['report'] = (offset, finding) =>
    reading.report(offset, { ...finding, so: `in ${object} ${finding.so}` });
  return { ...reading, report };
}

/** A map all of whose keys are known; `null` is a key that is not there. */
export function strictFields(reading: Reading, tree: Tree, shape: Shape): Fields | null {
  if (tree.kind === 'map' && reportMerge(reading, tree)) return null;
  const fields = readFields(reading, tree, shape);
  return fields === null ? null : withoutNulls(fields);
}

/** A map of which some keys are of interest; the others decide nothing. */
export function looseFields(reading: Reading, tree: Tree, what: string): Fields | null {
  if (tree.kind !== 'map') {
    reportType(reading, tree, { what, needed: 'a map' });
    return null;
  }
  if (reportMerge(reading, tree)) return null;
  return withoutNulls({ what, offset: tree.offset, get: (key) => tree.entries.get(key)?.value });
}

function withoutNulls(fields: Fields): Fields {
  const get = (key: string): Tree | undefined => {
    const value = fields.get(key);
    return value?.kind === 'null' ? undefined : value;
  };
  return { ...fields, get };
}

/** Merge keys are of an older YAML than the one that is read here, and would be passed over in silence. */
function reportMerge(reading: Reading, tree: Tree & { readonly kind: 'map' }): boolean {
  const merge = tree.entries.get('<<');
  if (merge !== undefined) reading.report(merge.keyOffset, mergeKey);
  return merge !== undefined;
}

/** The map under a key; null where there is none, too. */
export function innerFields(reading: Reading, fields: Fields, key: string): Fields | null {
  const tree = fields.get(key);
  return tree === undefined ? null : looseFields(reading, tree, `"${key}" of ${fields.what}`);
}

export function readWords(reading: Reading, tree: Tree, what: string): string | null {
  if (tree.kind === 'text' && tree.value.includes('{{')) {
    reading.report(tree.offset, { ...template, value: tree.value });
    return null;
  }
  if (tree.kind === 'text') {
    if (tree.older === undefined) return tree.value;
    reading.report(tree.offset, unquoted(what, tree.value, tree.older));
    return null;
  }
  reportType(reading, tree, { what, needed: 'a text' });
  return null;
}

const olderNames = { number: 'a number', boolean: 'true or false' } as const;

/** What kubectl and so the API server would be given is something else than what is read here. */
export const unquoted = (what: string, value: string, older: OlderKind): Finding => ({
  code: 'unquoted',
  cannot: `read ${what}`,
  value,
  so: `kubectl takes it for ${olderNames[older]} without quotes`,
  needed: 'quotes are needed',
  hint: `write ${quote(value)}`,
});

/** The text under a key; null where there is none, too. */
export function optionalWords(reading: Reading, fields: Fields, key: string): string | null {
  const tree = fields.get(key);
  return tree === undefined ? null : readWords(reading, tree, `"${key}" of ${fields.what}`);
}

export function isTrue(reading: Reading, fields: Fields, key: string): boolean {
  const tree = fields.get(key);
  if (tree === undefined) return false;
  if (tree.kind === 'boolean') return tree.value.toLowerCase() === 'true';
  reportType(reading, tree, { what: `"${key}" of ${fields.what}`, needed: 'true or false' });
  return false;
}

/** A whole number in the decimal form that every reader of YAML takes alike. */
export function readWhole(
  reading: Reading,
  tree: Tree,
  { what, least, most }: { readonly what: string; readonly least: number; readonly most: number },
): number | null {
  const needed = `a whole number from ${least} to ${most}`;
  if (tree.kind !== 'number') {
    reportType(reading, tree, { what, needed });
    return null;
  }
  const number = /^-?(0|[1-9]\d{0,14})$/.test(tree.value) ? Number(tree.value) : Number.NaN;
  if (number >= least && number <= most) return number;
  const so = Number.isNaN(number) ? 'it is not written as one' : 'it is out of range';
  reading.report(tree.offset, {
    code: 'bad-number',
    cannot: `read ${what}`,
    value: tree.value,
    so,
    needed: `${needed} is needed`,
  });
  return null;
}

/** The members of a list under a key, null where there is none or it is empty, which the API server takes alike. */
export function readMembers<T>(
  reading: Reading,
  fields: Fields,
  { key, item }: { readonly key: string; readonly item: (tree: Tree, index: number) => T | null },
): readonly T[] | null {
  const tree = fields.get(key);
  if (tree === undefined) return null;
  if (tree.kind !== 'list') {
    reportType(reading, tree, { what: `"${key}" of ${fields.what}`, needed: 'a list' });
    return null;
  }
  if (tree.items.length === 0) return null;
  return tree.items.map((each, index) => item(each, index)).filter((value) => value !== null);
}

export const template: Finding = {
  code: 'template',
  cannot: 'read the value',
  so: 'it is a template that was not rendered',
  needed: 'the rendered objects are needed',
  hint: 'import what "helm template" or "kubectl kustomize" prints',
};

const mergeKey: Finding = {
  code: 'merge-key',
  cannot: 'read the key',
  value: '<<',
  so: 'merge keys are not read',
  needed: 'the keys themselves are needed',
  hint: '"kubectl apply --dry-run=client -o yaml -f FILE" writes them out',
};
