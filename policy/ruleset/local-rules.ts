import type { Direction } from '@bulkhead/model/words.ts';
import type { PolicyException, PolicyRule } from '../language/policy-rule.ts';
import type { TermId } from '../language/terms.ts';
import type { Policy } from '../policy.ts';

/** A rule whose local side is settled: what is left to ask is the peer and the service. */
export type LocalRule = {
  readonly rule: PolicyRule;
  readonly peers: readonly TermId[];
  readonly except: readonly { readonly peers: readonly TermId[] | null; readonly services: number | null }[];
};

/** The rules one local address takes part in, in order of precedence. `key` is equal for equal lists of one policy. */
export type LocalRules = { readonly key: string } & Readonly<Record<Direction, readonly LocalRule[]>>;

/** Positions in `policy.rules` by the terms of each end. */
export type RuleIndex = Readonly<Record<'from' | 'to', Positions>>;
type Positions = { readonly get: (term: TermId) => Iterable<number> | undefined };
type Rules = readonly (PolicyRule | undefined)[];

export function indexRules(policy: Policy): RuleIndex {
  const index = { from: new Map<TermId, number[]>(), to: new Map<TermId, number[]>() };
  for (const [position, rule] of policy.rules.entries()) {
    for (const side of ['from', 'to'] as const) {
      for (const term of new Set(rule[side])) {
        const positions = index[side].get(term) ?? [];
        index[side].set(term, positions);
        positions.push(position);
      }
    }
  }
  return index;
}

/** `terms`: all that match the local endpoint. */
export function localRules(policy: { readonly rules: Rules }, index: RuleIndex, terms: readonly TermId[]): LocalRules {
  return putTogether(policy, findLocalRules(policy, index, terms));
}

/** Positions of rules, ascending; behind each, as -1 - n, the exceptions of it that hold. */
export type Marks = readonly number[];
/** What `putTogether` makes rules of. Whoever has met equal marks is spared that. */
export type FoundRules = { readonly outbound: Marks; readonly inbound: Marks };

export function findLocalRules(
  { rules }: { readonly rules: Rules },
  index: RuleIndex,
  terms: readonly TermId[],
): FoundRules {
  return {
    outbound: findSide({ rules, index, terms }, 'from', 'to'),
    inbound: findSide({ rules, index, terms }, 'to', 'from'),
  };
}

/** `rules` are those among which they were found. */
export function putTogether({ rules }: { readonly rules: Rules }, { outbound, inbound }: FoundRules): LocalRules {
  const key = `${marksText(outbound)}|${marksText(inbound)}`;
  return { key, outbound: localSide(rules, outbound, 'to'), inbound: localSide(rules, inbound, 'from') };
}

/** A local rule that the peer matches; `holes` are the service sets that exceptions take from it for this peer. */
export type MatchingRule = { readonly rule: LocalRule; readonly position: number; readonly holes: readonly number[] };

/** In order of precedence. `terms`: all that match the peer. */
export function rulesForPeer(local: readonly LocalRule[], terms: ReadonlySet<TermId>): MatchingRule[] {
  const matches = (ids: readonly TermId[] | null) => ids === null || ids.some((id) => terms.has(id));
  return local.flatMap((rule, position) => {
    if (!matches(rule.peers)) return [];
    const holes = rule.except.filter(({ peers }) => matches(peers)).map(({ services }) => services);
    const whole = holes.filter((hole) => hole !== null);
    return whole.length < holes.length ? [] : [{ rule, position, holes: whole }];
  });
}

/** Of the rules that match a peer, those that match a service of these sets. */
export function rulesForServices<R extends MatchingRule>(matching: readonly R[], sets: ReadonlySet<number>): R[] {
  return matching.filter(({ rule, holes }) => sets.has(rule.rule.services) && !holes.some((hole) => sets.has(hole)));
}

type Local = { readonly rules: Rules; readonly index: RuleIndex; readonly terms: readonly TermId[] };

function findSide({ rules, index, terms }: Local, local: 'from' | 'to', peer: 'from' | 'to'): Marks {
  let matched: ReadonlySet<TermId> | null = null;
  const marks: number[] = [];
  let last = -1;
  for (const position of positionsOf(index[local], terms)) {
    if (position === last) continue;
    last = position;
    const rule = rules[position];
    if (rule === undefined || rule.at === (local === 'from' ? 'destination' : 'source')) continue;
    if (rule.except.length === 0) {
      marks.push(position);
      continue;
    }
    matched ??= new Set(terms);
    const except = exceptionsAt(rule, local, matched);
    const shadowed = except.some((exception) => exception[peer] === null && exception.services === null);
    if (!shadowed) marks.push(position, ...except.map((exception) => -1 - rule.except.indexOf(exception)));
  }
  return marks;
}

function exceptionsAt({ except }: PolicyRule, local: 'from' | 'to', matched: ReadonlySet<TermId>): PolicyException[] {
  return except.filter((exception) => exception[local]?.some((term) => matched.has(term)) ?? true);
}

function localSide(rules: Rules, marks: Marks, peer: 'from' | 'to'): LocalRule[] {
  const out: LocalRule[] = [];
  for (const [index, position] of marks.entries()) {
    const rule = rules[position];
    if (position < 0 || rule === undefined) continue;
    const except: { readonly peers: readonly TermId[] | null; readonly services: number | null }[] = [];
    for (let next = index + 1; (marks[next] ?? 0) < 0; next++) {
      const exception = rule.except[-1 - (marks[next] ?? 0)];
      if (exception !== undefined) except.push({ peers: exception[peer], services: exception.services });
    }
    out.push({ rule, peers: rule[peer], except });
  }
  return out;
}

function marksText(marks: Marks): string {
  let text = '';
  for (const mark of marks) text += mark < 0 ? `-${-1 - mark}` : `${text === '' ? '' : ','}${mark}`;
  return text;
}

/** Ascending; a rule that several terms name is there as often. */
function positionsOf(index: Positions, terms: readonly TermId[]): Iterable<number> {
  const positions: number[] = [];
  for (const term of terms) for (const position of index.get(term) ?? []) positions.push(position);
  return new Uint32Array(positions).sort();
}
