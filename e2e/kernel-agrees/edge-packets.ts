import type { Outcome } from '@bulkhead/model/decision.ts';
import type { HostRuleset, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { contentHash } from '@bulkhead/model/host-ruleset-text.ts';
import { formatServicePoint } from '@bulkhead/net/service-space.ts';
import { parseLogPrefix } from '@bulkhead/sensors/nflog/log-prefix.ts';
import type { LogRecord } from '@bulkhead/sensors/nflog/record.ts';
import { address, serviceRange } from '@bulkhead/testkit/documents.ts';
import { openWire, type Wire } from './agreement.ts';
import { becomesTrue } from './estate-net.ts';
import { openKernelNet, type Spot } from './kernel-net.ts';
import { buildPacket, inFragments } from './packets.ts';

/** Host and guest allow exactly these, to and from anybody. */
const allowed = ['udp/67', 'udp/5353', 'udp/8081', 'proto/2', 'icmpv6/135', 'icmpv6/143', 'icmpv6/130'];
const at = {
  world: ['10.0.0.1', 'fd00::1'],
  host: ['10.0.0.9', 'fd00::9'],
  g1: ['10.88.0.2', 'fd88::2'],
} as const;
const client = 5000;

/** `said`: the records it makes, as place, direction and what was decided about which service; then whether it passes. */
type Edge = {
  readonly name: string;
  readonly spot: Spot;
  readonly from: string;
  readonly to: string;
  readonly service: string;
  readonly said: readonly string[];
  readonly passes: boolean;
  readonly pieces?: 'whole' | 'both' | 'first' | 'second' | 'twisted';
};

const edges: readonly Edge[] = [
  ...fragmented('10.88.0.2', '10.0.0.1', 'IPv4'),
  ...fragmented('fd88::2', 'fd00::1', 'IPv6'),
  edge('DHCP of the host', 'host', '10.0.0.9', '255.255.255.255', 'udp/67', ['0 outbound allow'], true),
  edge('a broadcast out', 'host', '10.0.0.9', '255.255.255.255', 'udp/9', ['0 outbound deny'], false),
  edge('DHCP from outside', 'world', '10.0.0.1', '255.255.255.255', 'udp/67', ['0 inbound allow'], true),
  edge('a broadcast in', 'world', '10.0.0.1', '255.255.255.255', 'udp/9', ['0 inbound deny'], false),
  edge(
    'DHCP of a guest that has not its address yet',
    'g1',
    '169.254.7.7',
    '255.255.255.255',
    'udp/67',
    ['0 inbound allow'],
    true,
  ),
  edge('a broadcast of a guest', 'g1', '10.88.0.2', '255.255.255.255', 'udp/9', ['1 outbound deny'], false),
  edge('multicast DNS out', 'host', '10.0.0.9', '224.0.0.251', 'udp/5353', ['0 outbound allow'], true),
  edge('other multicast out', 'host', '10.0.0.9', '224.0.0.251', 'udp/9', ['0 outbound deny'], false),
  edge('IGMP out', 'host', '10.0.0.9', '224.0.0.22', 'proto/2', ['0 outbound allow'], true),
  edge('IGMP in', 'world', '10.0.0.1', '224.0.0.1', 'proto/2', ['0 inbound allow'], true),
  edge('IGMP of a guest', 'g1', '10.88.0.2', '224.0.0.1', 'proto/2', ['1 outbound allow', '0 inbound allow'], true),
  edge('MLD out', 'host', 'fd00::9', 'ff02::16', 'icmpv6/143/0', [], true),
  edge('MLD in', 'world', 'fd00::1', 'ff02::1', 'icmpv6/130/0', [], true),
  edge('another ICMPv6 in', 'world', 'fd00::1', 'ff02::1', 'icmpv6/134/0', ['0 inbound deny'], false),
  edge('neighbour discovery out', 'host', 'fd00::9', 'ff02::1', 'icmpv6/135/0', [], true),
  edge('neighbour discovery of a guest', 'g1', 'fd88::2', 'ff02::1', 'icmpv6/135/0', [], true),
  edge('an answer that nobody allowed', 'g1', 'fd88::2', 'ff02::1', 'icmpv6/136/0', ['1 outbound deny'], false),
  edge('the same of its link', 'g1', 'fe80::5', 'ff02::1', 'icmpv6/136/0', ['0 inbound deny'], false),
  edge('loopback', 'host', '127.0.0.1', '127.0.0.2', 'udp/9', [], false),
  edge('loopback to an own address', 'host', '10.0.0.9', '10.0.0.9', 'udp/9', [], false),
];

function edge(
  ...[name, spot, from, to, service, said, passes]: [string, Spot, string, string, string, string[], boolean]
): Edge {
  return { name, spot, from, to, service, said: said.map((one) => `${one} ${service}`), passes };
}

/** To a guest: nothing passes before it is whole, and the whole is judged by its port. */
function fragmented(to: string, from: string, family: string): Edge[] {
  const one = (name: string, pieces: Edge['pieces'], port: number, verdict: 'allow' | 'deny' | null): Edge => ({
    ...edge(
      `${name}, ${family}`,
      'world',
      from,
      to,
      `udp/${port}`,
      verdict === null ? [] : [`1 inbound ${verdict}`],
      verdict === 'allow',
    ),
    pieces: pieces ?? 'whole',
  });
  return [
    one('a datagram in two pieces', 'both', 8081, 'allow'),
    one('the second piece first', 'twisted', 8081, 'allow'),
    one('a denied datagram in two pieces', 'both', 8082, 'deny'),
    one('a first piece alone', 'first', 8081, null),
    one('a second piece alone', 'second', 8081, null),
  ];
}

/** What is judged how beside first packets of ordinary connections: enforce/README.md says it, packets show it. */
export async function checkEdgePackets(): Promise<string[]> {
  const net = await openKernelNet('routed');
  await net.settle(new Map((['world', 'host', 'g1'] as const).map((spot) => [spot, at[spot].map(address)])));
  const wire = await openWire(net);
  for (const [place, ruleset] of [rulesetAt(0), rulesetAt(1)].entries()) {
    const done = await net.backEnds[place]?.replace(ruleset);
    if (done?.kind !== 'done') throw new Error(done?.message);
  }
  const wrong: string[] = [];
  for (const [index, one] of edges.entries()) wrong.push(...(await checkEdge(wire, one, client + 2 * index)));
  await wire.close();
  await net.close();
  console.log(`  ${edges.length} packets in pieces, to many at once, of neighbours and on the loopback`);
  return wrong;
}

function rulesetAt(place: number): HostRuleset {
  const allow: Outcome = { verdict: 'allow', rule: 'edge/allow', tier: 'application' };
  const deny: Outcome = { verdict: 'deny', rule: null, tier: null };
  const table = { cells: [{ identity: 0, class: 1, decision: 1 }], miss: 0 };
  const content: HostRulesetContent = {
    ...(place > 0 && { local: at.g1.map(address) }),
    identities: [],
    addresses: [],
    prefixes: [],
    classes: [{ id: 1, services: allowed.map(serviceRange) }],
    decisions: [deny, allow].map((outcome, number) => ({ number, effective: outcome, intended: outcome })),
    ends: [{ addresses: [], inbound: table, outbound: table }],
  };
  const numbers = { generation: 1, revision: 1, version: 1 };
  return { format: 1, workload: `edge-${place}`, content, hash: contentHash(content), ...numbers };
}

async function checkEdge(wire: Wire, one: Edge, port: number): Promise<string[]> {
  wire.product.records.length = 0;
  wire.passed.records.length = 0;
  for (const piece of piecesOf(one, port)) wire.senders[one.spot].send(piece);
  // Sent the same way and after it, so that what is not on record when this is will not be.
  const last = { direction: 'outbound', service: serviceRange('udp/5353').first, client: port + 1 } as const;
  const beacon = { ...last, local: address(one.spot === 'host' ? '10.0.0.9' : '10.0.0.1'), peer: address('10.0.0.9') };
  const outward = { ...last, local: address('10.0.0.9'), peer: address('10.0.0.1') };
  wire.senders[one.spot].send(buildPacket(one.spot === 'host' ? outward : beacon));
  const isLast = (record: LogRecord) => record.sourcePort === port + 1;
  // The kernel speaks for itself now and then, of listeners and neighbours.
  const isAbout = (record: LogRecord) => !isLast(record) && record.source === one.from;
  if (!(await becomesTrue(() => wire.passed.records.some(isLast) && wire.product.records.some(isLast), 3000)))
    return [`${one.name}: what was sent after it did not arrive`];
  const said = wire.product.records.filter(isAbout).map(sayText);
  const passes = wire.passed.records.filter(isAbout).length;
  const wrong =
    JSON.stringify(said) === JSON.stringify(one.said) ? [] : [`${one.name}: records ${said.join(', ') || 'none'}`];
  return passes === (one.passes ? 1 : 0) ? wrong : [...wrong, `${one.name}: passed ${passes} times`];
}

function piecesOf({ from, to, service, pieces = 'whole' }: Edge, port: number): Uint8Array[] {
  const point = serviceRange(service).first;
  const packet = buildPacket({
    direction: 'outbound',
    local: address(from),
    peer: address(to),
    service: point,
    client: port,
  });
  if (pieces === 'whole') return [packet];
  const [first, second] = inFragments(packet, { size: 8, id: port });
  return { both: [first, second], twisted: [second, first], first: [first], second: [second] }[pieces];
}

function sayText(record: LogRecord): string {
  const prefix = parseLogPrefix(record.prefix);
  return `${prefix?.place} ${prefix?.judged} ${prefix?.effective} ${formatServicePoint(record.servicePoint)}`;
}
