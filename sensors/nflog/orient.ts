import type { Direction } from '@bulkhead/model/words.ts';
import type { Address } from '@bulkhead/net/address.ts';
import { protocolIsIcmp, servicePoint, serviceValue } from '@bulkhead/net/service-space.ts';
import type { LogRecord } from './record.ts';

/** A packet seen as part of the connection it belongs to. */
export type Oriented = {
  readonly direction: Direction;
  readonly local: Address;
  readonly peer: Address;
  readonly service: number;
  readonly clientPort: number;
};

/** Answers of ICMP by the request they answer; the only types that are replies. */
const icmpRequests: Readonly<Record<number, number>> = {
  [servicePoint(1, 0 << 8)]: servicePoint(1, 8 << 8),
  [servicePoint(1, 14 << 8)]: servicePoint(1, 13 << 8),
  [servicePoint(1, 16 << 8)]: servicePoint(1, 15 << 8),
  [servicePoint(1, 18 << 8)]: servicePoint(1, 17 << 8),
  [servicePoint(58, 129 << 8)]: servicePoint(58, 128 << 8),
  [servicePoint(58, 140 << 8)]: servicePoint(58, 139 << 8),
};

/** Whose rules judged, and for which direction; `isLocal` says whether an address is one of a guest's. */
export type Judged = {
  readonly judged: Direction;
  readonly place: number;
  readonly isLocal: (address: Address) => boolean;
};

/** `judged` is the connection's direction; a packet that went the other way is a reply, and its source is the server. */
export function orient(record: LogRecord, { judged, place, isLocal }: Judged): Oriented {
  const packet = packetDirection(record, { judged, place, isLocal });
  const ends =
    packet === 'inbound'
      ? { local: record.destination, peer: record.source }
      : { local: record.source, peer: record.destination };
  const { servicePoint: service, sourcePort: clientPort } = record;
  if (packet === judged) return { direction: judged, ...ends, service, clientPort };
  return { direction: judged, ...ends, ...answered(record) };
}

/**
 * Seen from whose rules judged. What comes in to the host goes out of a guest, and the other way round. Of the host's own
 * only first packets are judged on their way through it: those to its published ports.
 */
function packetDirection({ direction, source }: LogRecord, { judged, place, isLocal }: Judged): Direction {
  if (place === 0) return direction ?? judged;
  if (direction !== null) return direction === 'inbound' ? 'outbound' : 'inbound';
  if (isLocal(source)) return 'outbound';
  return 'inbound';
}

function answered({
  protocol,
  servicePoint: service,
  sourcePort,
}: LogRecord): Pick<Oriented, 'service' | 'clientPort'> {
  if (protocolIsIcmp(protocol)) return { service: icmpRequests[service] ?? service, clientPort: sourcePort };
  return { service: servicePoint(protocol, sourcePort), clientPort: serviceValue(service) };
}
