import type { View } from '@bulkhead/model/decision.ts';
import type { InvariantDocument } from '@bulkhead/model/documents.ts';
import { intersectIntervals } from '@bulkhead/net/intervals.ts';
import { type Joint, joinWorlds } from './exact/compare.ts';
import { probeBetween } from './exact/examples.ts';
import { Judge, type Judged, serviceSetsOf } from './exact/judge.ts';
import type { PositionSet } from './exact/position-sets.ts';
import type { ServicePiece } from './exact/service-cuts.ts';
import { type Progress, runSteps, stride } from './exact/steps.ts';
import { invariantId } from './invariants.ts';
import type { Policy } from './policy.ts';
import type { PolicyRule } from './policy-rule.ts';
import type { Probe } from './probe.ts';
import { exampleService } from './service-sets.ts';
import type { World } from './world.ts';

export type Verdict = {
  readonly invariant: string;
  readonly holds: boolean;
  /** A connection that passes and must not; null: there is none. */
  readonly counterexample: Probe | null;
};

/** `rules`: the invariants as `readInvariants` gives them. In their order. */
export type Invariants = { readonly documents: readonly InvariantDocument[]; readonly rules: Policy };

/** Whether each invariant holds in the estate as it is (SPEC I1-I3). */
export const verify = (world: World, invariants: Invariants, view: View): readonly Verdict[] =>
  runSteps(verifyInSteps(world, invariants, view));

/** As `verify`, with a stop every few milliseconds. */
export function* verifyInSteps(
  world: World,
  invariants: Invariants,
  view: View,
): Generator<Progress, readonly Verdict[]> {
  const joint = joinWorlds({
    before: world,
    after: { estate: world.estate, policy: withModes(invariants.rules, world) },
  });
  const verifier = new Verifier(joint, view);
  let done = 0;
  for (const position of joint.axis.ends()) {
    if (done++ % stride === 0) yield { done, of: joint.axis.sets.length };
    verifier.look(position);
  }
  return invariants.documents.map(({ name }) => {
    const counterexample = verifier.found.get(invariantId(name)) ?? null;
    return { invariant: name, holds: counterexample === null, counterexample };
  });
}

/** The same object, so that the workloads need not be compared. */
const withModes = (rules: Policy, { policy }: World): Policy => ({
  ...rules,
  modes: policy.modes,
  tiers: policy.tiers,
});

/** The services of an invariant, or a part that its exceptions tell apart, with who must not come from where. */
type Forbidden = { readonly piece: ServicePiece; readonly sources: PositionSet };

class Verifier {
  readonly found = new Map<string, Probe>();
  readonly #joint: Joint;
  readonly #judge: Judge;
  readonly #overlaps = new WeakMap<ServicePiece, Map<ServicePiece, boolean>>();

  constructor(joint: Joint, view: View) {
    this.#joint = joint;
    this.#judge = new Judge(joint.axis, joint.book, { side: 'before', view });
  }

  look(position: number): void {
    const { axis } = this.#joint;
    let judged: Judged | null = null;
    for (const [index, endpoint] of axis.endpoints('before', position).entries()) {
      const invariants = this.#invariantsAt(endpoint);
      if (invariants.length === 0) continue;
      judged ??= this.#judge.at(position, 'to');
      const open = this.#openAt(judged, index);
      for (const rule of invariants) this.#check(rule, { judged, endpoint, open });
    }
  }

  /** Those not refuted yet whose `to` matches the endpoint. */
  #invariantsAt(endpoint: number): readonly PolicyRule[] {
    const { axis, book } = this.#joint;
    return book.at('to', axis.kindAt('before', endpoint).local).flatMap((position) => {
      const found = book.rules[position];
      return found === undefined || found.before || this.found.has(found.rule.id) ? [] : [found.rule];
    });
  }

  #openAt(judged: Judged, index: number): Open {
    const { axis, book } = this.#joint;
    const parts = book.cuts.cut(serviceSetsOf(judged)).flatMap((piece) => {
      const sources = this.#judge.openAt(judged, index, piece);
      return axis.sets.isEmpty(sources) ? [] : [{ piece, sources }];
    });
    return { parts, all: parts.reduce((all, { sources }) => axis.sets.or(all, sources), axis.sets.empty) };
  }

  #check(rule: PolicyRule, { judged, endpoint, open }: { judged: Judged; endpoint: number; open: Open }): void {
    const { axis } = this.#joint;
    const from = axis.matching('before', 'local', rule.from);
    if (!axis.sets.meets(open.all, from)) return;
    for (const forbidden of this.#forbidden(rule, from, axis.kindAt('before', endpoint).local)) {
      for (const { piece, sources } of open.parts) {
        if (!this.#overlap(piece, forbidden.piece)) continue;
        const source = axis.sets.first(axis.sets.and(sources, forbidden.sources));
        if (source === null) continue;
        const service = exampleService(intersectIntervals(piece.services, forbidden.piece.services));
        const ends = [
          { position: axis.headOf(source), endpoint: source },
          { position: judged.position, endpoint },
        ] as const;
        this.found.set(rule.id, probeBetween({ axis, side: 'before' }, ends, service));
        return;
      }
    }
  }

  /** `terms`: what matches the destination. */
  #forbidden(rule: PolicyRule, from: PositionSet, terms: readonly number[]): Forbidden[] {
    const { axis, book } = this.#joint;
    const holes = rule.except.filter(({ to }) => to === null || to.some((term) => terms.includes(term)));
    const pieces = book.cuts.cut([rule.services, ...holes.flatMap(({ services }) => services ?? [])]);
    return pieces
      .filter((piece) => piece.sets.has(rule.services))
      .map((piece) => {
        const taken = holes.filter(({ services }) => services === null || piece.sets.has(services));
        const sources = taken.reduce(
          (left, hole) =>
            axis.sets.minus(left, hole.from === null ? axis.sets.full : axis.matching('before', 'local', hole.from)),
          from,
        );
        return { piece, sources };
      });
  }

  #overlap(a: ServicePiece, b: ServicePiece): boolean {
    const known = this.#overlaps.get(a) ?? new Map<ServicePiece, boolean>();
    this.#overlaps.set(a, known);
    const overlap = known.get(b) ?? intersectIntervals(a.services, b.services).length > 0;
    known.set(b, overlap);
    return overlap;
  }
}

/** What passes to one endpoint, by pieces of services and for any of them. */
type Open = { readonly parts: readonly Forbidden[]; readonly all: PositionSet };
