/**
 * The service space: one integer per (protocol, value), `protocol << 16 | value`, 0 .. 2^24 - 1. The value is the
 * destination port for TCP, UDP and SCTP, `type << 8 | code` for ICMP and ICMPv6, and 0 for every other protocol.
 * One space keeps "all services", ports and ICMP types in the same interval arithmetic.
 */
export type ServicePoint = number;

/** An inclusive range inside one protocol, or across protocols for `all`. */
export type ServiceRange = { readonly first: ServicePoint; readonly last: ServicePoint };

export const allServices: ServiceRange = { first: 0, last: 0xffffff };
export const protocolNumbers: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58, sctp: 132 };
const protocolNames = new Map(Object.entries(protocolNumbers).map(([name, number]) => [number, name]));

/** Null for a name that is none of the above; `constructor` and the like are none. */
export const protocolNumber = (name: string): number | null =>
  Object.hasOwn(protocolNumbers, name) ? (protocolNumbers[name] ?? null) : null;

export const servicePoint = (protocol: number, value: number): ServicePoint => protocol * 65536 + value;
export const serviceProtocol = (point: ServicePoint): number => point >>> 16;
export const serviceValue = (point: ServicePoint): number => point & 0xffff;
export const protocolHasPorts = (protocol: number): boolean => protocol === 6 || protocol === 17 || protocol === 132;
export const protocolIsIcmp = (protocol: number): boolean => protocol === 1 || protocol === 58;

/**
 * `all`, `tcp`, `tcp/5432`, `tcp/8000-8100`, `udp/53`, `sctp/9`, `icmp`, `icmp/8`, `icmp/8/0`, `icmpv6/128`, `proto/47`.
 * Null when the text is none of these (a reversed range is none: the caller says so with `isReversedRange`).
 */
export function parseServiceRange(text: string): ServiceRange | null {
  if (text === 'all') return allServices;
  const [name = '', first, second, ...rest] = text.split('/');
  if (rest.length > 0) return null;
  if (name === 'proto') return second === undefined && first !== undefined ? wholeProtocol(number(first, 255)) : null;
  const protocol = protocolNumber(name);
  if (protocol === null) return null;
  if (first === undefined) return wholeProtocol(protocol);
  return protocolIsIcmp(protocol) ? icmpRange(protocol, first, second) : portRange(protocol, first, second);
}

export function isReversedRange(text: string): boolean {
  const match = /^[a-z]+\/(\d+)-(\d+)$/.exec(text);
  return match !== null && Number(match[1]) > Number(match[2]);
}

/** The shortest text that parses back to the range; a range that spans protocols unevenly has no text and is null. */
export function formatServiceRange(range: ServiceRange): string | null {
  if (range.first === 0 && range.last === allServices.last) return 'all';
  const protocol = serviceProtocol(range.first);
  if (protocol !== serviceProtocol(range.last)) return null;
  const [low, high] = [serviceValue(range.first), serviceValue(range.last)];
  const name = protocolNames.get(protocol);
  if (name === undefined) return `proto/${protocol}`;
  if (low === 0 && high === 65535) return name;
  if (!protocolIsIcmp(protocol)) return low === high ? `${name}/${low}` : `${name}/${low}-${high}`;
  if (low === high) return `${name}/${low >> 8}/${low & 255}`;
  return (low & 255) === 0 && high === low + 255 ? `${name}/${low >> 8}` : null;
}

/** One concrete connection's service, as people write it: `tcp/5432`, `icmp/8/0`, `proto/47`. */
export function formatServicePoint(point: ServicePoint): string {
  const protocol = serviceProtocol(point);
  const name = protocolNames.get(protocol);
  if (name === undefined) return `proto/${protocol}`;
  const value = serviceValue(point);
  return protocolIsIcmp(protocol) ? `${name}/${value >> 8}/${value & 255}` : `${name}/${value}`;
}

function wholeProtocol(protocol: number | null): ServiceRange | null {
  if (protocol === null) return null;
  return { first: servicePoint(protocol, 0), last: servicePoint(protocol, 65535) };
}

function icmpRange(protocol: number, type: string, code: string | undefined): ServiceRange | null {
  const [typeNumber, codeNumber] = [number(type, 255), code === undefined ? 0 : number(code, 255)];
  if (typeNumber === null || codeNumber === null) return null;
  const first = servicePoint(protocol, typeNumber * 256 + codeNumber);
  return { first, last: code === undefined ? first + 255 : first };
}

function portRange(protocol: number, ports: string, extra: string | undefined): ServiceRange | null {
  const [low, high, ...rest] = ports.split('-');
  const first = number(low ?? '', 65535);
  const last = high === undefined ? first : number(high, 65535);
  if (extra !== undefined || rest.length > 0 || first === null || last === null || first > last) return null;
  return { first: servicePoint(protocol, first), last: servicePoint(protocol, last) };
}

function number(text: string, most: number): number | null {
  if (!/^(0|[1-9]\d{0,4})$/.test(text)) return null;
  return Number(text) <= most ? Number(text) : null;
}
