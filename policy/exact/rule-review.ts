import type { RuleId } from '@bulkhead/model/words.ts';
import type { ServicePoint } from '@bulkhead/net/service-space.ts';
import type { PolicyRule } from '../language/policy-rule.ts';
import { exampleService } from '../language/service-sets.ts';
import { pairsOf } from './blocks.ts';
import { CellSum } from './cells.ts';
import type { ExampleEnd } from './examples.ts';
import type { Joint } from './joint.ts';
import { type Decider, Judge, type Judged } from './judge.ts';
import type { PositionSet } from './position-sets.ts';
import type { Entry } from './rule-lists.ts';
import type { ServicePiece } from './service-cuts.ts';
import { type Progress, stride } from './steps.ts';

export type Sample = { readonly ends: readonly [ExampleEnd, ExampleEnd]; readonly service: ServicePoint };

/** What becomes of a rule in the intended view, at all ends that it speaks for together. */
export type Review = {
  /** A connection that it matches; null: there is none. */
  matched: Sample | null;
  /** Whether it is among the rules that give the verdict somewhere. */
  decides: boolean;
  /** Who gives the verdict on what it matches when it is gone. */
  readonly covers: Set<RuleId>;
  /** Of an allow rule: what a deny of its tier takes from it. */
  denied: Sample | null;
  readonly deniedBy: Set<RuleId>;
  /** Of an allow rule: whether it matches something that no deny of its tier takes. */
  undenied: boolean;
  /** Of a rule that is wide: cells that it matches. */
  readonly cells: CellSum;
};

/** `spare`: rules to be told all of; `wide`: rules whose cells are counted. Denied allow rules are found among all. */
export type Reviewed = { readonly spare: ReadonlySet<RuleId>; readonly wide: ReadonlySet<RuleId> };

export function* reviewRules(joint: Joint, reviewed: Reviewed): Generator<Progress, ReadonlyMap<RuleId, Review>> {
  const reviewer = new Reviewer(joint, reviewed);
  let done = 0;
  for (const position of joint.axis.ends()) {
    if (done++ % stride === 0) yield { done, of: joint.axis.sets.length };
    reviewer.look(position);
  }
  const suspects = reviewer.turnToSuspects();
  if (suspects.size === 0) return reviewer.reviews;
  for (const position of joint.axis.ends()) {
    if (done++ % stride === 0) yield { done: joint.axis.sets.length, of: joint.axis.sets.length };
    reviewer.look(position);
  }
  return reviewer.reviews;
}

/** A deny on trial takes nothing from an allow in force. */
const denies = ({ rank, rule }: Entry, entry: Entry): boolean =>
  rank === entry.rank - 1 && (!rule.staged || entry.rule.staged);

type Place = {
  readonly judged: Judged;
  readonly piece: ServicePiece;
  readonly endpoint: number;
  /** Other ends that the decider is asked about, and that can be met. */
  readonly reach: PositionSet;
};

class Reviewer {
  readonly reviews = new Map<RuleId, Review>();
  readonly #joint: Joint;
  readonly #judge: Judge;
  #reviewed: Reviewed;
  #suspects: ReadonlySet<RuleId> = new Set();

  constructor(joint: Joint, reviewed: Reviewed) {
    this.#joint = joint;
    this.#judge = new Judge(joint, { side: 'after', view: 'intended' });
    this.#reviewed = reviewed;
  }

  /**
   * From now on only rules that seem to be denied wholly are looked at, everywhere: until now the places where no rule
   * denies anything were passed over.
   */
  turnToSuspects(): ReadonlySet<RuleId> {
    const seeming = [...this.reviews].filter(([, { denied, undenied }]) => denied !== null && !undenied);
    this.#suspects = new Set(seeming.map(([id]) => id));
    this.#reviewed = { spare: new Set(), wide: new Set() };
    return this.#suspects;
  }

