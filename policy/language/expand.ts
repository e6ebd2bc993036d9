import type { Document, Rule, RuleState, RulesetDocument } from '@bulkhead/model/documents.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import type { Intervals } from '@bulkhead/net/intervals.ts';
import type { Estate } from '../estate.ts';
import { refusal } from '../problems.ts';
import { lifelineRules, lifelineRuleset } from './lifeline.ts';
import type { PolicyException, PolicyRule } from './policy-rule.ts';
import { type PortValues, withPortNumbers } from './port-names.ts';
import { collectReferences, type References } from './references.ts';
import { type ResolvedEnd, type ResolvedRule, resolveRule } from './resolve-rule.ts';
import { expandScopes, type Scope } from './scopes.ts';
import { type Term, type TermId, TermTable } from './terms.ts';
import type { Tier } from './tiers.ts';

export type ExpandedRules = {
  readonly rules: readonly PolicyRule[];
  /** Errors only: each of them means that some rule is not what its author wrote. */
  readonly problems: readonly Problem[];
};

/** Gives numbers to what rules are made of: equal ones get the same. `term` takes canonical requirements. */
export type Tables = {
  readonly term: (canonical: Term) => TermId;
  readonly services: (set: Intervals) => number;
};
type World = {
  readonly estate: Estate;
  readonly tiers: readonly Tier[];
  readonly tables: Tables;
  readonly portValues: PortValues;
};

type Workshop = Omit<World, 'tables'> & {
  readonly references: References;
  readonly table: TermTable;
  readonly services: Tables['services'];
  readonly rules: PolicyRule[];
  readonly problems: Problem[];
};

/** Problems: `duplicate-name`, `reserved-name`, `unknown-tier`, and those of `resolveRule`. */
export function expandRules(documents: readonly Document[], world: World): ExpandedRules {
  const { tables, ...rest } = world;
  const problems: Problem[] = [];
  const references = collectReferences(documents, problems);
  const table = new TermTable(tables.term);
  const shop: Workshop = { ...rest, references, problems, table, services: tables.services, rules: [] };
  addLifeline(shop, documents);
  const names = new Set<string>();
  for (const document of documents) {
    if (document.kind !== 'Ruleset') continue;
    if (document.name === lifelineRuleset) problems.push(reservedName(document));
    else if (names.has(document.name)) problems.push(duplicateRuleset(document));
    else addRuleset(shop, document);
    names.add(document.name);
  }
  return { rules: shop.rules, problems };
}

/** In the order of their first mention. */
export class ServiceSets {
  readonly sets: Intervals[] = [];
  readonly #ids = new Map<string, number>();

  intern(set: Intervals): number {
    const text = set.map(({ first, last }) => `${first}-${last}`).join(',');
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    this.#ids.set(text, this.sets.length);
    return this.sets.push(set) - 1;
  }
}

function addLifeline(shop: Workshop, documents: readonly Document[]): void {
  for (const rule of lifelineRules(documents)) {
    const fixed = {
      instance: null,
      tier: 0,
      verdict: 'allow',
      staged: false,
      expires: null,
      asks: null,
      wide: false,
      except: [],
    } as const;
    const [from, to] = [[shop.table.intern(rule.from)], [shop.table.intern(rule.to)]];
    shop.rules.push({ ...fixed, id: rule.id, at: rule.at, from, to, services: shop.services(rule.services) });
  }
}

