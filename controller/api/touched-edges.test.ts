import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EdgeEnd } from '@bulkhead/flows/edge.ts';
import { LiveEdges } from '@bulkhead/flows/live-edges.ts';
import type { ConnectionReport } from '@bulkhead/model/connection.ts';
import type { Document } from '@bulkhead/model/documents.ts';
import { runSteps } from '@bulkhead/policy/exact/steps.ts';
import { address, rule, ruleset, serviceRange, workload } from '@bulkhead/testkit/documents.ts';
import { worldOf } from '@bulkhead/testkit/world.ts';
import { type Sides, touchedEdges } from './touched-edges.ts';

const now = 1_800_000_000_000;
const host = (name: string): EdgeEnd => ({ kind: 'workload', name, labels: {}, managed: true });
const outside = (text: string, network = 'main'): EdgeEnd => {
  return { kind: 'address', network, address: address(text), claimedBy: [] };
};

const common: ConnectionReport = {
  ...{ first: now, last: now, direction: 'outbound', network: 'main', local: address('10.0.0.1') },
  ...{ peer: address('10.0.0.2'), service: 0, effective: 'allow', intended: 'allow' },
  ...{ effectiveRule: null, intendedRule: null, generation: 1, count: 1, records: 1 },
  ...{ process: null, unit: null, user: null },
};
type Seen = readonly [from: EdgeEnd, to: EdgeEnd, service: string, ago?: number];

function liveWith(seen: Iterable<Seen>): LiveEdges {
  const live = new LiveEdges({ firstSequence: 0 });
  for (const [from, to, service, ago = 0] of seen) {
    const report = { ...common, service: serviceRange(service).first, last: now - ago, first: now - ago };
    assert.equal(live.add({ reporter: 'web', from, to, report }, now), 'added');
  }
  return live;
}

const estate: readonly Document[] = [
  workload('web', 'role=web', ['10.0.0.1']),
  workload('db', 'role=db', ['10.0.0.2']),
  workload('gate', 'role=gate', ['10.0.0.3', 'site-b/10.0.0.3']),
  workload('far', 'role=far', ['site-b/10.0.0.9']),
];
const sidesOf = (before: readonly Document[], after: readonly Document[]): Sides => {
  return { before: worldOf([...estate, ...before]), after: worldOf([...estate, ...after]) };
};
const allow = (what: string, from: string, to: string): Document[] => [ruleset('r', [rule('x', what, [from, to])])];

const cases: readonly (readonly [title: string, sides: Sides, seen: readonly Seen[], touched: readonly string[]])[] = [
  ['nothing seen', sidesOf([], allow('allow tcp/1', '', '')), [], []],
  [
    'what opens and what stays closed',
    sidesOf([], allow('allow tcp/1', 'role=web', 'role=db')),
    [
      [host('web'), host('db'), 'tcp/1'],
      [host('web'), host('db'), 'tcp/2'],
      [host('db'), host('web'), 'tcp/1'],
    ],
    ['web db tcp/1 deny allow'],
  ],
  [
    'what closes',
    sidesOf(allow('allow all', '', ''), allow('allow tcp/1', '', '')),
    [
      [host('web'), host('db'), 'tcp/1'],
      [host('web'), host('db'), 'udp/2'],
    ],
    ['web db udp/2 allow deny'],
  ],
  [
    'an address outside',
    sidesOf([], allow('allow tcp/1', '', '192.0.2.0/24')),
    [
      [host('web'), outside('192.0.2.1'), 'tcp/1'],
      [host('web'), outside('198.51.100.1'), 'tcp/1'],
    ],
    ['web 192.0.2.1 tcp/1 deny allow'],
  ],
  [
    'an address in the network where it was seen, from a host in two',
    sidesOf([], allow('allow tcp/1', '', 'role=far')),
    [
      [host('gate'), outside('10.0.0.9', 'site-b'), 'tcp/1'],
      [host('gate'), outside('10.0.0.8', 'site-b'), 'tcp/1'],
    ],
    ['gate 10.0.0.9 tcp/1 deny allow'],
  ],
  [
    'ends that the estate does not know any more',
    sidesOf([], allow('allow all', '', '')),
    [
      [host('gone'), host('db'), 'tcp/1'],
      [host('web'), host('gone'), 'tcp/1'],
    ],
    [],
  ],
];

for (const [title, sides, seen, touched] of cases) {
  test(`touched edges: ${title}`, () => {
    const { items, omitted } = runSteps(touchedEdges(liveWith(seen), now, sides));
    const told = items.map(({ from, to, service, was, becomes }) =>
      [from, to, service, was.intended, becomes.intended].join(' '),
    );
    assert.deepEqual([told, omitted], [touched, 0]);
  });
}

test('touched edges: every edge is judged however many there are, and the newest are named', () => {
  const sides = sidesOf([], allow('allow tcp/1-20000', 'role=web', 'role=db'));
  // The larger the port the longer ago; above 20,000 nothing changes.
  const ports = Array.from({ length: 25_000 }, (_, index) => 1 + ((index * 7919) % 25_000));
  const live = liveWith(ports.map((port) => [host('web'), host('db'), `tcp/${port}`, port]));
  const { items, omitted } = runSteps(touchedEdges(live, now, sides));
  assert.deepEqual(
    items.map(({ service }) => service),
    Array.from({ length: 1000 }, (_, index) => `tcp/${index + 1}`),
  );
  assert.equal(omitted, 19_000);
});

test('touched edges: it goes in steps, and what comes and goes meanwhile does no harm', () => {
  const sides = sidesOf([], allow('allow tcp', 'role=web', 'role=db'));
  const ports = Array.from({ length: 1000 }, (_, index) => `tcp/${index + 1}`);
  const live = liveWith(ports.map((port) => [host('web'), host('db'), port]));
  const steps = touchedEdges(live, now, sides);
  const told: number[] = [];
  for (;;) {
    const step = steps.next();
    if (step.done === true) {
      assert.deepEqual([step.value.items.length, step.value.omitted], [1000, 100]);
      break;
    }
    assert.equal(step.value.of, 1000);
    told.push(step.value.done);
    if (told.length !== 5) continue;
    for (const port of ports.slice(0, 100)) {
      const report = { ...common, service: serviceRange(port).first };
      assert.equal(live.add({ reporter: 'db', from: host('web'), to: host('db'), report }, now), 'added');
      const other = { ...common, service: serviceRange(port).first + 2000 };
      assert.equal(live.add({ reporter: 'web', from: host('web'), to: host('db'), report: other }, now), 'added');
    }
  }
  assert.ok(
    told.length >= 10 && told.every((done, index) => done >= (told[index - 1] ?? 0) && done <= 1000),
    `${told}`,
  );
});
