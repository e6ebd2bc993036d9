import type { Document } from './documents.ts';
import { problemOf } from './finding.ts';
import { builtInLabelKeys } from './label-text.ts';
import { nearest } from './nearest.ts';
import type { BrokenDocument } from './parse.ts';
import type { Place, Problem } from './problem.ts';
import { type PlacedSelector, selectorsOf } from './rule-parts.ts';
import { isGroupValue } from './selector.ts';

/** One use of a label, by a workload or by a selector; `value` is null where only the key is named. */
type Use = { readonly key: string; readonly value: string | null; readonly place: Place };

/** Null: any value. */
type Declared = ReadonlyMap<string, ReadonlySet<string> | null>;

/**
 * Label keys and values that no LabelKey declares, each once with the number of its uses. Nothing is checked where
 * there is no LabelKey at all. The built-in keys need no declaration.
 */
export function checkLabels(documents: readonly Document[], broken: readonly BrokenDocument[]): Problem[] {
  const declared = declaredLabels(documents, broken);
  if (declared === null) return [];
  const found = new Map<string, { readonly use: Use; count: number }>();
  for (const document of documents)
    for (const use of usesOf(document)) {
      const key = undeclared(use, declared);
      const earlier = key === null ? undefined : found.get(key);
      if (earlier !== undefined) earlier.count++;
      else if (key !== null) found.set(key, { use, count: 1 });
    }
  return [...found.values()].map(({ use, count }) => warning(use, count, declared));
}

function declaredLabels(documents: readonly Document[], broken: readonly BrokenDocument[]): Declared | null {
  const keys = documents.filter((document) => document.kind === 'LabelKey');
  const unread = broken.filter(({ kind }) => kind === 'LabelKey');
  if (keys.length + unread.length === 0) return null;
  const declared = new Map<string, ReadonlySet<string> | null>(builtInLabelKeys.map((key) => [key, null]));
  for (const { name } of unread) declared.set(name, null);
  for (const { name, values } of keys) declared.set(name, values === null ? null : new Set(values));
  return declared;
}

/** What an undeclared use is counted under; null for a declared one, and for one in a key space: a cluster says what is there. */
function undeclared({ key, value }: Use, declared: Declared): string | null {
  if (key.includes(':')) return null;
  const values = declared.get(key);
  if (values === undefined) return key;
  return value === null || values === null || values.has(value) ? null : `${key}=${value}`;
}

function usesOf(document: Document): Use[] {
  const keys = (names: readonly string[]): Use[] => names.map((key) => ({ key, value: null, place: document.place }));
  return [...selectorsOf(document).flatMap(usesOfSelector), ...keys(keysOf(document)), ...valuesOf(document)];
}

/** Keys that are named by themselves. */
function keysOf(document: Document): readonly string[] {
  if (document.kind === 'LabelSource') return document.keys;
  if (document.kind === 'Ownership') return document.labels;
  return document.kind === 'Ruleset' && document.scopes.kind === 'each' ? document.scopes.keys : [];
}

function valuesOf(document: Document): Use[] {
  const { place } = document;
  if (document.kind === 'Workload')
    return Object.entries(document.labels).map(([key, value]) => ({ key, value, place }));
  if (document.kind === 'LabelGroup') return document.values.map((value) => ({ key: document.key, value, place }));
  return [];
}

/** The values of a group are its document's uses; here it stands for its key. */
function usesOfSelector({ selector, place }: PlacedSelector): Use[] {
  return selector.requirements.flatMap(({ key, values }): Use[] =>
    values.length === 0
      ? [{ key, value: null, place }]
      : values.map((value) => ({ key, value: isGroupValue(value) ? null : value, place })),
  );
}

function warning({ key, value, place }: Use, count: number, declared: Declared): Problem {
  const values = declared.get(key);
  const times = count === 1 ? 'once' : `${count} times, here first`;
  const keyIsDeclared = values !== undefined && values !== null;
  const near = keyIsDeclared ? nearest(value ?? '', values) : nearest(key, declared.keys());
  return problemOf(
    {
      severity: 'warning',
      code: keyIsDeclared ? 'undeclared-label-value' : 'undeclared-label-key',
      cannot: keyIsDeclared ? `find a declaration of the value of ${key}` : 'find a declaration of the label key',
      value: keyIsDeclared ? (value ?? '') : key,
      so: `it is used ${times} and no LabelKey has it`,
      needed: 'results are the same with and without one',
      ...(near === null ? {} : { hint: `did you mean "${near}"?` }),
    },
    place,
  );
}
