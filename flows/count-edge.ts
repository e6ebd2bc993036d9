import { formatServicePoint } from '@bulkhead/net/service-space.ts';
import { type DecisionState, decisionState } from './decision-state.ts';
import type { Edge, EdgeCounts, EdgeEnd, SeenRule, Server } from './edge.ts';
import { edgeKey } from './edge-text.ts';

/** Attempts of one edge that one host judged alike. `judged` is false where no ruleset was loaded. */
export type Judgement = SeenRule & {
  readonly reporter: string;
  readonly judged: boolean;
  readonly records: number;
  readonly first: number;
  readonly last: number;
};

type EndCounts = { attempts: number; denied: number; wouldBeDenied: number };

/**
 * Adds up what both ends said so that every attempt counts once.
 *
 * What the source stopped never reached the destination, so stopped attempts of the two ends are different ones and
 * are added. Everything the destination saw passed the source, so the source's number already contains it; where the
 * source said less (no agent, or its reports are late or lost) the destination's number is the larger and counts. The
 * result does not depend on which end reported first, nor on the buckets the reports fell into.
 *
 * `wouldBeDenied` is exact while the edge's verdicts hold still. Over a change of policy it is an estimate that never
 * exceeds what passed: reports do not say which attempts of one end are which of the other.
 */
export function countEdge(judgements: readonly Judgement[]): EdgeCounts & { readonly judged: boolean } {
  const source: EndCounts = { attempts: 0, denied: 0, wouldBeDenied: 0 };
  const destination: EndCounts = { attempts: 0, denied: 0, wouldBeDenied: 0 };
  let [records, judged] = [0, false];
  for (const seen of judgements) {
    const end = seen.end === 'source' ? source : destination;
    end.attempts += seen.attempts;
    if (seen.effective === 'deny') end.denied += seen.attempts;
    else if (seen.intended === 'deny') end.wouldBeDenied += seen.attempts;
    records += seen.records;
    judged ||= seen.judged;
  }
  const attempts = Math.max(source.attempts, source.denied + destination.attempts);
  const denied = source.denied + destination.denied;
  const wouldBeDenied = Math.min(Math.max(source.wouldBeDenied, destination.wouldBeDenied), attempts - denied);
  return { attempts, denied, wouldBeDenied, records, judged };
}

/** What the newest attempt met that each end has seen: where the edge stands now, whatever it was before. */
export function latestState(judgements: readonly Judgement[]): DecisionState {
  let [source, destination]: [Judgement | null, Judgement | null] = [null, null];
  for (const seen of judgements) {
    if (seen.end === 'source') source = newer(source, seen);
    else destination = newer(destination, seen);
  }
  if (source?.effective === 'deny' || destination?.effective === 'deny') return 'denied';
  if (!source?.judged && !destination?.judged) return 'unknown';
  return source?.intended === 'deny' || destination?.intended === 'deny' ? 'would-be-denied' : 'allowed';
}

/** Of equally new ones the later in the list. */
const newer = (known: Judgement | null, seen: Judgement): Judgement =>
  known === null || seen.last >= known.last ? seen : known;

export type EdgeParts = {
  readonly from: EdgeEnd;
  readonly to: EdgeEnd;
  readonly service: number;
  /** At least one. */
  readonly judgements: readonly Judgement[];
  readonly server: Server | null;
  readonly sequence: number;
  /** Where it is known already. */
  readonly key?: string;
};

export function buildEdge({ from, to, service, judgements, server, sequence, key }: EdgeParts): Edge {
  const { judged, ...counts } = countEdge(judgements);
  return {
    key: key ?? edgeKey(from, to, service),
    from,
    to,
    service,
    serviceText: formatServicePoint(service),
    ...counts,
    state: decisionState({ ...counts, judged }),
    latest: latestState(judgements),
    rules: mergeRules(judgements),
    server,
    first: judgements.reduce((least, seen) => Math.min(least, seen.first), Infinity),
    last: judgements.reduce((most, seen) => Math.max(most, seen.last), 0),
    reporters: reportersOf(judgements),
    sequence,
  };
}

function reportersOf(judgements: readonly Judgement[]): string[] {
  const names: string[] = [];
  // An edge has one or two: comparing them takes less than a set.
  for (const { reporter } of judgements) if (!names.includes(reporter)) names.push(reporter);
  return names.sort();
}

/** Equal judgements of several reporters or rulesets are one line; most attempts first. */
function mergeRules(judgements: readonly Judgement[]): SeenRule[] {
  const merged: { -readonly [K in keyof SeenRule]: SeenRule[K] }[] = [];
  for (const { end, effective, intended, effectiveRule, intendedRule, attempts } of judgements) {
    const same = merged.find(
      (rule) =>
        rule.effectiveRule === effectiveRule &&
        rule.intendedRule === intendedRule &&
        rule.end === end &&
        rule.effective === effective &&
        rule.intended === intended,
    );
    if (same === undefined) merged.push({ end, effective, intended, effectiveRule, intendedRule, attempts });
    else same.attempts += attempts;
  }
  return merged.sort((a, b) => b.attempts - a.attempts);
}