  look(position: number): void {
    const { axis } = this.#joint;
    const judged = this.#judge.at(position, 'to');
    const deciders = judged.endpoints.flatMap((endpoint) => endpoint.deciders);
    if (!deciders.some((decider) => this.#isOfInterest(decider))) return;
    const endpoints = axis.endpoints('after', position);
    const self = axis.sets.of(judged.alone ? endpoints : []);
    for (const piece of this.#judge.pieces(judged)) {
      const wide = new Map<RuleId, PositionSet>();
      for (const [index, { deciders: own, meeting }] of judged.endpoints.entries()) {
        for (const decider of own) {
          const reach = axis.sets.minus(axis.sets.and(meeting, decider.asked), self);
          this.#lookAt(decider, { judged, piece, endpoint: endpoints[index] ?? position, reach }, wide);
        }
      }
      for (const [id, others] of wide) {
        this.#reviewOf(id).cells.add(pairsOf(axis, { fixed: position, others: axis.fold(others) }), piece.count);
      }
    }
  }

  #isOfInterest({ rules: { entries } }: Decider): boolean {
    const { spare, wide } = this.#reviewed;
    return entries.some(({ rule }, index) => {
      const isDenied = rule.verdict === 'allow' && entries[index - 1]?.rule.verdict === 'deny';
      if (this.#suspects.size > 0) return this.#suspects.has(rule.id);
      return spare.has(rule.id) || wide.has(rule.id) || (isDenied && entries[index - 1]?.rule.tier === rule.tier);
    });
  }

  #lookAt(decider: Decider, place: Place, wide: Map<RuleId, PositionSet>): void {
    const { sets } = this.#joint.axis;
    const entries = decider.rules.entries.filter(({ rule }) => place.piece.sets.has(rule.services));
    for (const entry of entries) {
      const { id, verdict } = entry.rule;
      const isSpare = this.#reviewed.spare.has(id);
      const isWide = this.#reviewed.wide.has(id);
      const deniers = verdict === 'allow' ? entries.filter((other) => denies(other, entry)) : [];
      if (!isSpare && !isWide && deniers.length === 0 && !this.#suspects.has(id)) continue;
      const matched = sets.and(this.#judge.matchedBy(entry, place.piece), place.reach);
      if (sets.isEmpty(matched)) continue;
      if (isSpare || isWide) this.#reviewOf(id).matched ??= this.#sample({ ...place, reach: matched });
      if (isWide) wide.set(id, sets.or(wide.get(id) ?? sets.empty, matched));
      if (isSpare) this.#follow(entry.rule, entries, { ...place, reach: matched });
      if (verdict === 'allow') this.#noteDenied(entry.rule, deniers, { ...place, reach: matched });
    }
  }

  #noteDenied({ id }: PolicyRule, deniers: readonly Entry[], place: Place): void {
    const { sets } = this.#joint.axis;
    let left = place.reach;
    for (const denier of deniers) {
      const taken = sets.and(place.reach, this.#judge.matchedBy(denier, place.piece));
      if (sets.isEmpty(taken)) continue;
      const review = this.#reviewOf(id);
      review.deniedBy.add(denier.rule.id);
      review.denied ??= this.#sample({ ...place, reach: taken });
      left = sets.minus(left, taken);
    }
    if (!sets.isEmpty(left)) this.#reviewOf(id).undenied = true;
  }

  /** `place.reach`: what the rule matches there. */
  #follow(rule: PolicyRule, entries: readonly Entry[], place: Place): void {
    const { sets } = this.#joint.axis;
    const review = this.#reviewOf(rule.id);
    const decides = (entry: Entry, decided: PositionSet): boolean =>
      entry.rule.id === rule.id && sets.meets(decided, this.#judge.matchedBy(entry, place.piece));
    for (const { group, decided } of this.#decided(entries, place)) {
      if (!review.decides) review.decides = group.some((entry) => decides(entry, decided));
    }
    const others = entries.filter((entry) => entry.rule.id !== rule.id);
    for (const { group, decided } of this.#decided(others, place)) {
      for (const entry of group) {
        if (sets.meets(decided, this.#judge.matchedBy(entry, place.piece))) review.covers.add(entry.rule.id);
      }
    }
  }

  /** Who decides on the reach: rules of one tier and verdict, with the ends that they are the first to match. */
  *#decided(
    entries: readonly Entry[],
    place: Place,
  ): Generator<{ readonly group: readonly Entry[]; readonly decided: PositionSet }> {
    const { sets } = this.#joint.axis;
    let open = place.reach;
    const parked: { readonly resume: number; readonly set: PositionSet }[] = [];
    for (let first = 0; first < entries.length; ) {
      const { rank, rule } = entries[first] as Entry;
      const end = entries.findIndex((entry, index) => index > first && entry.rank !== rank);
      const group = entries.slice(first, end < 0 ? entries.length : end);
      first += group.length;
      for (const passed of parked.splice(0)) {
        if (passed.resume <= rule.tier) open = sets.or(open, passed.set);
        else parked.push(passed);
      }
      const matched = group.reduce((all, entry) => sets.or(all, this.#judge.matchedBy(entry, place.piece)), sets.empty);
      const decided = sets.and(open, matched);
      open = sets.minus(open, matched);
      if (rule.verdict === 'pass')
        parked.push({ resume: this.#joint.book.tiers.after[rule.tier]?.afterGroup ?? 0, set: decided });
      if (!sets.isEmpty(decided)) yield { group, decided };
    }
  }

  #sample({ judged, piece, endpoint, reach }: Place): Sample {
    const other = this.#joint.axis.sets.first(reach) ?? 0;
    const from = { position: this.#joint.axis.headOf(other), endpoint: other };
    return { ends: [from, { position: judged.position, endpoint }], service: exampleService(piece.services) };
  }

  #reviewOf(id: RuleId): Review {
    const known = this.reviews.get(id);
    if (known !== undefined) return known;
    const nothing = { matched: null, decides: false, denied: null, undenied: false };
    const review: Review = { ...nothing, covers: new Set(), deniedBy: new Set(), cells: new CellSum() };
    this.reviews.set(id, review);
    return review;
  }
}
