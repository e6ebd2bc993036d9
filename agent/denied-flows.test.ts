import assert from 'node:assert/strict';
import test from 'node:test';
import { type Address, parseAddress } from '@bulkhead/net/address.ts';
import { parseServiceRange } from '@bulkhead/net/service-space.ts';
import { parseFlowLine, type TrackedFlow } from '@bulkhead/sensors/conntrack/flow-line.ts';
import { deniedFlows, flowAtEnd } from './denied-flows.ts';
import { content } from './testkit/rulesets.ts';

const address = (text: string): Address => parseAddress(text) ?? assert.fail(text);
const own = new Set(['10.0.0.9', 'fd00::9'].map(address));
const end = { isLocal: (one: Address) => own.has(one), reversed: 0x8000 };

function flow(text: string): TrackedFlow {
  const line = parseFlowLine(text);
  return line?.kind === 'flow' ? line.flow : assert.fail(text);
}

/** `PROTOCOL`, both ways, then the mark; see native/README.md. */
const seen: readonly (readonly [title: string, flow: string, packet: string, socket: string])[] = [
  [
    'a client asked this host',
    '6 10.0.0.1 10.0.0.9 40000 8080 10.0.0.9 10.0.0.1 8080 40000 1',
    'inbound 10.0.0.9 10.0.0.1 tcp/8080',
    '10.0.0.9 8080 10.0.0.1 40000',
  ],
  [
    'this host asked a server',
    '17 10.0.0.9 10.0.0.1 40000 53 10.0.0.1 10.0.0.9 53 40000 1',
    'outbound 10.0.0.9 10.0.0.1 udp/53',
    '10.0.0.9 40000 10.0.0.1 53',
  ],
  [
    'over IPv6',
    '6 fd00::1 fd00::9 40000 8080 fd00::9 fd00::1 8080 40000 1',
    'inbound fd00::9 fd00::1 tcp/8080',
    'fd00::9 8080 fd00::1 40000',
  ],
  [
    'a server of this host spoke first when tracking met it',
    '6 10.0.0.9 10.0.0.1 8080 40000 10.0.0.1 10.0.0.9 40000 8080 8001',
    'inbound 10.0.0.9 10.0.0.1 tcp/8080',
    '10.0.0.9 8080 10.0.0.1 40000',
  ],
  [
    'a server elsewhere spoke first when tracking met it',
    '6 10.0.0.1 10.0.0.9 8080 40000 10.0.0.9 10.0.0.1 40000 8080 8001',
    'outbound 10.0.0.9 10.0.0.1 tcp/8080',
    '10.0.0.9 40000 10.0.0.1 8080',
  ],
  [
    'a port was translated to that of a local server',
    '6 10.0.0.1 10.0.0.9 40000 80 10.0.0.9 10.0.0.1 8080 40000 1',
    'inbound 10.0.0.9 10.0.0.1 tcp/8080',
    '10.0.0.9 8080 10.0.0.1 40000',
  ],
  [
    'a virtual address was translated to that of a server',
    '6 10.0.0.9 10.96.0.1 40000 80 10.0.0.1 10.0.0.9 8080 40000 1',
    'outbound 10.0.0.9 10.0.0.1 tcp/8080',
    '10.0.0.9 40000 10.96.0.1 80',
  ],
  [
    'the source is translated on its way out',
    '6 10.0.0.9 10.0.0.1 40000 8080 10.0.0.1 192.0.2.1 8080 1024 1',
    'outbound 10.0.0.9 10.0.0.1 tcp/8080',
    '10.0.0.9 40000 10.0.0.1 8080',
  ],
  [
    'an echo',
    '1 10.0.0.1 10.0.0.9 2048 77 10.0.0.9 10.0.0.1 0 77 1',
    'inbound 10.0.0.9 10.0.0.1 icmp/8/0',
    '10.0.0.9 0 10.0.0.1 77',
  ],
  [
    'a protocol without ports',
    '47 10.0.0.9 10.0.0.1 0 0 10.0.0.1 10.0.0.9 0 0 1',
    'outbound 10.0.0.9 10.0.0.1 proto/47',
    '10.0.0.9 0 10.0.0.1 0',
  ],
];
for (const [title, text, packet, socket] of seen)
  test(title, () => {
    const at = flowAtEnd(flow(`${text} 18e 60 0 0`), end) ?? assert.fail('seen by no end');
    const [direction, local, peer, service = ''] = packet.split(' ');
    assert.deepEqual(at.packet, { direction, local, peer, service: parseServiceRange(service)?.first });
    const { local: from, localPort, peer: to, peerPort } = at.socket;
    assert.equal(`${from} ${localPort} ${to} ${peerPort}`, socket);
  });

