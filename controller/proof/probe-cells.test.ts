import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAddress } from '@bulkhead/net/address.ts';
import { formatServicePoint, servicePoint } from '@bulkhead/net/service-space.ts';
import { chooseProofCells, type EndVerdicts, type ProbeQuestion } from './probe-cells.ts';

const address = parseAddress('10.0.0.2') ?? assert.fail();
const tcp = (port: number) => servicePoint(6, port);
const both = (verdict: 'allow' | 'deny'): EndVerdicts => ({ outbound: verdict, inbound: verdict });
const question: ProbeQuestion = {
  to: { name: 'db', address },
  listeners: [tcp(5432)],
  peers: ['web', 'api'],
  // api may reach the database, web may not; the source of web lets it out.
  verdicts: (from, _to, service) => {
    if (from === 'api') return both(service === tcp(5432) ? 'allow' : 'deny');
    return { outbound: 'allow', inbound: 'deny' };
  },
  seed: '1',
  most: 10,
  open: false,
};
const text = (change: Partial<ProbeQuestion> = {}): string[] =>
  chooseProofCells({ ...question, ...change }).map(
    ({ from, to, service, expected }) => `${from} -> ${to} ${formatServicePoint(service)} ${expected}`,
  );

test('PR21 first what the source lets out, and where something listens; the port beside it comes after', () => {
  assert.deepEqual(text(), ['web -> db tcp/5432 closed', 'web -> db tcp/5433 closed', 'api -> db tcp/5433 closed']);
});

const cases: readonly (readonly [title: string, change: Partial<ProbeQuestion>, cells: readonly string[]])[] = [
  ['PR23 no more than are asked for', { most: 1 }, ['web -> db tcp/5432 closed']],
  ['PR22 open ones are off', { peers: ['api'], verdicts: () => both('allow') }, []],
  [
    'PR22 open ones where they are asked for',
    { peers: ['api'], verdicts: () => both('allow'), open: true, most: 2 },
    ['api -> db tcp/5432 open'],
  ],
  ['PR22 half of them at most', { open: true, most: 2 }, ['web -> db tcp/5432 closed', 'api -> db tcp/5432 open']],
  ['nothing where nothing can be said', { verdicts: () => null }, []],
  ['nothing where no end enforces', { verdicts: () => ({ outbound: 'none', inbound: 'none' }), open: true }, []],
  ['nobody to ask', { peers: [] }, []],
  ['nothing listens', { listeners: [] }, []],
  [
    'the highest port has the one below',
    { listeners: [tcp(65_535)], peers: ['web'] },
    ['web -> db tcp/65535 closed', 'web -> db tcp/65534 closed'],
  ],
  [
    'a port beside it that listens is no neighbour',
    { listeners: [tcp(80), tcp(81)], peers: ['web'], most: 9 },
    ['web -> db tcp/80 closed', 'web -> db tcp/81 closed', 'web -> db tcp/82 closed'],
  ],
];
for (const [title, change, cells] of cases) test(title, () => assert.deepEqual(text(change).sort(), [...cells].sort()));

test('PR23 the same seed chooses the same, and seeds in turn reach every peer and every port', () => {
  const many: Partial<ProbeQuestion> = {
    peers: Array.from({ length: 40 }, (_, i) => `host-${i}`),
    listeners: Array.from({ length: 20 }, (_, i) => tcp(8000 + 2 * i)),
    verdicts: () => both('deny'),
    most: 2,
  };
  assert.deepEqual(text({ ...many, seed: '7' }), text({ ...many, seed: '7' }));
  const seen = new Set(Array.from({ length: 400 }, (_, seed) => text({ ...many, seed: `${seed}` })).flat());
  const [peers, ports] = [
    new Set([...seen].map((cell) => cell.split(' ')[0])),
    new Set([...seen].map((cell) => cell.split(' ')[3])),
  ];
  assert.deepEqual([peers.size, ports.size >= 20], [40, true]);
});
