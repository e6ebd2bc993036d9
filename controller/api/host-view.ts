import { contested } from '../agents/hosts.ts';
import type { WorkloadRecord } from '../store/workloads.ts';
import { whyNotEnforced } from './guest-view.ts';
import type { ApiParts } from './parts.ts';
import { proofView } from './proof-view.ts';
import type { Mode } from './schemas.ts';
import { sizeView } from './size-view.ts';

/** One managed host or guest as people see it: what it should hold, what it holds, what it lost and since when it is away. */
export function hostView(parts: ApiParts, workload: WorkloadRecord) {
  const { estate, hosts, deliveries, conductor } = parts;
  const status = hosts.status(workload.name);
  const agent = workload.host === null ? status : hosts.status(workload.host);
  const meant = deliveries.meant(workload.name);
  const content = deliveries.content(workload.name);
  const { applied, health } = status;
  const problem = conductor.problem(workload.name);
  const failed = applied?.problem ?? null;
  const notEnforced = whyNotEnforced(parts, workload);
  const proof = proofView(parts, workload);
  return {
    name: workload.name,
    /** Whose agent enforces for it; null: its own. */
    host: workload.host,
    notEnforced,
    labels: estate.labels(workload),
    addresses: workload.addresses.map(({ address }) => address),
    mode: modeOf(parts, workload),
    connected: status.connected,
    connectedSince: isoOrNull(status.connectedAt),
    lastSeen: isoOrNull(agent.seenAt),
    generation: {
      intended: meant.generation,
      applied: applied?.generation ?? null,
      proven: applied?.proven === true ? applied.generation : null,
    },
    revision: meant.revision,
    hash: { intended: meant.hash, applied: applied?.hash ?? null },
    /** Whether the kernel was read back and holds what is intended. */
    proven: applied?.proven === true && applied.generation === meant.generation && applied.hash === meant.hash,
    proof,
    version: deliveries.version(workload.name),
    /** Of what is intended, in the kernel. */
    size: content === null ? null : sizeView(content),
    applyMilliseconds: applied?.milliseconds ?? null,
    counted: health?.counted ?? null,
    received: health?.received ?? null,
    lost: health?.lost ?? null,
    spooledBatches: health?.spooledBatches ?? null,
    droppedBatches: health?.droppedBatches ?? null,
    restored: health?.restored ?? null,
    connectionsEnded: health?.connectionsEnded ?? null,
    memory: health === null ? null : { agent: health.agentBytes, helper: health.helperBytes },
    capabilities: status.capabilities,
    listeners: status.inventory?.listeners.length ?? null,
    reports: status.counts,
    gaps: status.gaps.map(({ from, until }) => ({ from: iso(from), until: isoOrNull(until) })),
    problems: [
      ...proof.probed.alarms,
      ...(health?.problems ?? []),
      ...(hosts.isContested(workload.name) ? [contested(workload.name).message] : []),
      ...(failed === null ? [] : [failed]),
      ...(notEnforced === null ? [] : [notEnforced]),
      ...(problem ? [problem.message] : []),
    ],
  };
}

export type HostView = ReturnType<typeof hostView>;

function modeOf({ currentSide }: ApiParts, { name, fallbackMode }: WorkloadRecord): { inbound: Mode; outbound: Mode } {
  const modes = currentSide().policy?.modes.get(name);
  return { inbound: modes?.inbound ?? fallbackMode, outbound: modes?.outbound ?? fallbackMode };
}

export const iso = (milliseconds: number): string => new Date(milliseconds).toISOString();
export const isoOrNull = (milliseconds: number | null): string | null =>
  milliseconds === null ? null : iso(milliseconds);
