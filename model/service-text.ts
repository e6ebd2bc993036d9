import {
  isReversedRange,
  parseServiceRange,
  protocolNumber,
  protocolNumbers,
  type ServicePoint,
  type ServiceRange,
} from '@bulkhead/net/service-space.ts';
import { type Finding, problemOf } from './finding.ts';
import { nameNeeded, wrongName } from './name-text.ts';
import { suggest } from './nearest.ts';
import { type PortName, parsePortName } from './port-name.ts';
import type { Place, Problem } from './problem.ts';

/** What a service in a rule, a test or a probe is written as: a range, the name of a port, or a Service's name. */
export type ServiceReading =
  | { readonly kind: 'range'; readonly range: ServiceRange }
  | ({ readonly kind: 'portName' } & PortName)
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'wrong'; readonly finding: Finding };

const needed =
  'a service such as tcp/5432, tcp/8000-8100, udp/53, icmp/8, proto/47, all or the name of a Service is needed';

/** Codes: `reversed-ports`, `bad-service`. Whether a Service of that name exists is not looked at. */
export function parseServiceText(text: string): ServiceReading {
  const range = parseServiceRange(text);
  if (range !== null) return { kind: 'range', range };
  if (isReversedRange(text)) return wrong(text, 'reversed-ports', 'its ports are reversed', swapped(text));
  const portName = parsePortName(text);
  if (portName !== null) return { kind: 'portName', ...portName };
  const name = text.split('/')[0] ?? '';
  if (text.includes('/')) return wrong(text, 'bad-service', slashProblem(text, name), slashHint(text, name));
  const loose = looseHint(text);
  if (loose !== null) return wrong(text, 'bad-service', 'it is not written as protocol/port', loose);
  const why = wrongName(text);
  if (why !== null) return wrong(text, 'bad-service', why, nameNeeded);
  return { kind: 'name', name: text };
}

export type ParsedProbeService =
  | { readonly kind: 'ok'; readonly service: ServicePoint }
  | { readonly kind: 'problem'; readonly problem: Problem };

/**
 * The one service of one connection: `tcp/5432`, `icmp/8` (code 0), `icmp/8/0`, `proto/47`, or the name of a Service
 * with a single port. Codes: those of `parseServiceText`, `unknown-service`, `not-one-service`.
 */
export function parseProbeService(
  text: string,
  services: ReadonlyMap<string, readonly ServiceRange[]>,
  place: Place | null = null,
): ParsedProbeService {
  const reading = parseServiceText(text);
  if (reading.kind === 'wrong') return { kind: 'problem', problem: problemOf(reading.finding, place) };
  if (reading.kind === 'portName') return { kind: 'problem', problem: problemOf(portNameElsewhere(text), place) };
  const ranges = reading.kind === 'range' ? [reading.range] : services.get(reading.name);
  if (ranges === undefined)
    return { kind: 'problem', problem: problemOf(unknownService(text, services.keys()), place) };
  const point = onePoint(ranges);
  if (point !== null) return { kind: 'ok', service: point };
  return { kind: 'problem', problem: problemOf(notOneService(text), place) };
}

export function unknownService(name: string, known: Iterable<string>): Finding {
  const hint = suggest(name, [...known]);
  const finding = {
    code: 'unknown-service',
    cannot: 'find the service',
    value: name,
    so: 'no Service has that name',
    needed: 'one of that name or a protocol and port is needed',
  };
  return hint === undefined ? finding : { ...finding, hint };
}

export function notOneService(text: string): Finding {
  return {
    code: 'not-one-service',
    cannot: 'use the service',
    value: text,
    so: 'it stands for more than one port',
    needed: 'the single port of one connection is needed',
    hint: 'for example tcp/443',
  };
}

/** A name of a port is a port only where it is known whose port it is. */
export function portNameElsewhere(value: string): Finding {
  const so = 'a name of a port stands only for what a rule allows, denies or passes';
  return { code: 'port-name-elsewhere', cannot: 'read the service', value, so, needed: 'the number is needed here' };
}

/** The point that the ranges stand for as one connection; null when they hold more. ICMP without a code is code 0. */
export function onePoint(ranges: readonly ServiceRange[]): ServicePoint | null {
  const [range, ...rest] = ranges;
  if (range === undefined || rest.length > 0) return null;
  if (range.first === range.last) return range.first;
  const protocol = range.first >>> 16;
  if (protocol !== range.last >>> 16) return null;
  const isIcmpType = (protocol === 1 || protocol === 58) && range.last === range.first + 255;
  const isPortless = !Object.values(protocolNumbers).includes(protocol);
  return isIcmpType || isPortless ? range.first : null;
}

function slashProblem(text: string, protocol: string): string {
  if (protocol !== 'proto' && protocolNumber(protocol) === null)
    return `there is no protocol "${protocol.slice(0, 40)}" here`;
  if (protocol === 'proto') return 'a protocol number is 0 to 255';
  if (protocol.startsWith('icmp')) return 'an ICMP type and code are each 0 to 255';
  return /\d{5,}/.test(text)
    ? 'a port is 0 to 65535'
    : 'what follows the slash is no port, no range of ports and no name of a port';
}

function slashHint(text: string, protocol: string): string | undefined {
  const swappedSides = /^(\d+(?:-\d+)?)\/(tcp|udp|sctp)$/i.exec(text);
  if (swappedSides !== null) return `write ${swappedSides[2]?.toLowerCase()}/${swappedSides[1]}`;
  const lower = text.toLowerCase();
  if (lower !== text && (parseServiceRange(lower) ?? parsePortName(lower)) !== null) return `write ${lower}`;
  return protocol !== 'proto' && protocolNumber(protocol) === null
    ? suggest(protocol, [...Object.keys(protocolNumbers), 'proto'])
    : undefined;
}

/** Other programs' spellings of a port: `80`, `80-90`, `tcp:80`, `tcp 80`, `TCP`. */
function looseHint(text: string): string | null {
  const port = /^\d+(-\d+)?$/.test(text);
  if (port) return `write tcp/${text} or udp/${text}`;
  const joined = /^(tcp|udp|sctp|icmp|icmpv6)[ :]+(\d+(?:-\d+)?)$/i.exec(text);
  if (joined !== null) return `write ${joined[1]?.toLowerCase()}/${joined[2]}`;
  const lower = text.toLowerCase();
  return lower !== text && parseServiceRange(lower) !== null ? `write ${lower}` : null;
}

function swapped(text: string): string {
  const [protocol, ports = ''] = text.split('/');
  return `swap them: ${protocol}/${ports.split('-').reverse().join('-')}`;
}

function wrong(value: string, code: string, so: string, hint: string | undefined): ServiceReading {
  const finding = { code, cannot: 'read the service', value, so, needed };
  return { kind: 'wrong', finding: hint === undefined ? finding : { ...finding, hint } };
}
