import type {
  Document,
  End,
  Exception,
  LabelGroupDocument,
  Requirement,
  Rule,
  Selector,
} from '@bulkhead/model/documents.ts';
import type { Place, Problem } from '@bulkhead/model/problem.ts';
import { refusal } from '../problems.ts';
import { duplicateName, follow } from './references.ts';

const mark = '@';
/** Groups in groups; the limit that all nesting of documents has. */
const deepest = 32;

/** The documents with every `@name` in a selector replaced by the values of that label group (SPEC S5). */
export type SettledGroups = { readonly documents: readonly Document[]; readonly problems: readonly Problem[] };

/** Problems: `duplicate-name`, `unknown-label-group`, `wrong-label-group` (of another key), `label-group-cycle`, `label-group-depth`. */
export function settleLabelGroups(documents: readonly Document[]): SettledGroups {
  const problems: Problem[] = [];
  const groups = new Map<string, LabelGroupDocument>();
  for (const document of documents) {
    if (document.kind !== 'LabelGroup') continue;
    if (groups.has(document.name)) problems.push(duplicateName(document));
    else groups.set(document.name, document);
  }
  const shop: Workshop = { groups, values: new Map(), problems };
  for (const group of groups.values()) valuesOf(shop, group, []);
  return { documents: documents.map((document) => settleDocument(shop, document)), problems };
}

type Workshop = {
  readonly groups: ReadonlyMap<string, LabelGroupDocument>;
  readonly values: Map<string, readonly string[]>;
  readonly problems: Problem[];
};

/** `above`: the groups that this one is being read for. */
function valuesOf(shop: Workshop, group: LabelGroupDocument, above: readonly string[]): readonly string[] {
  const known = shop.values.get(group.name);
  if (known !== undefined) return known;
  const path = [...above, group.name];
  const nested = group.groups.flatMap((reference) => {
    const inner = follow(shop.groups, reference, { kind: 'label group', problems: shop.problems });
    if (inner === undefined) return [];
    if (path.includes(inner.name)) {
      shop.problems.push(cycle(reference.place, [...path, inner.name]));
      return [];
    }
    if (path.length === deepest) {
      shop.problems.push(tooDeep(reference.place, path));
      return [];
    }
    if (inner.key !== group.key) shop.problems.push(otherKey(inner, { key: group.key, place: reference.place }));
    return valuesOf(shop, inner, path);
  });
  const values = [...new Set([...group.values, ...nested])];
  shop.values.set(group.name, values);
  return values;
}

function settleDocument(shop: Workshop, document: Document): Document {
  const selector = (said: Selector): Selector => settleSelector(shop, said, document.place);
  switch (document.kind) {
    case 'Ruleset': {
      const { scopes } = document;
      const rules = document.rules.map((rule) => settleRule(shop, rule));
      if (scopes.kind === 'each') return { ...document, rules };
      return { ...document, rules, scopes: { kind: 'list', selectors: scopes.selectors.map(selector) } };
    }
    case 'Mode':
    case 'LabelSource':
      return { ...document, selector: selector(document.selector) };
    case 'Ownership':
      return { ...document, scope: selector(document.scope) };
    case 'Dependency':
      return { ...document, of: selector(document.of) };
    case 'VirtualService':
      return { ...document, members: { ...document.members, selector: selector(document.members.selector) } };
    case 'Invariant': {
      const { from, to, services } = document.never;
      const ends = (list: readonly End[]) => settleEnds(shop, list, document.place);
      const except = document.except.map((exception) => settleException(shop, exception, document.place));
      return { ...document, never: { from: ends(from), to: ends(to), services }, except };
    }
    default:
      return document;
  }
}

function settleRule(shop: Workshop, rule: Rule): Rule {
  if (rule.except.length === 0 && rule.from.every(isSettled) && rule.to.every(isSettled)) return rule;
  const ends = (list: readonly End[]) => settleEnds(shop, list, rule.place);
  const except = rule.except.map((exception) => settleException(shop, exception, rule.place));
  return { ...rule, from: ends(rule.from), to: ends(rule.to), except };
}

function settleException(shop: Workshop, { from, to, services }: Exception, place: Place): Exception {
  const ends = (list: readonly End[] | null) => (list === null ? null : settleEnds(shop, list, place));
  return { from: ends(from), to: ends(to), services };
}

function settleEnds(shop: Workshop, ends: readonly End[], place: Place): readonly End[] {
  return ends.map((end) =>
    end.kind === 'selector' ? { ...end, selector: settleSelector(shop, end.selector, place) } : end,
  );
}

function settleSelector(shop: Workshop, selector: Selector, place: Place): Selector {
  if (!namesGroup(selector)) return selector;
  const requirements = selector.requirements.map((requirement) => {
    const { key } = requirement;
    const values = requirement.values.flatMap((value) => {
      if (!isGroup(value)) return [value];
      const reference = { name: value.slice(mark.length), place };
      const group = follow(shop.groups, reference, { kind: 'label group', problems: shop.problems });
      if (group === undefined) return [];
      if (group.key !== key) shop.problems.push(otherKey(group, { key, place }));
      return valuesOf(shop, group, []);
    });
    return { ...requirement, values };
  });
  return { ...selector, requirements };
}

/** Names of the label groups that stand in conditions. */
export function groupNamesIn(requirements: readonly Requirement[]): string[] {
  const names: string[] = [];
  for (const { values } of requirements)
    for (const value of values) if (isGroup(value)) names.push(value.slice(mark.length));
  return names;
}

const namesGroup = ({ requirements }: Selector): boolean => requirements.some(({ values }) => values.some(isGroup));
const isSettled = (end: End): boolean => end.kind !== 'selector' || !namesGroup(end.selector);
const isGroup = (value: string): boolean => value.startsWith(mark);

function otherKey(group: LabelGroupDocument, used: { readonly key: string; readonly place: Place }): Problem {
  const message =
    `Cannot use label group "${group.name}" for "${used.key}": it holds values of "${group.key}", ` +
    'use it with that key';
  return refusal({ code: 'wrong-label-group', message, place: used.place });
}

function tooDeep(place: Place, [first]: readonly string[]): Problem {
  const message = `Cannot read label group "${first}": its groups are nested more than ${deepest} deep, put values in directly`;
  return refusal({ code: 'label-group-depth', message, place });
}

function cycle(place: Place, path: readonly string[]): Problem {
  const message = `Cannot read label group "${path[0]}": it holds itself (${path.join(' > ')}), take one of these out`;
  return refusal({ code: 'label-group-cycle', message, place });
}
