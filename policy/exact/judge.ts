import type { View } from '@bulkhead/model/decision.ts';
import { intervalsContain } from '@bulkhead/net/intervals.ts';
import type { ServicePoint } from '@bulkhead/net/service-space.ts';
import type { PolicyRule } from '../language/policy-rule.ts';
import type { Tier } from '../language/tiers.ts';
import type { Side } from '../world.ts';
import type { Axis } from './axis.ts';
import { type Frontend, type Frontends, frontendsIn } from './frontends.ts';
import type { Joint } from './joint.ts';
import type { PositionSet, PositionSets } from './position-sets.ts';
import type { End, RuleBook } from './rule-book.ts';
import type { Entry, RuleList, RuleLists } from './rule-lists.ts';
import type { ServicePiece } from './service-cuts.ts';

/** Who lets pass what is not allowed: `lenient` what nothing matches, `watching` what a governed tier denies. */
type Leniency = { readonly lenient: PositionSet; readonly watching: PositionSet };

/** The decisions at one of the two ends of all connections that have this end. */
export type Decider = Leniency & {
  readonly rules: RuleList;
  /** Other ends that this decider decides for; the others are open to it. */
  readonly asked: PositionSet;
};

/** One endpoint of the fixed end: a connection passes where all deciders allow and the other end can be met. */
type Endpoint = { readonly deciders: readonly Decider[]; readonly meeting: PositionSet };

/** All connections of one segment or outside at one end, in one world and view. */
export type Judged = {
  readonly position: number;
  readonly endpoints: readonly Endpoint[];
  /** Whether it is a single workload, which nobody of its segment can connect to. */
  readonly alone: boolean;
  /** Of an address outside at which virtual services answer: who decides behind it. */
  readonly behind: readonly Behind[];
};

/** The deciders of the members that one port of a frontend leads to; null: one that nobody asks. */
export type Behind = { readonly frontend: Frontend; readonly deciders: readonly (Decider | null)[] };

type Asked = { readonly side: Side; readonly view: View; readonly end: End };

export class Judge {
  readonly axis: Axis;
  readonly book: RuleBook;
  readonly side: Side;
  readonly view: View;
  readonly #sets: PositionSets;
  readonly #tiers: readonly Tier[];
  readonly #none: Leniency;
  readonly #viewers: readonly number[];
  readonly #lists: RuleLists;
  readonly #frontends: Frontends;

  constructor({ axis, book, lists }: Joint, { side, view }: Omit<Asked, 'end'>) {
    this.axis = axis;
    this.book = book;
    this.#lists = lists;
    this.side = side;
    this.view = view;
    this.#sets = axis.sets;
    this.#tiers = book.tiers[side];
    this.#none = { lenient: axis.sets.empty, watching: axis.sets.empty };
    this.#viewers = axis.viewers(side);
    this.#frontends = frontendsIn(axis, side);
  }

