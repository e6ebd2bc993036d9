import { alarmText, clockAhead, probeCounts, standingOf, wrongProbes } from '../proof/standing.ts';
import type { WorkloadRecord } from '../store/workloads.ts';
import { isoOrNull } from './host-view.ts';
import type { ApiParts } from './parts.ts';

/** Intended, applied, proven and probed of one workload, each with its time (docs/proof.md). */
export function proofView({ proofs, hosts, deliveries, clock }: ApiParts, { name, host }: WorkloadRecord) {
  const entry = proofs.entry(name);
  const meant = deliveries.meant(name);
  const { connected } = hosts.status(host ?? name);
  const { seenAt } = hosts.status(host ?? name);
  const { state, reason, since } = standingOf({ entry, meant, connected, seenAt, now: clock() });
  const { latest, intended, applied, refused } = entry;
  const statement = latest?.statement ?? null;
  return {
    intended: {
      generation: meant.generation,
      at: isoOrNull(intended?.generation === meant.generation ? intended.at : null),
    },
    applied: { generation: applied?.generation ?? null, at: isoOrNull(applied?.at ?? null) },
    proven: {
      state,
      reason,
      since: isoOrNull(since),
      generation: statement?.outcome === 'holds' ? statement.generation : null,
      at: isoOrNull(latest?.kept.receivedAt ?? null),
      depth: statement?.depth ?? null,
      slice: statement?.slice ?? null,
      whole: isoOrNull(statement?.whole ?? null),
    },
    probed: {
      closed: probeCounts(entry.probed, 'closed'),
      open: probeCounts(entry.probed, 'open'),
      at: isoOrNull(entry.probed.at(-1)?.at ?? null),
      alarms: wrongProbes(entry).map(alarmText),
    },
    gaps: entry.gaps.map(({ from, until }) => ({ from: isoOrNull(from), until: isoOrNull(until) })),
    refused: refused === null ? null : { count: refused.count, at: isoOrNull(refused.at), message: refused.message },
    sequence: statement?.sequence ?? null,
    clockAheadMilliseconds: clockAhead(entry),
  };
}
