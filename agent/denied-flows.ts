import type { HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { type HostPacket, packetDecider } from '@bulkhead/model/host-ruleset-decision.ts';
import type { Address } from '@bulkhead/net/address.ts';
import { protocolHasPorts, protocolIsIcmp, servicePoint } from '@bulkhead/net/service-space.ts';
import type { TrackedFlow, Tuple } from '@bulkhead/sensors/conntrack/flow-line.ts';
import type { SocketName } from './connections.ts';

/** A flow as the rules of one end see it, and the socket of that end. */
export type FlowAtEnd = { readonly packet: HostPacket; readonly socket: SocketName };

export type End = {
  readonly isLocal: (address: Address) => boolean;
  /** The bit of the mark that says that a flow is tracked the wrong way round (enforce/nftables/stamp.ts). */
  readonly reversed: number;
};

const [tcp, udp] = [6, 17];
/** TCP_CONNTRACK_TIME_WAIT and TCP_CONNTRACK_CLOSE: no socket has it any more. */
const endedStates: readonly number[] = [7, 8];
/** IPS_HELPER. */
const hasHelper = 0x2000;

/**
 * Null for a flow with both ends here or none. Rules read a packet after its destination was translated and before its
 * source is, so the server is who answers and the client who asked; a socket knows what its own host wrote.
 */
export function flowAtEnd(flow: TrackedFlow, { isLocal, reversed }: End): FlowAtEnd | null {
  const { original, reply, protocol } = flow;
  const [asks, answers] = [isLocal(original.source), isLocal(reply.source)];
  if (asks === answers) return null;
  // The first packet that tracking saw was an answer.
  const turned = (flow.mark & reversed) !== 0;
  const service = servicePoint(protocol, serviceValueOf(protocol, turned ? original : reply, original));
  const [local, peer, seen] = asks ? [original.source, reply.source, original] : [reply.source, original.source, reply];
  const packet: HostPacket = { direction: asks === turned ? 'inbound' : 'outbound', local, peer, service };
  return { packet, socket: socketOf(protocol, seen) };
}

/** `answer`: the way in which the server sends. */
function serviceValueOf(protocol: number, answer: Tuple, original: Tuple): number {
  if (protocolIsIcmp(protocol)) return original.sourcePort;
  return protocolHasPorts(protocol) ? answer.sourcePort : 0;
}

/** `sent`: the way in which this end sends. */
const socketOf = (protocol: number, sent: Tuple): SocketName => ({
  protocol,
  local: sent.source,
  localPort: sent.sourcePort,
  peer: sent.destination,
  peerPort: sent.destinationPort,
});

/** What a ruleset denies of the flows that exist; `elsewhere` counts those that no socket can have. */
export type DeniedFlows = { readonly sockets: readonly SocketName[]; readonly elsewhere: number };

export function deniedFlows(content: HostRulesetContent, end: End) {
  const decide = packetDecider(content);
  const isDenied = (flow: TrackedFlow): boolean => {
    const at = flowAtEnd(flow, end);
    return at !== null && decide(at.packet).effective.verdict === 'deny';
  };
  const masters = new Map<string, boolean>();
  const expected: TrackedFlow[] = [];
  const denied: TrackedFlow[] = [];
  return {
    see: (flow: TrackedFlow): void => {
      if ((flow.status & hasHelper) !== 0) masters.set(tupleKey(flow.protocol, flow.original), isDenied(flow));
      if (endedStates.includes(flow.state)) return;
      // It is judged as its master, which may stand behind it in the list.
      if (flow.master !== null) expected.push(flow);
      else if (isDenied(flow)) denied.push(flow);
    },
    take: (): DeniedFlows => {
      const announced = expected.filter((flow) => masterIsDenied(flow, masters, isDenied));
      return divide([...denied, ...announced], end);
    },
  };
}

/** One whose master is gone is judged as if that had been translated nowhere. */
function masterIsDenied(
  { master, ...flow }: TrackedFlow,
  masters: ReadonlyMap<string, boolean>,
  isDenied: (flow: TrackedFlow) => boolean,
): boolean {
  if (master === null) return false;
  const known = masters.get(tupleKey(master.protocol, master));
  if (known !== undefined) return known;
  const { source, destination, sourcePort, destinationPort } = master;
  const reply = { source: destination, destination: source, sourcePort: destinationPort, destinationPort: sourcePort };
  return isDenied({ ...flow, protocol: master.protocol, original: master, reply, mark: 0, master: null });
}

const tupleKey = (protocol: number, { source, destination, sourcePort, destinationPort }: Tuple): string =>
  `${protocol} ${source} ${destination} ${sourcePort} ${destinationPort}`;

function divide(denied: readonly TrackedFlow[], end: End): DeniedFlows {
  const sockets: SocketName[] = [];
  let elsewhere = 0;
  for (const flow of denied) {
    const at = flowAtEnd(flow, end);
    if (at !== null && (flow.protocol === tcp || flow.protocol === udp)) sockets.push(at.socket);
    else if (at !== null) elsewhere++;
  }
  return { sockets, elsewhere };
}
