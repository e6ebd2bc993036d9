import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDocuments } from '@bulkhead/model/parse.ts';
import { buildEstate } from '@bulkhead/policy/estate.ts';
import { buildPolicy } from '@bulkhead/policy/policy.ts';
import type { ProbeCell, ProbeOutcome } from '@bulkhead/wire/messages.ts';
import { ProbeRounds, type ProbeRoundsParts } from './probe-rounds.ts';
import type { Probed, ProofEntry } from './proof-book.ts';

/** `api` may reach the database; `web` may not, and only the database stops it. */
const { documents } = parseDocuments([
  {
    file: 'shop.yaml',
    text: `
{kind: Workload, name: web, labels: {role: web}, addresses: [10.0.0.1]}
---
{kind: Workload, name: api, labels: {role: api}, addresses: [10.0.0.2]}
---
{kind: Workload, name: db, labels: {role: db}, addresses: [10.0.0.3]}
---
kind: Ruleset
name: shop
rules:
  - {name: api-to-db, allow: [tcp/5432], from: role=api, to: role=db}
---
{kind: Mode, selector: "", inbound: enforce, outbound: observe}
`,
  },
]);
const { estate } = buildEstate(documents);
const { policy } = buildPolicy(documents, estate, 0);
const names = ['web', 'api', 'db'] as const;

type Scene = {
  /** In session. */
  readonly connected?: readonly string[];
  /** Said that they hold what is intended. */
  readonly settled?: readonly string[];
  /** Have agents that take orders to probe. */
  readonly able?: readonly string[];
  readonly outcome?: ProbeOutcome;
  readonly entry?: Partial<ProofEntry>;
  readonly open?: boolean;
  /** Something is provisioned while it is tried. */
  readonly changes?: boolean;
};

function scene({ connected = names, settled = names, able = names, outcome = 'silent', ...rest }: Scene) {
  const tried: string[] = [];
  const found: Probed[] = [];
  let generation = 4;
  const hash = 'ab';
  const listener = { protocol: 'tcp', address: '0.0.0.0', port: 5432 };
  const loopback = { protocol: 'tcp', address: '127.0.0.1', port: 25 };
  const parts = {
    estate: {
      workloads: () =>
        names.map((name, index) => ({
          name,
          managed: true,
          addresses: [{ network: 'main', address: `10.0.0.${index + 1}` }],
        })),
    },
    hosts: {
      link: (name: string) => (connected.includes(name) ? {} : null),
      status: (name: string) => ({
        applied: { generation: 4, hash, proven: settled.includes(name) },
        inventory: { listeners: name === 'db' ? [listener, loopback] : [] },
      }),
    },
    deliveries: {
      meant: () => ({ generation, hash, revision: 1 }),
      content: () => ({ addresses: [1, 2, 3].map((last) => ({ address: `10.0.0.${last}` })) }),
    },
    prober: {
      isAble: (name: string) => able.includes(name),
      probe: async (from: string, cells: readonly ProbeCell[]) => {
        for (const { address, service } of cells) tried.push(`${from} -> ${address} tcp/${service & 0xffff}`);
        if (rest.changes === true) generation++;
        return {
          kind: 'probed',
          at: 1,
          results: cells.map((cell) => ({ ...cell, outcome, rule: null, milliseconds: 1 })),
        };
      },
    },
    proofs: {
      entry: (name: string) => ({ probed: name === 'db' ? (rest.entry?.probed ?? []) : [] }),
      probed: (one: Probed) => found.push(one),
    },
    world: () => (policy === null ? null : { policy, estate }),
    clock: () => 7,
    open: rest.open ?? false,
  } as unknown as ProbeRoundsParts;
  return { rounds: new ProbeRounds(parts), tried, found };
}

const [closedFromWeb, besides] = ['web -> 10.0.0.3 tcp/5432', 'web -> 10.0.0.3 tcp/5433'];
const alarm: Probed = {
  ...{ from: 'api', to: 'db', address: '10.0.0.3', service: 'tcp/22', at: 1 },
  ...{ expected: 'closed', found: 'open', seen: 'it was connected' },
};

const cases: readonly (readonly [title: string, given: Scene, tried: readonly string[]])[] = [
  ['PR21 what listens first, from who is let out and may not reach it', {}, [closedFromWeb]],
  ['PR20 also when the agent of the probed host is not there', { connected: ['web', 'api'] }, [closedFromWeb]],
  ['PR20 from nobody who is not in session', { connected: ['db'] }, []],
  ['PR20 from nobody whose agent cannot', { able: ['db'] }, []],
  ['PR20 not to who does not hold what is intended', { settled: ['web', 'api'] }, []],
  ['PR20 not from who does not hold what is intended', { settled: ['db'] }, []],
  [
    'PR24 what was open is tried again, before anything else',
    { entry: { probed: [alarm] } },
    ['api -> 10.0.0.3 tcp/22'],
  ],
];
for (const [title, given, expected] of cases) {
  test(title, async () => {
    const { rounds, tried } = scene(given);
    await rounds.next();
    assert.deepEqual(
      tried.filter((cell) => expected.includes(cell)),
      expected,
    );
    if (expected.length === 0) assert.deepEqual(tried, []);
    assert.ok(tried.length <= 2, tried.join());
    assert.deepEqual(
      tried.filter((cell) => cell.includes('tcp/25')),
      [],
      'nothing listens on loopback for others',
    );
  });
}

const outcomes: readonly (readonly [outcome: ProbeOutcome, found: Probed['found'] | null])[] = [
  ['connected', 'open'],
  ['refused', 'open'],
  ['denied', 'closed'],
  ['silent', 'closed'],
  ['unreachable', 'undecided'],
  ['sent', 'undecided'],
  ['skipped', null],
];
for (const [outcome, found] of outcomes) {
  test(`PR25 ${outcome} is ${found ?? 'not counted'}`, async () => {
    const seen = scene({ outcome });
    await seen.rounds.next();
    assert.ok(seen.tried.length > 0);
    assert.deepEqual([...new Set(seen.found.map((one) => one.found))], found === null ? [] : [found]);
    for (const one of seen.found) assert.deepEqual([one.to, one.expected, one.at], ['db', 'closed', 7]);
  });
}

test('PR20 an answer counts only while nothing else is intended', async () => {
  const { rounds, tried, found } = scene({ changes: true });
  await rounds.next();
  assert.ok(tried.length > 0);
  assert.deepEqual(found, []);
});

test('PR22 open cells are tried where they are asked for', async () => {
  const open = scene({ open: true, outcome: 'connected' });
  await open.rounds.next();
  assert.ok(open.tried.includes('api -> 10.0.0.3 tcp/5432'));
  const shut = scene({});
  for (let i = 0; i < 5; i++) await shut.rounds.next();
  assert.deepEqual(
    shut.tried.filter((cell) => cell === 'api -> 10.0.0.3 tcp/5432'),
    [],
  );
  assert.ok(shut.tried.includes(besides));
});