for (const [title, text] of [
  ['of this host with itself', '6 10.0.0.9 10.0.0.9 40000 8080 10.0.0.9 10.0.0.9 8080 40000 1'],
  ['that passes through', '6 10.0.0.1 10.0.0.2 40000 8080 10.0.0.2 10.0.0.1 8080 40000 1'],
] as const)
  test(`a flow ${title} has no end here`, () => assert.equal(flowAtEnd(flow(`${text} 18e 60 3 0`), end), null));

/** 10.0.1.11 may reach tcp/8080 of this host, and nothing else may anything. */
const rules = content(['10.0.1.11']);
const tail = (state: number) => `1 18e 60 ${state} 0`;
const judged: readonly (readonly [title: string, flow: string, sockets: number, elsewhere: number])[] = [
  ['allowed', `6 10.0.1.11 10.0.0.9 40000 8080 10.0.0.9 10.0.1.11 8080 40000 ${tail(3)}`, 0, 0],
  ['another peer', `6 10.0.1.12 10.0.0.9 40000 8080 10.0.0.9 10.0.1.12 8080 40000 ${tail(3)}`, 1, 0],
  ['another port', `6 10.0.1.11 10.0.0.9 40000 8081 10.0.0.9 10.0.1.11 8081 40000 ${tail(3)}`, 1, 0],
  ['another direction', `6 10.0.0.9 10.0.1.11 40000 8080 10.0.1.11 10.0.0.9 8080 40000 ${tail(3)}`, 1, 0],
  ['datagrams', `17 10.0.1.11 10.0.0.9 40000 8080 10.0.0.9 10.0.1.11 8080 40000 ${tail(0)}`, 1, 0],
  ['ended, and only remembered', `6 10.0.1.12 10.0.0.9 40000 8080 10.0.0.9 10.0.1.12 8080 40000 ${tail(7)}`, 0, 0],
  ['reset', `6 10.0.1.12 10.0.0.9 40000 8080 10.0.0.9 10.0.1.12 8080 40000 ${tail(8)}`, 0, 0],
  ['no socket has it', `1 10.0.1.12 10.0.0.9 2048 77 10.0.0.9 10.0.1.12 0 77 ${tail(0)}`, 0, 1],
  ['passes through', `6 10.0.1.12 10.0.1.13 40000 8080 10.0.1.13 10.0.1.12 8080 40000 ${tail(3)}`, 0, 0],
  [
    'announced by a flow that is allowed',
    `6 10.0.0.9 10.0.1.11 20 40001 10.0.1.11 10.0.0.9 40001 20 ${tail(3)} 6 10.0.1.11 10.0.0.9 40000 8080`,
    0,
    0,
  ],
  [
    'announced by a flow that is denied',
    `6 10.0.0.9 10.0.1.12 20 40001 10.0.1.12 10.0.0.9 40001 20 ${tail(3)} 6 10.0.1.12 10.0.0.9 40000 8080`,
    1,
    0,
  ],
];
for (const [title, text, sockets, elsewhere] of judged)
  test(`${title}: ${sockets} to end, ${elsewhere} elsewhere`, () => {
    const denied = deniedFlows(rules, end);
    denied.see(flow(text));
    const found = denied.take();
    assert.deepEqual([found.sockets.length, found.elsewhere], [sockets, elsewhere]);
  });
