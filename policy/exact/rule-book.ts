import { compareBytes } from '@bulkhead/model/byte-order.ts';
import type { Intervals } from '@bulkhead/net/intervals.ts';
import type { PolicyException, PolicyRule } from '../language/policy-rule.ts';
import type { Term, TermId } from '../language/terms.ts';
import type { Tier } from '../language/tiers.ts';
import type { Policy } from '../policy.ts';
import type { Side, Sides } from '../world.ts';
import { joinTerms } from './joint-terms.ts';
import { invert, type Members } from './members.ts';
import { ServiceCuts } from './service-cuts.ts';

export type End = 'from' | 'to';

/** The rules of two policies, each once: those of the first in its order, then what only the second has. */
export class RuleBook {
  readonly terms: readonly Term[];
  /** Terms and services are numbered alike for both. */
  readonly rules: readonly PolicyRule[];
  readonly tiers: Sides<readonly Tier[]>;
  readonly cuts: ServiceCuts;
  readonly serviceSets: readonly Intervals[];
  readonly #first: Policy;
  /** What only the second has. */
  readonly added: readonly PolicyRule[];
  readonly #held: Uint8Array | null;
  readonly #index = new Map<End, Members>();

  constructor(before: Policy, after: Policy) {
    this.#first = before;
    const joint = joinTerms(before.terms, after.terms);
    const services = joinServices(before.serviceSets, after.serviceSets);
    this.terms = joint.terms;
    this.serviceSets = services.sets;
    this.cuts = new ServiceCuts(services.sets);
    this.tiers = { before: before.tiers, after: after.tiers };
    const numbers = { terms: joint.ids, services: services.ids };
    const { held, added } = before === after ? nothingNew : joinRules(before.rules, after.rules, numbers);
    this.added = added;
    this.#held = held;
    this.rules = added.length === 0 ? before.rules : [...before.rules, ...added];
  }

  /** Whether the policy of that side has the rule at the position. */
  isIn(position: number, side: Side): boolean {
    const isFirst = position < this.#first.rules.length;
    return side === 'before' ? isFirst : !isFirst || this.#held?.[position] !== 0;
  }

