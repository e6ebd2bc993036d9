import assert from 'node:assert/strict';
import test from 'node:test';
import type { HostRuleset, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { contentHash } from '@bulkhead/model/host-ruleset-text.ts';
import type { Address } from '@bulkhead/net/address.ts';
import { servicePoint } from '@bulkhead/net/service-space.ts';
import fc from 'fast-check';
import {
  agentMessageLimit,
  decodeAgentMessage,
  decodeControllerMessage,
  decodeEnrolAnswer,
  decodeEnrolRequest,
  decodeRenewAnswer,
  decodeRenewRequest,
  encodeAgentMessage,
  encodeControllerMessage,
} from './control.ts';
import type { Decoded } from './decoded.ts';
import { type AgentMessage, type ControllerMessage, enforcesForGuests, guestLimit } from './messages.ts';
import { formatPairingKey, parsePairingKey } from './pairing-key.ts';

const hash = 'ab'.repeat(32);
const held = { generation: 4, hash, revision: 2 };
const health = {
  counted: 10,
  received: 9,
  lost: 1,
  spooledBatches: 0,
  droppedBatches: 0,
  restored: 0,
  agentBytes: 1,
  helperBytes: 1,
  problems: ['x'],
};
const listener = {
  protocol: 'tcp',
  address: '::',
  port: 80,
  process: '/usr/sbin/nginx',
  unit: null,
  package: null,
  user: 'root',
} as const;
const learned = {
  name: 'api.example.org',
  address: '192.0.2.1',
  since: 1_800_000_000_000,
  answered: 1_800_000_060_000,
};
const inventory = {
  hostname: 'web-1',
  kernel: '6.1',
  system: 'Debian 12',
  addresses: [{ interface: 'eth0', address: '10.0.1.11' }],
  listeners: [listener],
};

const cell = { address: '10.0.0.9' as Address, service: servicePoint(6, 22) };
const agentMessages: readonly AgentMessage[] = [
  { kind: 'hello', wire: 1, agent: '0.1.0', held: null, capabilities: { level: 'no process', absent: ['forward'] } },
  { kind: 'hello', wire: 1, agent: '0.1.0', held, capabilities: { level: 'full', absent: [] } },
  {
    kind: 'hello',
    ...{ wire: 1, agent: '0.1.0', held, guests: [{ workload: 'shop/web-7', held }] },
    capabilities: { level: 'no process', absent: [], covers: ['forwarded traffic'] },
  },
  { kind: 'hello', wire: 1, agent: 'a', held: null, guests: [], capabilities: { level: 'full', absent: [] } },
  {
    kind: 'applied',
    workload: 'shop/web-7',
    applied: { generation: 4, hash, proven: true, problem: null, milliseconds: 2.5 },
  },
  { kind: 'inventory', inventory },
  { kind: 'inventory', inventory: { ...inventory, names: { learned: [learned], more: 3 } } },
  { kind: 'applied', applied: { generation: 4, hash, proven: true, problem: null, milliseconds: 2.5 } },
  { kind: 'health', health },
  { kind: 'health', health: { ...health, connectionsEnded: 3 } },
  {
    kind: 'hello',
    wire: 1,
    agent: '0.1.0',
    held,
    capabilities: { level: 'full', absent: [], covers: ['probes'] },
  },
  { kind: 'probed', probed: { id: 7, results: [{ ...cell, outcome: 'denied', rule: 'shop/in', milliseconds: 3 }] } },
  { kind: 'probed', probed: { id: 8, results: [{ ...cell, outcome: 'silent', rule: null, milliseconds: 900 }] } },
];
const peer = { address: '10.0.0.9' as Address, identity: 3 };
const delta = { base: held, generation: 5, revision: 2, hash, version: 9, addresses: { added: [peer], removed: [] } };
const content: HostRulesetContent = {
  identities: [],
  addresses: [],
  prefixes: [],
  classes: [],
  decisions: [
    {
      number: 0,
      effective: { verdict: 'deny', rule: null, tier: null },
      intended: { verdict: 'deny', rule: null, tier: null },
    },
  ],
  ends: [{ addresses: [], inbound: { cells: [], miss: 0 }, outbound: { cells: [], miss: 0 } }],
};
const sampleRuleset: HostRuleset = {
  format: 1,
  workload: 'web-1',
  content,
  generation: 5,
  revision: 2,
  hash: contentHash(content),
  version: 9,
};
const trial = { seconds: 15, reach: [{ address: '10.0.0.5' as Address, port: 5432 }] };
const controllerMessages: readonly ControllerMessage[] = [
  { kind: 'welcome', workload: 'web-1', acknowledged: 12, takes: ['proof'] },
  { kind: 'delta', delta },
  { kind: 'delta', delta, live: 'drain' },
  { kind: 'ruleset', ruleset: sampleRuleset },
  { kind: 'ruleset', ruleset: sampleRuleset, live: 'reset' },
  { kind: 'delta', delta, trial },
  { kind: 'ruleset', ruleset: sampleRuleset, live: 'reset', trial },
  { kind: 'delta', workload: 'shop/web-7', delta },
  { kind: 'guests', workloads: [] },
  { kind: 'guests', workloads: ['shop/web-7', 'shop/web-8'] },
  { kind: 'ack', sequence: 3 },
  { kind: 'probe', probe: { id: 7, cells: [cell] } },
  { kind: 'refused', code: 'unknown-agent', message: 'no' },
];

for (const message of agentMessages)
  test(`an agent's ${message.kind} comes back as it was`, () =>
    assert.deepEqual(decodeAgentMessage(encodeAgentMessage(message)), { kind: 'decoded', value: message }));
for (const message of controllerMessages)
  test(`a controller's ${message.kind} comes back as it was`, () =>
    assert.deepEqual(decodeControllerMessage(encodeControllerMessage(message)), { kind: 'decoded', value: message }));

const codeOf = (answer: Decoded<unknown>): string => (answer.kind === 'refused' ? answer.problem.code : 'decoded');
const json = JSON.stringify;

for (const [name, frame, code] of [
  ['a key from the future', json({ kind: 'health', health: { ...health, more: 1 }, extra: [] }), 'decoded'],
  ['no text', '', 'wire-malformed'],
  ['cut off', json({ kind: 'health', health }).slice(0, -3), 'wire-malformed'],
  ['a list', '[]', 'wire-unknown'],
  ['null', 'null', 'wire-unknown'],
  ['an unknown kind', json({ kind: 'format-disk' }), 'wire-unknown'],
  ['a kind from the prototype', json({ kind: 'constructor' }), 'wire-unknown'],
  ['no body', json({ kind: 'health' }), 'wire-field'],
  ['a body that is a list', json({ kind: 'health', health: [] }), 'wire-field'],
  ['a negative count', json({ kind: 'health', health: { ...health, lost: -1 } }), 'wire-field'],
  ['a count as text', json({ kind: 'health', health: { ...health, lost: '1' } }), 'wire-field'],
  ['a count with a fraction', json({ kind: 'health', health: { ...health, lost: 1.5 } }), 'wire-field'],
  ['too many problems', json({ kind: 'health', health: { ...health, problems: Array(65).fill('x') } }), 'wire-field'],
  [
    'a hash that is none',
    json({ kind: 'applied', applied: { generation: 1, hash: 'AB', proven: true } }),
    'wire-field',
  ],
  [
    'a port above 65535',
    json({ kind: 'inventory', inventory: { ...inventory, listeners: [{ ...listener, port: 70000 }] } }),
    'wire-field',
  ],
  [
    'a name for an address',
    json({ kind: 'inventory', inventory: { ...inventory, listeners: [{ ...listener, address: 'web-1' }] } }),
    'wire-field',
  ],
  [
    'an unknown level',
    json({ kind: 'hello', wire: 1, agent: 'a', held: null, capabilities: { level: 'best', absent: [] } }),
    'wire-field',
  ],
  [
    'more guests than a host has',
    json({ ...agentMessages[1], guests: Array(guestLimit + 1).fill({ workload: 'g', held }) }),
    'wire-field',
  ],
  ['a guest that holds nothing', json({ ...agentMessages[1], guests: [{ workload: 'g', held: null }] }), 'wire-field'],
  ['guests that are null', json({ ...agentMessages[1], guests: null }), 'wire-field'],
  ['an answer for a number', json({ ...agentMessages[4], workload: 7 }), 'wire-field'],
  ['too deep', `{"kind":${'['.repeat(40)}${']'.repeat(40)}}`, 'wire-too-deep'],
  ['far too deep', '['.repeat(100_000), 'wire-too-deep'],
  ['deep only inside a text', json({ kind: 'health', health: { ...health, problems: ['[{"'.repeat(50)] } }), 'decoded'],
  ['too large', ' '.repeat(agentMessageLimit + 1), 'wire-too-large'],
] as const)
  test(`from an agent, ${name}: ${code}`, () => assert.equal(codeOf(decodeAgentMessage(frame)), code));

for (const [name, frame, code] of [
  ['a delta without a base', json({ kind: 'delta', delta: { ...delta, base: null } }), 'wire-field'],
  [
    'an identity over the limit',
    json({ kind: 'delta', delta: { ...delta, addresses: { added: [{ ...peer, identity: 1 << 20 }], removed: [] } } }),
    'wire-field',
  ],
  ['a mode of connections that is none', json({ kind: 'delta', delta, live: 'cut' }), 'wire-field'],
  ['no mode of connections', json({ kind: 'delta', delta, live: null }), 'wire-field'],
  ['a revision over the mark', json({ kind: 'delta', delta: { ...delta, revision: 65536 } }), 'wire-field'],
  ['a trial that is none', json({ kind: 'delta', delta, trial: null }), 'decoded'],
  ['a trial of an hour', json({ kind: 'delta', delta, trial: { ...trial, seconds: 3600 } }), 'wire-field'],
  [
    'a trial to a name',
    json({ kind: 'delta', delta, trial: { ...trial, reach: [{ address: 'db-1' }] } }),
    'wire-field',
  ],
  ['a ruleset that is not text', json({ kind: 'ruleset', ruleset: {} }), 'wire-field'],
  ['more guests than a host has', json({ kind: 'guests', workloads: Array(guestLimit + 1).fill('g') }), 'wire-field'],
  ['no guests', json({ kind: 'guests' }), 'wire-field'],
  ["an agent's message", json({ kind: 'health', health }), 'wire-unknown'],
] as const)
  test(`from a controller, ${name}: ${code}`, () => assert.equal(codeOf(decodeControllerMessage(frame)), code));

test('a ruleset text that is none is refused', () =>
  assert.equal(decodeControllerMessage(json({ kind: 'ruleset', ruleset: '{}' })).kind, 'refused'));

test('any text is answered without an exception', () => {
  const anything = fc.oneof(fc.string(), fc.json());
  fc.assert(
    fc.property(anything, (frame) => {
      assert.equal(decodeAgentMessage(frame).kind, 'refused');
      assert.equal(decodeControllerMessage(frame).kind, 'refused');
    }),
  );
});

test('a problem names the field and what is needed', () => {
  const answer = decodeAgentMessage(json({ kind: 'health', health: { ...health, lost: -1 } }));
  assert.match(
    answer.kind === 'refused' ? answer.problem.message : '',
    /^Cannot read "health\.health\.lost": a whole number/,
  );
});

test('enrolment request and answer', () => {
  const request = { pairingKey: 'k', csr: 'c', hostname: 'web-1' };
  const answer = { certificate: 'c', authority: 'a', workload: 'web-1' };
  assert.deepEqual(decodeEnrolRequest(json(request)), { kind: 'decoded', value: request });
  assert.deepEqual(decodeEnrolAnswer(json(answer)), { kind: 'decoded', value: answer });
  assert.equal(codeOf(decodeEnrolRequest(json({ ...request, csr: 'x'.repeat(9000) }))), 'wire-field');
  assert.equal(codeOf(decodeEnrolRequest(' '.repeat(70_000))), 'wire-too-large');
  assert.equal(codeOf(decodeEnrolAnswer('{}')), 'wire-field');
});

test('renewal request and answer', () => {
  const answer = { certificate: 'c', authority: 'a' };
  assert.deepEqual(decodeRenewRequest(json({ csr: 'c', more: 1 })), { kind: 'decoded', value: { csr: 'c' } });
  assert.deepEqual(decodeRenewAnswer(json(answer)), { kind: 'decoded', value: answer });
  for (const wrong of [{}, { csr: 1 }, { csr: 'x'.repeat(9000) }, { csr: null }])
    assert.equal(codeOf(decodeRenewRequest(json(wrong))), 'wire-field');
  assert.equal(codeOf(decodeRenewRequest('{')), 'wire-malformed');
  assert.equal(codeOf(decodeRenewRequest(' '.repeat(70_000))), 'wire-too-large');
  assert.equal(codeOf(decodeRenewAnswer('{"certificate":"c"}')), 'wire-field');
});

test('a pairing key comes back as it was, and nothing else is one', () => {
  const key = { id: 'abcd1234', secret: 's'.repeat(32), fingerprint: 'f'.repeat(43) };
  const text = formatPairingKey(key);
  assert.deepEqual(parsePairingKey(`${text}\n`), key);
  for (const wrong of ['', 'bh1', text.replace('bh1', 'bh2'), text.slice(0, -1), `${text}x`, text.replace('.', ' ')])
    assert.equal(parsePairingKey(wrong), null, wrong);
});

for (const [covers, absent, expected] of [
  [['forwarded traffic'], [], true],
  [['forwarded traffic'], ['process rules'], true],
  [['forwarded traffic'], ['forwarded traffic'], false],
  [[], [], false],
  [['something newer'], [], false],
  [undefined, [], false],
  [undefined, ['forwarded traffic'], false],
] as const)
  test(`an agent that covers ${covers} without ${absent}: ${expected ? 'has' : 'has no'} guests`, () => {
    const level = 'no process' as const;
    assert.equal(enforcesForGuests({ level, absent, ...(covers !== undefined && { covers }) }), expected);
  });
