import type { View } from '@bulkhead/model/decision.ts';
import type { InvariantDocument } from '@bulkhead/model/documents.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import { type Intervals, intersectIntervals } from '@bulkhead/net/intervals.ts';
import { emptyEnd } from './exact/empty-end.ts';
import { probeBetween } from './exact/examples.ts';
import { type Joint, joinWorlds } from './exact/joint.ts';
import { Judge, type Judged } from './exact/judge.ts';
import { invert, type Members } from './exact/members.ts';
import type { PositionSet } from './exact/position-sets.ts';
import type { ServicePiece } from './exact/service-cuts.ts';
import { type Progress, runSteps, stride } from './exact/steps.ts';
import { everybody } from './identity.ts';
import { invariantId } from './invariants.ts';
import type { PolicyRule } from './language/policy-rule.ts';
import { exampleService } from './language/service-sets.ts';
import type { TermId } from './language/terms.ts';
import type { Policy } from './policy.ts';
import type { Probe, Who } from './probe.ts';
import { refusal } from './problems.ts';
import type { World } from './world.ts';

export type Verdict = {
  readonly invariant: string;
  readonly holds: boolean;
  /** A connection that passes and must not; null: there is none. */
  readonly counterexample: Probe | null;
  /** The end that matches nobody in the estate, so that there was nothing to prove (SPEC I7); absent: neither. */
  readonly empty?: 'from' | 'to';
};

/** `rules`: the invariants as `readInvariants` gives them. In their order. */
export type Invariants = { readonly documents: readonly InvariantDocument[]; readonly rules: Policy };

/** Whether each invariant holds in the estate as it is (SPEC I1-I3). */
export const verify = (world: World, invariants: Invariants, view: View): readonly Verdict[] =>
  runSteps(verifyInSteps(world, invariants, view));

/** Kinds of processes and users that are tried out one by one (SPEC I6). */
export const mostKinds = 512;

/** Null where proofs can be made of what is allowed to whom. Problem: `too-many-kinds`. */
export function whyNotProvable(policy: Policy): Problem | null {
  if (everybody(policy, mostKinds) !== null) return null;
  const message =
    `Cannot prove invariants: rules tell apart more than ${mostKinds} combinations of processes and users, ` +
    'name fewer of them, or ask about policies in parts';
  return refusal({ code: 'too-many-kinds', message, place: null });
}

/** As `verify`, with a stop every few milliseconds. */
export function* verifyInSteps(
  world: World,
  invariants: Invariants,
  view: View,
): Generator<Progress, readonly Verdict[]> {
  const kinds = everybody(world.policy, mostKinds);
  if (kinds === null) throw new Error('Whoever asks for proofs asks first whether there can be any');
  let left: readonly InvariantDocument[] = invariants.documents;
  const found = new Map<string, Probe>();
  // Who the ends are makes no end match anybody else.
  let empty: ReadonlyMap<string, 'from' | 'to'> | null = null;
  for (const who of kinds) {
    const { joint, refuted } = yield* verifyFor(world, { documents: left, rules: invariants.rules }, { view, who });
    empty ??= emptyEnds(joint);
    for (const [name, probe] of refuted) found.set(name, { ...probe, ...who });
    left = left.filter(({ name }) => !found.has(name));
    if (left.length === 0) break;
  }
  return invariants.documents.map(({ name }) => {
    const counterexample = found.get(name) ?? null;
    const nobody = empty?.get(invariantId(name));
    return {
      ...{ invariant: name, holds: counterexample === null, counterexample },
      ...(nobody !== undefined && { empty: nobody }),
    };
  });
}

/** By invariant. */
function emptyEnds({ axis, book }: Joint): ReadonlyMap<string, 'from' | 'to'> {
  return new Map(
    book.added.flatMap((rule) => {
      const empty = emptyEnd(axis, 'before', [rule]);
      return empty === null ? [] : [[rule.id, empty] as const];
    }),
  );
}

type Asked = { readonly view: View; readonly who: Who };

/** Connections of one kind of people and processes that break an invariant, by its name. */
function* verifyFor(
  world: World,
  { documents, rules }: Invariants,
  { view, who }: Asked,
): Generator<Progress, { readonly joint: Joint; readonly refuted: ReadonlyMap<string, Probe> }> {
  const ids = new Set(documents.map(({ name }) => invariantId(name)));
  const asked = { ...rules, rules: rules.rules.filter(({ id }) => ids.has(id)) };
  const joint = joinWorlds({ before: world, after: { estate: world.estate, policy: withModes(asked, world) } }, who);
  const verifier = new Verifier(joint, view);
  let done = 0;
  for (const position of joint.axis.ends()) {
    if (done++ % stride === 0) yield { done, of: joint.axis.sets.length };
    verifier.look(position);
  }
  const refuted = new Map(
    documents.flatMap(({ name }) => {
      const probe = verifier.found.get(invariantId(name));
      return probe === undefined ? [] : [[name, probe] as const];
    }),
  );
  return { joint, refuted };
}

/** The same object, so that the workloads need not be compared. */
const withModes = (rules: Policy, { policy }: World): Policy => ({
  ...rules,
  modes: policy.modes,
  tiers: policy.tiers,
});

