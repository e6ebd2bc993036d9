import type { ServicePoint } from '@bulkhead/net/service-space.ts';
import type { ProbeCell } from '@bulkhead/wire/messages.ts';

/** A cell that could be tried from a host, and what the packets must do there. */
export type Candidate = ProbeCell & { readonly from: string; readonly to: string; readonly expect: 'open' | 'closed' };

export type Sample = {
  /** Hosts that try something. */
  readonly hosts: number;
  /** Cells of each. */
  readonly cells: number;
};

/**
 * Which cells to try: in turn from each host, so that few cells still come from many hosts. Of a host first one of
 * each destination. The order of the candidates decides among equals: those that matter more come first.
 */
export function chooseCells(candidates: readonly Candidate[], { hosts, cells }: Sample): Map<string, Candidate[]> {
  const chosen = new Map<string, Candidate[]>();
  const byHost = Map.groupBy(eachOnce(candidates), ({ from }) => from);
  for (const [host, all] of [...byHost].slice(0, hosts)) chosen.set(host, interleaved(all).slice(0, cells));
  return chosen;
}

function eachOnce(candidates: readonly Candidate[]): Candidate[] {
  const key = ({ from, address, service }: Candidate): string => `${from} ${address} ${service}`;
  return [...new Map(candidates.toReversed().map((each) => [key(each), each])).values()].reverse();
}

/** The first of each destination, then the second of each. */
function interleaved(candidates: readonly Candidate[]): Candidate[] {
  const lists = [...Map.groupBy(candidates, ({ address }) => address).values()];
  const longest = Math.max(0, ...lists.map(({ length }) => length));
  return Array.from({ length: longest }, (_, index) => lists.flatMap((list) => list[index] ?? [])).flat();
}

/** Ports that are tried where nothing is known of the destination: ssh, http, https, and one that few use. */
export const usualServices: readonly ServicePoint[] = [22, 80, 443, 31_337].map((port) => 6 * 65_536 + port);
