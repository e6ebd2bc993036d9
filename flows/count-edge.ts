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
  const newest = (['source', 'destination'] as const).flatMap((end) => {
    const own = judgements.filter((seen) => seen.end === end);
    return own.length === 0 ? [] : [own.reduce((a, b) => (b.last >= a.last ? b : a))];
  });
  if (newest.some((seen) => seen.effective === 'deny')) return 'denied';
  if (!newest.some((seen) => seen.judged)) return 'unknown';
  return newest.some((seen) => seen.intended === 'deny') ? 'would-be-denied' : 'allowed';
}

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
    reporters: [...new Set(judgements.map((seen) => seen.reporter))].sort(),
    sequence,
  };
}

/** Equal judgements of several reporters or rulesets are one line; most attempts first. */
function mergeRules(judgements: readonly Judgement[]): SeenRule[] {
  const merged = new Map<string, SeenRule>();
  for (const { end, effective, intended, effectiveRule, intendedRule, attempts } of judgements) {
    const key = JSON.stringify([end, effective, intended, effectiveRule, intendedRule]);
    const sum = attempts + (merged.get(key)?.attempts ?? 0);
    merged.set(key, { end, effective, intended, effectiveRule, intendedRule, attempts: sum });
  }
  return [...merged.values()].sort((a, b) => b.attempts - a.attempts);
}