/** The services of an invariant, or a part that its exceptions tell apart, with who must not come from where. */
type Forbidden = { readonly piece: ServicePiece; readonly sources: PositionSet };

/** One endpoint of a destination, and who can connect to it: by pieces of the policy, and of invariants once asked. */
type Reached = {
  readonly judged: Judged;
  readonly endpoint: number;
  readonly parts: readonly Forbidden[];
  readonly open: Map<ServicePiece, PositionSet>;
};

class Verifier {
  readonly found = new Map<string, Probe>();
  readonly #joint: Joint;
  readonly #judge: Judge;
  readonly #rules: readonly PolicyRule[];
  readonly #index: Members;
  readonly #overlaps = new WeakMap<ServicePiece, Map<ServicePiece, boolean>>();
  readonly #forbidden = new Map<PolicyRule, readonly Forbidden[]>();

  constructor(joint: Joint, view: View) {
    this.#joint = joint;
    this.#judge = new Judge(joint, { side: 'before', view });
    this.#rules = joint.book.added;
    this.#index = invert(
      this.#rules.map(({ to }) => [...new Set(to)]),
      joint.book.terms.length,
    );
  }

  look(position: number): void {
    const { axis } = this.#joint;
    let judged: Judged | null = null;
    for (const [index, endpoint] of axis.endpoints('before', position).entries()) {
      const invariants = this.#invariantsAt(endpoint);
      if (invariants.size === 0) continue;
      judged ??= this.#judge.at(position, 'to');
      const reached = { judged, endpoint, parts: this.#partsAt(judged, index), open: new Map() };
      for (const rule of invariants) this.#check(rule, reached);
    }
  }

  /** Those not refuted yet whose `to` matches the endpoint. */
  #invariantsAt(endpoint: number): ReadonlySet<PolicyRule> {
    const found = new Set<PolicyRule>();
    for (const term of this.#joint.axis.kindAt('before', endpoint).local) {
      for (const position of this.#index.at(term)) {
        const rule = this.#rules[position] as PolicyRule;
        if (!this.found.has(rule.id)) found.add(rule);
      }
    }
    return found;
  }

  #partsAt(judged: Judged, index: number): Forbidden[] {
    const { axis } = this.#joint;
    return this.#judge.pieces(judged).flatMap((piece) => {
      const sources = this.#judge.openAt(judged, index, piece);
      return axis.sets.isEmpty(sources) ? [] : [{ piece, sources }];
    });
  }

  #check(rule: PolicyRule, reached: Reached): void {
    const { sets } = this.#joint.axis;
    for (const { piece, sources } of this.#forbiddenAt(rule, reached.endpoint)) {
      if (!sets.meets(this.#openTo(reached, piece), sources)) continue;
      const part = reached.parts.find((open) => this.#overlap(open.piece, piece) && sets.meets(open.sources, sources));
      if (part === undefined) throw new Error('What is open is open for some piece of services');
      const source = sets.first(sets.and(part.sources, sources)) as number;
      this.found.set(rule.id, this.#probe(reached, source, intersectIntervals(part.piece.services, piece.services)));
      return;
    }
  }

  #probe({ judged, endpoint }: Reached, source: number, services: Intervals): Probe {
    const { axis } = this.#joint;
    const from = { position: axis.headOf(source), endpoint: source };
    const to = { position: judged.position, endpoint };
    return probeBetween({ axis, side: 'before' }, [from, to], exampleService(services));
  }

  #openTo({ parts, open }: Reached, piece: ServicePiece): PositionSet {
    const known = open.get(piece);
    if (known !== undefined) return known;
    const { sets } = this.#joint.axis;
    const overlapping = parts.filter((part) => this.#overlap(part.piece, piece));
    const sources = overlapping.reduce((all, part) => sets.or(all, part.sources), sets.empty);
    open.set(piece, sources);
    return sources;
  }

  /** The same at every destination, but for exceptions that name some. */
  #forbiddenAt(rule: PolicyRule, endpoint: number): readonly Forbidden[] {
    const known = this.#forbidden.get(rule);
    if (known !== undefined) return known;
    const forbidden = this.#makeForbidden(rule, this.#joint.axis.kindAt('before', endpoint).local);
    if (rule.except.every(({ to }) => to === null)) this.#forbidden.set(rule, forbidden);
    return forbidden;
  }

  /** `terms`: what matches the destination. */
  #makeForbidden(rule: PolicyRule, terms: readonly TermId[]): Forbidden[] {
    const { axis, book } = this.#joint;
    const holes = rule.except.filter(({ to }) => to === null || to.some((term) => terms.includes(term)));
    const pieces = book.cuts.cut(book.cuts.idsOf([rule.services, ...holes.flatMap(({ services }) => services ?? [])]));
    const matching = (ids: readonly TermId[] | null) =>
      ids === null ? axis.sets.full : axis.matching('before', 'local', ids);
    return pieces.flatMap((piece) => {
      if (!piece.sets.has(rule.services)) return [];
      const taken = holes.filter(({ services }) => services === null || piece.sets.has(services));
      const sources = taken.reduce((left, { from }) => axis.sets.minus(left, matching(from)), matching(rule.from));
      return [{ piece, sources }];
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
