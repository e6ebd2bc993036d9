import type { ServiceClass } from '@bulkhead/model/host-ruleset.ts';
import {
  formatServiceRange,
  protocolHasPorts,
  protocolIsIcmp,
  type ServiceRange,
  servicePoint,
} from '@bulkhead/net/service-space.ts';
import { nameIn, type Where } from './copy.ts';
import { classShift, portProtocols } from './lookup-chains.ts';
import { commentLimit, quotedText } from './quoted-text.ts';
import type { ChainShape, MapElement, MapKind, MapShape } from './shape.ts';
import { orScratch, rule } from './statements.ts';

const byPort: MapKind = {
  key: 'meta l4proto . th dport',
  type: ['inet_proto', 'inet_service'],
  value: 'verdict',
  interval: false,
};
const byPortRange: MapKind = { ...byPort, interval: true };
const byOnePort: MapKind = { key: 'tcp dport', type: 'inet_service', value: 'verdict', interval: true };
/** Ranges only where there are some: see `byPort` in lookup-chains.ts. */
const protocolKind: MapKind = { key: 'meta l4proto', type: 'inet_proto', value: 'verdict', interval: false };

/** As the listing names them; other protocols are numbers. */
const protocolNames: Readonly<Record<number, string>> = {
  1: 'icmp',
  6: 'tcp',
  17: 'udp',
  58: 'ipv6-icmp',
  132: 'sctp',
};
export const protocolText = (protocol: number): string => protocolNames[protocol] ?? String(protocol);

/** What a request's ICMP type is answered with: the only ICMP types that have a reply direction. */
const icmpAnswers = [
  { protocol: 1, request: 8, answer: 0 },
  { protocol: 1, request: 13, answer: 14 },
  { protocol: 1, request: 15, answer: 16 },
  { protocol: 1, request: 17, answer: 18 },
  { protocol: 58, request: 128, answer: 129 },
  { protocol: 58, request: 139, answer: 140 },
];

const classChainName = (at: Where, id: number): string => nameIn(at, `k${id}`);

export function classChains(classes: readonly ServiceClass[], at: Where): ChainShape[] {
  return classes.map((c) => ({
    name: classChainName(at, c.id),
    hook: null,
    comment: quotedText(servicesText(c.services), commentLimit),
    rules: [rule(orScratch(c.id * classShift))],
  }));
}

export function servicesText(services: readonly ServiceRange[]): string {
  return services.map((range) => formatServiceRange(range) ?? pointsText(range)).join(' ') || '-';
}

const pointsText = (range: ServiceRange): string => `${range.first}-${range.last}`;

export function serviceMaps(classes: readonly ServiceClass[], at: Where): MapShape[] {
  const named = (name: string) => nameIn(at, name);
  const parts = classes.flatMap((c) => c.services.flatMap((range) => splitByProtocol(range, classChainName(at, c.id))));
  const withPorts = parts.filter((p) => protocolHasPorts(p.protocol));
  const others = mergeProtocols(parts.filter((p) => !protocolHasPorts(p.protocol) && !protocolIsIcmp(p.protocol)));
  const byProtocol: MapKind = { ...protocolKind, interval: others.some(({ key }) => key.includes('-')) };
  const branches = (ports: (protocol: string) => string, icmp: string) => [
    ...portProtocols.map(({ name }) => jumpTo(name, named(ports(name)))),
    ...[1, 58].map((protocol) => jumpTo(protocolText(protocol), named(icmp))),
    ...others,
  ];
  const portsOf = (number: number) => parts.filter((part) => part.protocol === number).map(onePortElement);
  return [
    { name: named('ports'), kind: byPort, elements: withPorts.filter(isSingle).map(found) },
    { name: named('port_ranges'), kind: byPortRange, elements: withPorts.filter((p) => !isSingle(p)).map(found) },
    {
      name: named('icmp_types'),
      kind: byPortRange,
      elements: parts.filter((p) => protocolIsIcmp(p.protocol)).map(icmpElement),
    },
    { name: named('icmp_replies'), kind: byPort, elements: answerElements(parts) },
    { name: named('protocols'), kind: byProtocol, elements: branches(() => 'by_dport', 'by_type') },
    { name: named('reply_protocols'), kind: byProtocol, elements: branches(() => 'by_sport', 'by_reply_type') },
    {
      name: named('published_protocols'),
      kind: byProtocol,
      elements: branches((protocol) => `by_${protocol}_asked`, 'by_type'),
    },
    ...portProtocols.map(({ name, number }) => ({
      name: named(`${name}_ports`),
      kind: byOnePort,
      elements: portsOf(number),
    })),
  ];
}

/** Values `first` to `last` of one protocol, and the chain of their class. */
type Part = { readonly protocol: number; readonly first: number; readonly last: number; readonly chain: string };

function splitByProtocol(range: ServiceRange, chain: string): Part[] {
  const out: Part[] = [];
  for (let protocol = range.first >>> 16; protocol <= range.last >>> 16; protocol++) {
    const first = Math.max(range.first, servicePoint(protocol, 0)) & 0xffff;
    const last = Math.min(range.last, servicePoint(protocol, 0xffff)) & 0xffff;
    // Other protocols have the one value 0.
    if (first === 0 || protocolHasPorts(protocol) || protocolIsIcmp(protocol)) {
      out.push({ protocol, first, last, chain });
    }
  }
  return out;
}

const jumpTo = (key: string, chain: string): MapElement => ({ key, value: `jump ${chain}`, comment: null });
const spanText = (first: number, last: number): string => (first === last ? `${first}` : `${first}-${last}`);

const isSingle = ({ first, last }: Part): boolean => first === last;
/** Leaves the chain that looked: what was found in one map is not looked for in the next. */
const found = (part: Part): MapElement => ({ key: portKey(part), value: `goto ${part.chain}`, comment: null });
const portKey = (part: Part): string => `${protocolText(part.protocol)} . ${spanText(part.first, part.last)}`;

function portElement(part: Part): MapElement {
  return jumpTo(portKey(part), part.chain);
}

function onePortElement(part: Part): MapElement {
  return jumpTo(spanText(part.first, part.last), part.chain);
}

function icmpElement(part: Part): MapElement {
  const range = { first: servicePoint(part.protocol, part.first), last: servicePoint(part.protocol, part.last) };
  return { ...portElement(part), comment: formatServiceRange(range) };
}

/** Answers carry code 0; the request they answer is taken with code 0 too. */
function answerElements(parts: readonly Part[]): MapElement[] {
  return icmpAnswers.flatMap(({ protocol, request, answer }) => {
    const value = request << 8;
    const part = parts.find((p) => p.protocol === protocol && p.first <= value && value <= p.last);
    return part === undefined ? [] : [portElement({ ...part, first: answer << 8, last: answer << 8 })];
  });
}

function mergeProtocols(parts: readonly Part[]): MapElement[] {
  const sorted = [...parts].sort((a, b) => a.protocol - b.protocol);
  const runs: { first: number; last: number; chain: string }[] = [];
  for (const part of sorted) {
    const run = runs.at(-1);
    if (run !== undefined && run.chain === part.chain && run.last === part.protocol - 1) run.last = part.protocol;
    else runs.push({ first: part.protocol, last: part.protocol, chain: part.chain });
  }
  return runs.map((run) => jumpTo(spanText(run.first, run.last), run.chain));
}