function addRuleset(shop: Workshop, ruleset: RulesetDocument): void {
  const tier = shop.tiers.findIndex(({ name }) => name === ruleset.tier);
  if (tier < 0) shop.problems.push(unknownTier(ruleset, shop.tiers));
  const scopes = expandScopes(ruleset, shop.estate);
  const names = new Set<string>();
  for (const rule of ruleset.rules) {
    if (names.has(rule.name)) shop.problems.push(duplicateRule(ruleset, rule));
    names.add(rule.name);
    const state = ruleState(ruleset.state, rule.state);
    // Once per rule and not per scope: a missing reference is reported once, and disabled rules are checked too.
    const resolved = resolveNumbered(shop, rule);
    if (state === 'disabled') continue;
    const { verdict, expires, acceptWider: wide } = rule;
    const said = { id: `${ruleset.name}/${rule.name}`, tier, verdict, staged: state === 'staged', expires, wide };
    const parts = resolved.map((part) => numbered(shop, part));
    for (const scope of scopes) {
      for (const part of parts) shop.rules.push(placeInScope(shop, { ...part, ...said }, scope));
    }
  }
}

/** Once with what it names, for its problems, and then for each port that its names stand for. */
function resolveNumbered(shop: Workshop, rule: Rule): readonly ResolvedRule[] {
  const said = resolveRule(shop, rule);
  if (!rule.services.some(({ kind }) => kind === 'portName')) return said;
  const unheard = { references: shop.references, problems: [] };
  return withPortNumbers(rule, shop.portValues).flatMap((numbered) => resolveRule(unheard, numbered));
}

/** SPEC R4. */
function ruleState(ruleset: RuleState, rule: RuleState): RuleState {
  if (ruleset === 'disabled' || rule === 'disabled') return 'disabled';
  return ruleset === 'staged' || rule === 'staged' ? 'staged' : 'active';
}

/** `ResolvedRule` with its service sets as numbers: they are the same in every scope. */
function numbered(shop: Workshop, { from, to, at, asks, services, except }: ResolvedRule) {
  const exceptions = except.map((exception) => {
    return { ...exception, services: exception.services === null ? null : shop.services(exception.services) };
  });
  return { from, to, at, asks, services: shop.services(services), except: exceptions };
}

type Said = Pick<PolicyRule, 'id' | 'tier' | 'verdict' | 'staged' | 'expires' | 'wide'> & ReturnType<typeof numbered>;

/** SPEC C3, C4, C6. Every rule has its properties in one order: there are hundreds of thousands of them. */
function placeInScope({ table }: Workshop, said: Said, { name, requirements }: Scope): PolicyRule {
  const ids = (end: ResolvedEnd): TermId[] =>
    end.map(({ term, scoped }) =>
      scoped && term.kind === 'workloads' ? table.internIn(requirements, term) : table.intern(term),
    );
  const except = said.except.map((exception): PolicyException => {
    const { from, to } = exception;
    return { ...exception, from: from === null ? null : ids(from), to: to === null ? null : ids(to) };
  });
  const { id, tier, verdict, staged, at, expires, services, asks, wide } = said;
  const [from, to] = [ids(said.from), ids(said.to)];
  return { id, instance: name, tier, verdict, staged, at, expires, from, to, services, asks, wide, except };
}

function unknownTier(ruleset: RulesetDocument, tiers: readonly Tier[]): Problem {
  const message = `Cannot place ruleset "${ruleset.name}": there is no tier "${ruleset.tier}", use a declared tier`;
  const hint = `tiers are ${tiers.map(({ name }) => name).join(', ')}`;
  return refusal({ code: 'unknown-tier', message, place: ruleset.place, hint });
}

function reservedName(ruleset: RulesetDocument): Problem {
  const message = `Cannot use ruleset "${ruleset.name}": the name belongs to the built-in rules, choose another`;
  return refusal({ code: 'reserved-name', message, place: ruleset.place });
}

function duplicateRuleset(ruleset: RulesetDocument): Problem {
  const message = `Cannot use ruleset "${ruleset.name}": the name is taken, each ruleset needs a name of its own`;
  return refusal({ code: 'duplicate-name', message, place: ruleset.place });
}

function duplicateRule(ruleset: RulesetDocument, rule: Rule): Problem {
  const message = `Cannot use rule "${ruleset.name}/${rule.name}": the name is taken, rule names are unique in a ruleset`;
  return refusal({ code: 'duplicate-name', message, place: rule.place });
}
