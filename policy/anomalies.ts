import { compareBytes } from '@bulkhead/model/byte-order.ts';
import type { Document } from '@bulkhead/model/documents.ts';
import type { Place } from '@bulkhead/model/problem.ts';
import type { RuleId } from '@bulkhead/model/words.ts';
import { emptyEnd, emptyText } from './exact/empty-end.ts';
import { probeBetween } from './exact/examples.ts';
import { type Joint, joinWorlds } from './exact/joint.ts';
import { type Review, reviewRules, type Sample } from './exact/rule-review.ts';
import { type Progress, runSteps } from './exact/steps.ts';
import type { PolicyRule } from './language/policy-rule.ts';
import { countServices, everyService } from './language/service-sets.ts';
import type { Probe } from './probe.ts';
import { findIdle, writtenRules } from './removal.ts';
import type { World } from './world.ts';

/** SPEC A1-A5. */
export type AnomalyKind = 'selects-nothing' | 'dead' | 'shadowed' | 'redundant' | 'contradicted' | 'over-broad';

export type Anomaly = {
  readonly kind: AnomalyKind;
  readonly rule: RuleId;
  readonly place: Place | null;
  readonly why: string;
  /** Rules that decide in its stead, or that deny what it allows; in byte order, the first ones. */
  readonly by: readonly RuleId[];
  /** How many more such rules there are. */
  readonly more: number;
  /** A connection that the rule matches; null: there is none. */
  readonly example: Probe | null;
  readonly fix: { readonly action: 'remove' | 'narrow'; readonly text: string };
};

/** Services from which on a rule is wide, and the share of all cells from which on a wide rule is over-broad. */
export const wideServices = 1024;
export const broadShare = 0.05;
const namedMost = 5;

/** In order of the rules' ids. `documents`: where the rules stand. */
export const findAnomalies = (world: World, documents: readonly Document[]): readonly Anomaly[] =>
  runSteps(anomaliesInSteps(world, documents));

/** As `findAnomalies`, with a stop every few milliseconds. */
export function* anomaliesInSteps(
  world: World,
  documents: readonly Document[],
): Generator<Progress, readonly Anomaly[]> {
  const joint = joinWorlds({ before: world, after: world });
  const written = writtenRules(world.policy);
  const spare = yield* findIdle(joint, world.policy);
  const wide = wideRules(world);
  const reviews = yield* reviewRules(joint, { spare, wide });
  const places = placesOf(documents);
  const teller = { joint, places, byId: Map.groupBy(world.policy.rules, ({ id }) => id), all: cellsOf(world) };
  const ids = [...written].sort(compareBytes);
  return ids.flatMap((id) => anomaliesOf(teller, { id, spare: spare.has(id), review: reviews.get(id) ?? null }));
}

type Teller = {
  readonly joint: Joint;
  readonly places: ReadonlyMap<RuleId, Place>;
  readonly byId: ReadonlyMap<RuleId, readonly PolicyRule[]>;
  /** Cells of the estate, open or not. */
  readonly all: bigint;
};
type Subject = { readonly id: RuleId; readonly spare: boolean; readonly review: Review | null };

function anomaliesOf(teller: Teller, subject: Subject): Anomaly[] {
  const idle = subject.spare ? [idleRule(teller, subject)] : [];
  const { review } = subject;
  if (review === null) return idle;
  const told = [...idle];
  if (review.denied !== null) told.push(contradicted(teller, subject.id, review));
  const share = Number((review.cells.exact * 10_000n) / teller.all) / 10_000;
  if (share >= broadShare) told.push(overBroad(teller, { id: subject.id, review, share }));
  return told;
}

function idleRule(teller: Teller, { id, review }: Subject): Anomaly {
  const isDeny = teller.byId.get(id)?.some(({ verdict }) => verdict === 'deny') === true;
  // A deny that nothing needs today may be meant for the rules of tomorrow.
  const text = isDeny
    ? `remove "${id}", unless it guards against rules to come: no verdict changes without it today`
    : `remove "${id}": no verdict changes without it`;
  const fix = { action: 'remove', text } as const;
  const covers = named([...(review?.covers ?? [])]);
  const tell = (kind: AnomalyKind, why: string): Anomaly => ({
    ...{ kind, rule: id, place: teller.places.get(id) ?? null, why, ...covers, fix },
    example: sampleProbe(teller, review?.matched ?? null),
  });
  if (review === null || review.matched === null) {
    const empty = emptyEnd(teller.joint.axis, 'after', teller.byId.get(id) ?? []);
    if (empty !== null) return tell('selects-nothing', emptyText(empty));
    return tell('dead', 'no connection between the ends that it matches is left to it');
  }
  if (!review.decides) return tell('shadowed', 'rules that are asked before it decide on all it matches');
  return tell('redundant', 'without it other rules, or the absence of a rule, decide the same on all it matches');
}

function contradicted(teller: Teller, id: RuleId, review: Review): Anomaly {
  const deniers = named([...review.deniedBy]);
  const wholly = !review.undenied;
  const share = wholly ? 'all it allows is' : 'a part of what it allows is';
  const fix = wholly
    ? ({ action: 'remove', text: `remove "${id}", or the deny` } as const)
    : ({ action: 'narrow', text: `except from "${id}" what ${deniers.by.join(', ')} denies` } as const);
  return {
    ...{ kind: 'contradicted', rule: id, place: teller.places.get(id) ?? null, ...deniers, fix },
    why: `${share} denied in the same tier, where a deny beats an allow`,
    example: sampleProbe(teller, review.denied),
  };
}

type Broad = { readonly id: RuleId; readonly review: Review; readonly share: number };

function overBroad(teller: Teller, { id, review, share }: Broad): Anomaly {
  const text = `narrow the services of "${id}", or its ends`;
  return {
    ...{ kind: 'over-broad', rule: id, place: teller.places.get(id) ?? null, by: [], more: 0 },
    why: `it allows ${(share * 100).toFixed(1)} % of all cells of the estate, with ${wideServices} services or more`,
    example: sampleProbe(teller, review.matched),
    fix: { action: 'narrow', text },
  };
}

function named(ids: readonly RuleId[]): Pick<Anomaly, 'by' | 'more'> {
  const sorted = [...ids].sort(compareBytes);
  return { by: sorted.slice(0, namedMost), more: Math.max(0, sorted.length - namedMost) };
}

function sampleProbe({ joint: { axis } }: Teller, sample: Sample | null): Probe | null {
  return sample === null ? null : probeBetween({ axis, side: 'after' }, sample.ends, sample.service);
}

function wideRules({ policy }: World): Set<RuleId> {
  const isWide = policy.serviceSets.map((set) => countServices(set) >= wideServices);
  const rules = policy.rules.filter(({ verdict, services }) => verdict === 'allow' && isWide[services] === true);
  return new Set(rules.map(({ id }) => id));
}

function cellsOf({ estate }: World): bigint {
  const workloads = BigInt(estate.workloads.length);
  const cells = workloads * (workloads - 1n) * BigInt(countServices(everyService));
  return cells === 0n ? 1n : cells;
}

function placesOf(documents: readonly Document[]): Map<RuleId, Place> {
  const places = new Map<RuleId, Place>();
  for (const document of documents) {
    if (document.kind !== 'Ruleset') continue;
    for (const rule of document.rules) places.set(`${document.name}/${rule.name}`, rule.place);
  }
  return places;
}