  /** Positions of rules that one policy has and the other has not. */
  changed(side: Side): readonly number[] {
    const { length } = this.#first.rules;
    if (side === 'after') return this.added.map((_, index) => length + index);
    const gone: number[] = [];
    for (let at = this.#held?.indexOf(0) ?? -1; at >= 0; at = this.#held?.indexOf(0, at + 1) ?? -1) gone.push(at);
    return gone;
  }

  get sameTiers(): boolean {
    return JSON.stringify(this.tiers.before) === JSON.stringify(this.tiers.after);
  }

  /** Positions of the rules one of whose alternatives at the end is one of the terms; each once, in no order. */
  at(end: End, terms: readonly TermId[]): readonly number[] {
    const [first, added] = [indexOf(this.#first, end), this.#indexOfAdded(end)];
    const all: number[] = [];
    for (const term of terms) {
      for (const position of first.at(term)) all.push(position);
      for (const position of added.at(term)) all.push(this.#first.rules.length + position);
    }
    return terms.length === 1 || new Set(all).size === all.length ? all : [...new Set(all)];
  }

  #indexOfAdded(end: End): Members {
    const index = this.#index.get(end) ?? indexEnds(this.added, end, this.terms.length);
    this.#index.set(end, index);
    return index;
  }
}

const indexes = new WeakMap<readonly PolicyRule[], Map<End, Members>>();

/** Kept, as a policy is joined with draft after draft. */
function indexOf({ rules, terms }: Policy, end: End): Members {
  const ofPolicy = indexes.get(rules) ?? new Map<End, Members>();
  indexes.set(rules, ofPolicy);
  const index = ofPolicy.get(end) ?? indexEnds(rules, end, terms.length);
  ofPolicy.set(end, index);
  return index;
}

const indexEnds = (rules: readonly PolicyRule[], end: End, terms: number): Members =>
  invert(
    rules.map((rule) => rule[end]),
    terms,
  );

const verdictOrder = { deny: 0, allow: 1, pass: 2 };
/** Equal for rules of one tier and verdict; smaller is asked first. */
export const rankOf = ({ tier, verdict }: PolicyRule): number => tier * 3 + verdictOrder[verdict];

function joinServices(before: readonly Intervals[], after: readonly Intervals[]) {
  const sets = [...before];
  if (before === after) return { sets, ids: [...sets.keys()] };
  const text = (set: Intervals): string => set.map(({ first, last }) => `${first}-${last}`).join(',');
  const byText = new Map(before.map((set, id) => [text(set), id]));
  const ids = after.map((set) => {
    const id = byText.get(text(set)) ?? sets.push(set) - 1;
    byText.set(text(set), id);
    return id;
  });
  return { sets, ids };
}

type Renumbering = { readonly terms: readonly TermId[]; readonly services: readonly number[] };

/** `held`: 1 for rules of the first that the second has too; null: for all. */
type JoinedRules = { readonly held: Uint8Array | null; readonly added: readonly PolicyRule[] };

const nothingNew: JoinedRules = { held: null, added: [] };

/** Both lists are in order of precedence, so equal rules are met at the same time. */
function joinRules(before: readonly PolicyRule[], after: readonly PolicyRule[], numbers: Renumbering): JoinedRules {
  const held = new Uint8Array(before.length);
  const added: PolicyRule[] = [];
  let next = 0;
  let run: { key: PolicyRule; open: number[] } | null = null;
  const openAt = (key: PolicyRule): number[] => {
    const compare = (position: number) =>
      position < before.length ? comparePlaces(before[position] as PolicyRule, key) : 1;
    while (compare(next) < 0) next++;
    if (run !== null && comparePlaces(run.key, key) === 0) return run.open;
    run = { key, open: [] };
    for (; compare(next) === 0; next++) run.open.push(next);
    return run.open;
  };
  for (const rule of after) {
    const twin = before[next];
    // Policies are mostly alike: the twin stands next, and nothing has to be put in order.
    if (twin !== undefined && isTwin(twin, rule) && isSameRule(twin, rule, numbers)) {
      held[next++] = 1;
      continue;
    }
    const open = openAt(rule);
    const found = open.findIndex((position) => isSameRule(before[position] as PolicyRule, rule, numbers));
    if (found < 0) added.push(renumber(rule, numbers));
    else held[open.splice(found, 1)[0] as number] = 1;
  }
  return { held, added };
}

const isTwin = (a: PolicyRule, b: PolicyRule): boolean =>
  a.tier === b.tier && a.verdict === b.verdict && a.id === b.id && a.instance === b.instance;

function comparePlaces(a: PolicyRule, b: PolicyRule): number {
  if (a === b) return 0;
  return (
    rankOf(a) - rankOf(b) ||
    (a.id === b.id ? 0 : compareBytes(a.id, b.id)) ||
    (a.instance === b.instance ? 0 : compareBytes(a.instance ?? '', b.instance ?? ''))
  );
}

/** Beyond their place: `b` is numbered as the second policy does it. When a rule expires decides nothing today. */
function isSameRule(a: PolicyRule, b: PolicyRule, { terms, services }: Renumbering): boolean {
  if (a.staged !== b.staged || a.at !== b.at || a.services !== services[b.services]) return false;
  if (!sameEnds(a.from, b.from, terms) || !sameEnds(a.to, b.to, terms)) return false;
  if (a.except.length !== b.except.length) return false;
  return a.except.every((exception, i) => {
    const other = b.except[i] as PolicyException;
    const set = other.services === null ? null : services[other.services];
    return (
      exception.services === set &&
      sameEnds(exception.from, other.from, terms) &&
      sameEnds(exception.to, other.to, terms)
    );
  });
}

function sameEnds(a: readonly TermId[] | null, b: readonly TermId[] | null, terms: readonly TermId[]): boolean {
  if (a === null || b === null) return a === b;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== terms[b[i] as number]) return false;
  return true;
}

function renumber(rule: PolicyRule, { terms, services }: Renumbering): PolicyRule {
  const ends = (ids: readonly TermId[]) => ids.map((id) => terms[id] as TermId);
  const except = rule.except.map((exception) => ({
    from: exception.from === null ? null : ends(exception.from),
    to: exception.to === null ? null : ends(exception.to),
    services: exception.services === null ? null : (services[exception.services] as number),
    asks: null,
  }));
  return { ...rule, from: ends(rule.from), to: ends(rule.to), services: services[rule.services] as number, except };
}
