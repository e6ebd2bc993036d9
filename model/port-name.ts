import {
  formatServiceRange,
  protocolHasPorts,
  protocolNumber,
  type ServiceRange,
  serviceProtocol,
} from '@bulkhead/net/service-space.ts';
import type { Labels } from './words.ts';

/** What a workload calls one of its ports, with the protocol: `tcp/http`. */
export type PortName = {
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly name: string;
  /** As it was written. */
  readonly text: string;
};

/** As IANA has service names (RFC 6335 section 5.1), without capitals: that is what Kubernetes takes. */
const pattern = /^(tcp|udp|sctp)\/((?=[a-z0-9-]*[a-z])[a-z0-9]+(?:-[a-z0-9]+)*)$/;
const lengthLimit = 15;

/** Null: the text is something else. */
export function parsePortName(text: string): PortName | null {
  const [, protocol, name] = pattern.exec(text) ?? [];
  if (protocol === undefined || name === undefined || name.length > lengthLimit) return null;
  return { protocol: protocol as PortName['protocol'], name, text };
}

/**
 * The label that a named port is to selectors: its key. Equal named ports are a part of what makes workloads equal, and
 * labels are what says so; the key space `port` is written by nobody else.
 */
export const portKey = ({ protocol, name }: Pick<PortName, 'protocol' | 'name'>): string => `port:${protocol}.${name}`;

/** The labels of the workload with one for each of its named ports: `port:tcp.http=8080`. */
export function withPortLabels(labels: Labels, ports: Readonly<Record<string, readonly ServiceRange[]>>): Labels {
  const said = Object.entries(ports).flatMap(([name, ranges]) => ranges.flatMap((range) => portLabel(name, range)));
  return said.length === 0 ? labels : { ...labels, ...Object.fromEntries(said) };
}

function portLabel(name: string, range: ServiceRange): (readonly [string, string])[] {
  const text = formatServiceRange(range);
  const [protocol, value] = text?.split('/') ?? [];
  const read = parsePortName(`${protocol}/${name}`);
  return read === null || value === undefined ? [] : [[portKey(read), value]];
}

/** The range that a value of a `port:` label stands for. */
export function portRangeOf({ protocol }: Pick<PortName, 'protocol'>, value: string): ServiceRange {
  const [first = '', last = first] = value.split('-');
  const base = (protocolNumber(protocol) ?? 0) * 65536;
  return { first: base + Number(first), last: base + Number(last) };
}

/** Whether a range can have a name: ports of one protocol, not all of them. */
export function canBeNamed(range: ServiceRange): boolean {
  const protocol = serviceProtocol(range.first);
  return protocol === serviceProtocol(range.last) && protocolHasPorts(protocol) && range.last - range.first < 65535;
}
