import type { Document, End, LabelKeyDocument, Requirement } from '@bulkhead/model/documents.ts';
import type { Place, Problem } from '@bulkhead/model/problem.ts';
import { isGroupValue } from '@bulkhead/model/selector.ts';
import { warning } from '../problems.ts';
import { equals } from './selector.ts';

const builtInKeys = new Set(['role', 'app', 'env', 'loc']);

type Mention = { readonly requirement: Requirement; readonly place: Place };

/** SPEC S4. Keys are judged only once some LabelKey is declared; each key and each value is reported once. */
export function checkLabels(documents: readonly Document[]): Problem[] {
  const declared = new Map<string, LabelKeyDocument>();
  for (const document of documents) if (document.kind === 'LabelKey') declared.set(document.name, document);
  if (declared.size === 0) return [];
  const problems = new Map<string, Problem>();
  for (const { requirement, place } of documents.flatMap(mentions)) {
    const { key, values } = requirement;
    if (key.includes(':')) continue;
    const allowed = declared.get(key)?.values ?? null;
    if (!declared.has(key) && !builtInKeys.has(key) && !problems.has(key)) problems.set(key, undeclaredKey(key, place));
    for (const value of allowed === null ? [] : values.filter((each) => !isGroupValue(each))) {
      const name = `${key}=${value}`;
      if (!allowed?.includes(value) && !problems.has(name))
        problems.set(name, undeclaredValue(name, allowed ?? [], place));
    }
  }
  return [...problems.values()];
}

function mentions(document: Document): Mention[] {
  const all = (requirements: readonly Requirement[], place: Place) =>
    requirements.map((requirement) => ({ requirement, place }));
  if (document.kind === 'Workload') {
    return all(
      Object.entries(document.labels).map(([key, value]) => equals(key, value)),
      document.place,
    );
  }
  if (document.kind === 'Mode') return all(document.selector.requirements, document.place);
  if (document.kind !== 'Ruleset') return [];
  const { scopes, rules, place } = document;
  const ofScopes =
    scopes.kind === 'each'
      ? scopes.keys.map((key): Requirement => ({ key, operator: 'exists', values: [] }))
      : scopes.selectors.flatMap(({ requirements }) => requirements);
  const ofEnds = (ends: readonly End[] | null) =>
    (ends ?? []).flatMap((end) => (end.kind === 'selector' ? end.selector.requirements : []));
  const ofRules = rules.flatMap((rule) => {
    const ends = [rule.from, rule.to, ...rule.except.flatMap(({ from, to }) => [from, to])];
    return all(ends.flatMap(ofEnds), rule.place);
  });
  return [...all(ofScopes, place), ...ofRules];
}

function undeclaredKey(key: string, place: Place): Problem {
  const message = `Cannot find label key "${key}": no LabelKey declares it, declare it or correct the name`;
  return warning({ code: 'undeclared-label', message, place });
}

function undeclaredValue(name: string, allowed: readonly string[], place: Place): Problem {
  const message = `Cannot find label "${name}": its LabelKey does not list the value, add it or correct it`;
  return warning({ code: 'undeclared-label', message, place, hint: `declared are ${allowed.slice(0, 10).join(', ')}` });
}
