import type { ConnectionReport } from '@bulkhead/model/connection.ts';
import { defaultNetwork } from '@bulkhead/model/words.ts';
import type { SynthEdge } from './edges.ts';
import type { SynthWorkload } from './workloads.ts';

export type ReportTime = {
  /** Milliseconds since the epoch; a round's reports end then. */
  readonly now: number;
  /** Of the ruleset the reporter holds, 0 for none: then an edge that policy judged counts as judged by the first. */
  readonly generation: number;
  /** Whether a workload reports; what the source stops is not seen by the destination. */
  readonly isReporter: (workload: SynthWorkload) => boolean;
};

/** Milliseconds. */
const reportSpan = 1000;

/** What one workload says of its edges in one round; edges that only the other end could see are left out. */
export function reportsOf(reporter: SynthWorkload, edges: readonly SynthEdge[], time: ReportTime): ConnectionReport[] {
  return edges.flatMap((edge) => reportOf(reporter, edge, time) ?? []);
}

function reportOf(reporter: SynthWorkload, edge: SynthEdge, time: ReportTime): ConnectionReport | null {
  const { from, to, service, server, state, rule, count } = edge;
  const outbound = from.workload === reporter;
  const stoppedAtSource = state === 'denied' && from.workload !== null && time.isReporter(from.workload);
  if (!outbound && stoppedAtSource) return null;
  const listening = outbound ? reporter.server : server;
  return {
    first: time.now - reportSpan,
    last: time.now,
    direction: outbound ? 'outbound' : 'inbound',
    network: defaultNetwork,
    local: outbound ? from.address : to.address,
    peer: outbound ? to.address : from.address,
    service,
    effective: state === 'denied' ? 'deny' : 'allow',
    intended: state === 'denied' || state === 'would-be-denied' ? 'deny' : 'allow',
    // What a mode let pass was decided by no rule.
    effectiveRule: state === 'would-be-denied' ? null : rule,
    intendedRule: rule,
    generation: state === 'unknown' ? 0 : Math.max(1, time.generation),
    count,
    records: count,
    process: listening?.process ?? null,
    unit: listening?.unit ?? null,
    user: listening?.user ?? null,
  };
}