  /** `end`: which end of the connections the segment or outside is. */
  at(position: number, end: End): Judged {
    const endpoints = this.axis.endpoints(this.side, position).map((endpoint) => ({
      deciders: this.#decidersOf(endpoint, end),
      meeting: this.axis.meeting(this.side, [position, endpoint], end),
    }));
    const alone = !this.axis.isOutside(position) && this.axis.weights[position] === 1;
    const frontends = end === 'to' ? (this.#frontends.get(position) ?? []) : [];
    const behind = frontends.map((frontend) => ({
      frontend,
      deciders: frontend.members.map((member) => this.#ownDecider(member, 'to')),
    }));
    return { position, endpoints, alone, behind };
  }

  /** Services that no rule at the end tells apart. */
  pieces = (judged: Judged): readonly ServicePiece[] => cutFor(this.book, [judged]);

  /** Segments and outsides that the connections of one piece of services pass from or to. */
  open(judged: Judged, piece: ServicePiece, without?: (rule: PolicyRule) => boolean): PositionSet {
    const folded = this.reached(judged, piece, without);
    return judged.alone && this.#sets.has(folded, judged.position)
      ? this.#sets.minus(folded, this.#sets.of([judged.position]))
      : folded;
  }

  /** As `open`, as if somebody who is alone could meet himself: many ends have the same set so, and it is one object. */
  reached(judged: Judged, piece: ServicePiece, without?: (rule: PolicyRule) => boolean): PositionSet {
    return this.foldAll(judged.endpoints.map((_, index) => this.#reachedAt(judged, index, { piece, without })));
  }

  /** As `reached`, by the endpoints of the fixed end and in endpoints of the others; `foldAll` makes the one of the other. */
  reachedByEndpoint = (judged: Judged, piece: ServicePiece): readonly PositionSet[] =>
    judged.endpoints.map((_, index) => this.#reachedAt(judged, index, { piece }));

  foldAll = (sets: readonly PositionSet[]): PositionSet =>
    this.axis.fold(sets.reduce((all, set) => this.#sets.or(all, set), this.#sets.empty));

  #reachedAt({ endpoints, behind }: Judged, index: number, { piece, without }: Part): PositionSet {
    const passing = this.#passing(endpoints[index] as Endpoint, piece, without);
    return behind.length === 0 ? passing : this.#passingBehind(passing, behind, { piece, without });
  }

  /** Of those who may connect to the frontend, whoever some member lets in; elsewhere it is an address like others. */
  #passingBehind(passing: PositionSet, behind: readonly Behind[], { piece, without }: Part): PositionSet {
    const { full, empty } = this.#sets;
    let open = passing;
    for (const { frontend, deciders } of behind) {
      if (deciders.length === 0 || piece.count !== 1 || piece.services[0]?.first !== frontend.service) continue;
      let allowed = empty;
      for (const decider of deciders) {
        const admitted =
          decider === null ? full : this.#fold(decider, this.#pieceAt(decider, frontend.behind), without);
        const isSeen = frontend.snat === null ? admitted : this.#sets.has(admitted, frontend.snat) ? full : empty;
        allowed = this.#sets.or(allowed, isSeen);
      }
      const elsewhere = this.#sets.minus(full, this.axis.inNetwork(this.side, frontend.network));
      open = this.#sets.and(open, this.#sets.or(allowed, elsewhere));
    }
    return open;
  }

  #pieceAt({ rules }: Decider, service: ServicePoint): ServicePiece {
    const piece = this.book.cuts.cut(rules.services).find(({ services }) => intervalsContain(services, service));
    if (piece === undefined) throw new Error('Every service is in some piece');
    return piece;
  }

  /**
   * Two addresses between which the piece passes otherwise without the rules, where one of them or one member behind the
   * fixed one tells; null: there are none. `kept`: rules that are left out in both cases.
   */
  firstChange(judged: Judged, piece: ServicePiece, { without, kept }: Without): Changed | null {
    const gone = (rule: PolicyRule): boolean => without(rule) || kept?.(rule) === true;
    for (const index of judged.endpoints.keys()) {
      for (const behind of judged.behind.length === 0 ? [[]] : eachAlone(judged.behind)) {
        const asked = { ...judged, behind };
        const [was, is] = [kept, gone].map((left) => this.#reachedAt(asked, index, { piece, without: left }));
        if (was === undefined || is === undefined) continue;
        const own = judged.alone ? this.#ownEndpoints(judged.position) : this.#sets.empty;
        for (const [verdict, more, less] of [['allow', was, is] as const, ['deny', is, was] as const]) {
          const other = this.#sets.first(this.#sets.minus(this.#sets.minus(more, less), own));
          if (other !== null) return { verdict, endpoint: index, other };
        }
      }
    }
    return null;
  }

  /** Endpoints that connections with one endpoint of the fixed end pass from or to. */
  openAt(judged: Judged, endpoint: number, piece: ServicePiece): PositionSet {
    const passing = this.#reachedAt(judged, endpoint, { piece });
    return judged.alone ? this.#sets.minus(passing, this.#ownEndpoints(judged.position)) : passing;
  }

  #ownEndpoints = (position: number): PositionSet => this.#sets.of(this.axis.endpoints(this.side, position));

  #passing({ deciders, meeting }: Endpoint, piece: ServicePiece, without?: (rule: PolicyRule) => boolean): PositionSet {
    let passing = meeting;
    for (const decider of deciders) {
      const allowed = this.#fold(decider, piece, without);
      passing = this.#sets.and(passing, this.#restrict(allowed, decider.asked));
    }
    return passing;
  }

  /** Allowed, or not asked. */
  #restrict(allowed: PositionSet, asked: PositionSet): PositionSet {
    return asked === this.#sets.full ? allowed : this.#sets.or(allowed, this.#sets.minus(this.#sets.full, asked));
  }

  #decidersOf(endpoint: number, end: End): Decider[] {
    const { axis, side } = this;
    const kind = axis.kindAt(side, endpoint);
    const far = end === 'to' ? 'outbound' : 'inbound';
    const own = this.#ownDecider(endpoint, end);
    const deciders = own === null ? [] : [own];
    const leniency =
      this.view === 'intended' ? this.#none : { lenient: axis.lenient(side, far), watching: axis.watching(side, far) };
    const enforced = this.#sets.minus(this.#sets.full, axis.unenforced(side));
    for (const viewer of this.#viewers) {
      const seen = kind.peers[viewer] ?? [];
      const asked = this.#viewers.length === 1 ? enforced : this.#sets.and(enforced, axis.ofViewer(side, viewer));
      const rules = this.#lists.at(seen, { side, view: this.view, end, sight: 'local', speaks: far });
      deciders.push({ rules, ...leniency, asked });
    }
    return deciders;
  }

  /** Of the end itself; null: nobody enforces there. */
  #ownDecider(endpoint: number, end: End): Decider | null {
    const { side, view } = this;
    const kind = this.axis.kindAt(side, endpoint);
    if (!kind.enforced) return null;
    const speaks = end === 'to' ? 'inbound' : 'outbound';
    const own = view === 'intended' ? 'enforce' : kind.modes[speaks];
    const watching = own === 'observe' || own === 'test' ? this.#sets.full : this.#sets.empty;
    const lenient = own === 'enforce' ? this.#sets.empty : this.#sets.full;
    const rules = this.#lists.at(kind.local, { side, view, end, sight: kind.viewer, speaks });
    return { rules, lenient, watching, asked: this.#sets.full };
  }

  /** From the last rule that is asked to the first: what the rules from there on allow (SPEC T2-T5, M3-M7). */
  #fold(decider: Decider, piece: ServicePiece, without?: (rule: PolicyRule) => boolean): PositionSet {
    const { entries } = decider.rules;
    let allowed = decider.lenient;
    let matched = this.#sets.empty;
    let starts: Start | null = null;
    let asked: Entry | null = null;
    for (let next = entries.length - 1; next >= 0; next--) {
      const entry = entries[next] as Entry;
      if (!piece.sets.has(entry.rule.services) || without?.(entry.rule)) continue;
      if (asked !== null && asked.rank !== entry.rank) {
        allowed = this.#settle(allowed, matched, this.#kept(asked.rule, decider, starts));
        matched = this.#sets.empty;
        if (asked.rule.tier !== entry.rule.tier) starts = { tier: asked.rule.tier, allowed, behind: starts };
      }
      asked = entry;
      matched = this.#sets.or(matched, this.#matched(entry, piece));
    }
    return asked === null ? allowed : this.#settle(allowed, matched, this.#kept(asked.rule, decider, starts));
  }

  /** With rules of one tier and verdict before what is allowed: `kept` is allowed of what they match. */
  #settle(allowed: PositionSet, matched: PositionSet, kept: PositionSet): PositionSet {
    const { full, empty } = this.#sets;
    if (kept === full) return this.#sets.or(allowed, matched);
    const others = this.#sets.minus(allowed, matched);
    return kept === empty ? others : this.#sets.or(others, this.#sets.and(matched, kept));
  }

