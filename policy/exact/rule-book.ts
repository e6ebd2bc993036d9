import type { Intervals } from '@bulkhead/net/intervals.ts';
import { compareBytes } from '../byte-order.ts';
import type { PolicyException, PolicyRule } from '../language/policy-rule.ts';
import type { Term, TermId } from '../language/terms.ts';
import type { Tier } from '../language/tiers.ts';
import type { Policy } from '../policy.ts';
import type { Side, Sides } from '../world.ts';
import { joinTerms } from './joint-terms.ts';
import { invert, type Members } from './members.ts';
import { ServiceCuts } from './service-cuts.ts';

export type End = 'from' | 'to';

/** A rule that one or both of two policies have. Terms and services are numbered alike for both. */
export type BookRule = {
  readonly rule: PolicyRule;
  readonly before: boolean;
  readonly after: boolean;
  /** Equal for rules of one tier and verdict; smaller is asked first. */
  readonly rank: number;
};

/** The rules of two policies, each once. */
export class RuleBook {
  readonly terms: readonly Term[];
  readonly rules: readonly BookRule[];
  readonly tiers: Sides<readonly Tier[]>;
  readonly cuts: ServiceCuts;
  readonly serviceSets: readonly Intervals[];
  readonly #index = new Map<End, Members>();

  constructor(before: Policy, after: Policy) {
    const joint = joinTerms(before.terms, after.terms);
    const services = joinServices(before.serviceSets, after.serviceSets);
    this.terms = joint.terms;
    this.serviceSets = services.sets;
    this.cuts = new ServiceCuts(services.sets);
    this.tiers = { before: before.tiers, after: after.tiers };
    this.rules =
      before === after ? allOf(before) : joinRules(before, after, { terms: joint.ids, services: services.ids });
  }

  get sameTiers(): boolean {
    return JSON.stringify(this.tiers.before) === JSON.stringify(this.tiers.after);
  }

  /** Positions of the rules one of whose alternatives at the end is one of the terms; each once, in no order. */
  at(end: End, terms: readonly TermId[]): readonly number[] {
    const index = this.#indexOf(end);
    const all: number[] = [];
    for (const term of terms) for (const position of index.at(term)) all.push(position);
    return terms.length === 1 || new Set(all).size === all.length ? all : [...new Set(all)];
  }

  #indexOf(end: End): Members {
    const index =
      this.#index.get(end) ??
      invert(
        this.rules.map(({ rule }) => rule[end]),
        this.terms.length,
      );
    this.#index.set(end, index);
    return index;
  }
}

export const isIn = (rule: BookRule, side: Side): boolean => rule[side];

const verdictOrder = { deny: 0, allow: 1, pass: 2 };
const rankOf = ({ tier, verdict }: PolicyRule): number => tier * 3 + verdictOrder[verdict];

const allOf = ({ rules }: Policy): BookRule[] =>
  rules.map((rule) => ({ rule, before: true, after: true, rank: rankOf(rule) }));

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

/** Both lists are in order of precedence, so equal rules are met at the same time. */
function joinRules(before: Policy, after: Policy, numbers: Renumbering): BookRule[] {
  const out: { rule: PolicyRule; before: boolean; after: boolean; rank: number }[] = [];
  let next = 0;
  let run: { key: PolicyRule; open: number[] } | null = null;
  const goOnTo = (key: PolicyRule): number[] => {
    for (; next < before.rules.length && comparePlaces(before.rules[next] as PolicyRule, key) < 0; next++)
      addOld(before.rules[next] as PolicyRule);
    if (run !== null && comparePlaces(run.key, key) === 0) return run.open;
    run = { key, open: [] };
    for (; next < before.rules.length && comparePlaces(before.rules[next] as PolicyRule, key) === 0; next++)
      run.open.push(addOld(before.rules[next] as PolicyRule));
    return run.open;
  };
  const addOld = (rule: PolicyRule): number => out.push({ rule, before: true, after: false, rank: rankOf(rule) }) - 1;
  for (const rule of after.rules) {
    const twin = before.rules[next];
    // Policies are mostly alike: the twin stands next, and nothing has to be put in order.
    if (twin !== undefined && isTwin(twin, rule) && isSameRule(twin, rule, numbers)) {
      out.push({ rule: twin, before: true, after: true, rank: rankOf(twin) });
      next++;
      continue;
    }
    const open = goOnTo(rule);
    const found = open.findIndex((position) => isSameRule(out[position]?.rule as PolicyRule, rule, numbers));
    const known = found < 0 ? undefined : out[open[found] as number];
    if (known === undefined) {
      out.push({ rule: renumber(rule, numbers), before: false, after: true, rank: rankOf(rule) });
    } else {
      known.after = true;
      open.splice(found, 1);
    }
  }
  for (; next < before.rules.length; next++) addOld(before.rules[next] as PolicyRule);
  return out;
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