  #kept({ tier, verdict }: PolicyRule, { lenient, watching }: Leniency, starts: Start | null): PositionSet {
    if (verdict === 'allow') return this.#sets.full;
    const place = this.#tiers[tier];
    if (verdict === 'deny') return place?.governed === false ? this.#sets.empty : watching;
    const resume = place?.afterGroup ?? 0;
    for (let start = starts; start !== null; start = start.behind) if (start.tier >= resume) return start.allowed;
    return lenient;
  }

  #matched({ others, holes }: Entry, piece: ServicePiece): PositionSet {
    let matched = others;
    for (const hole of holes) {
      if (hole.services === null || piece.sets.has(hole.services)) matched = this.#sets.minus(matched, hole.others);
    }
    return matched;
  }

  /** Two endpoints between which the piece passes, of the fixed end and of another one's; null: none passes. */
  passingPair(judged: Judged, piece: ServicePiece, others: readonly number[]) {
    for (const [endpoint, { deciders, meeting }] of judged.endpoints.entries()) {
      const whole = judged.behind.length === 0 ? null : this.#reachedAt(judged, endpoint, { piece });
      const passes = (other: number): boolean =>
        this.#sets.has(whole ?? meeting, other) &&
        deciders.every((decider) => {
          if (!this.#sets.has(decider.asked, other)) return true;
          return this.#sets.has(this.#fold(decider, piece), other);
        });
      const other = others.find(passes);
      if (other !== undefined) return { endpoint, other };
    }
    return null;
  }

  matchedBy = (entry: Entry, piece: ServicePiece): PositionSet => this.#matched(entry, piece);
}

export type Without = {
  readonly without: (rule: PolicyRule) => boolean;
  readonly kept?: (rule: PolicyRule) => boolean;
};

/** `verdict`: with the rules. `endpoint`: which of the fixed end's; `other`: the endpoint at the other end. */
export type Changed = { readonly verdict: 'allow' | 'deny'; readonly endpoint: number; readonly other: number };

/** Each member as if it were the only one. */
const eachAlone = (behind: readonly Behind[]): readonly (readonly Behind[])[] =>
  behind.flatMap(({ frontend, deciders }) =>
    deciders.length === 0 ? [[{ frontend, deciders }]] : deciders.map((decider) => [{ frontend, deciders: [decider] }]),
  );

/** What is asked of ends; `without` leaves rules out. */
type Part = { readonly piece: ServicePiece; readonly without?: ((rule: PolicyRule) => boolean) | undefined };

/** What is allowed from the first rule of a tier on, then from that of the one behind it. */
type Start = { readonly tier: number; readonly allowed: PositionSet; readonly behind: Start | null };

/** Services that no rule at the ends tells apart. */
export function cutFor({ cuts }: RuleBook, all: readonly Judged[]): readonly ServicePiece[] {
  const lists = all.flatMap(({ endpoints }) => endpoints.flatMap(({ deciders }) => deciders));
  const frontends = all.flatMap(({ behind }) => behind.map(({ frontend }) => frontend.service));
  const own = frontends.length === 0 ? [] : [cuts.idsOfPoints(frontends)];
  return cuts.cut(...lists.map(({ rules }) => rules.services), ...own);
}
