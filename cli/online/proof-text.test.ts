import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Proof, proofLines, proofTable } from './proof-text.ts';

const plain = new Proxy({}, { get: () => (text: string) => text }) as Parameters<typeof proofLines>[1];
const now = Date.parse('2026-11-27T10:00:00.000Z');
const at = (seconds: number) => new Date(now - seconds * 1000).toISOString();
const none = { tried: 0, asExpected: 0, undecided: 0 };
const proof: Proof = {
  intended: { generation: 4, at: at(300) },
  applied: { generation: 4, at: at(299) },
  proven: {
    ...{ state: 'proven', reason: null, since: at(4), generation: 4, at: at(4), depth: 'everything' },
    ...{ slice: { first: 0, count: 12, of: 12 }, whole: at(100) },
  },
  probed: { closed: none, open: none, at: null, alarms: [] },
  gaps: [],
  refused: null,
  clockAheadMilliseconds: null,
};
const old = {
  ...proof.proven,
  state: 'old',
  reason: 'its agent says nothing any more',
  since: at(60),
  at: at(90),
} as const;
const alarm = 'tcp/22 at 10.0.0.2 must be closed from web-1 and is open: connected';

const cases: readonly (readonly [title: string, change: Partial<Proof>, lines: readonly string[]])[] = [
  [
    'everything',
    {},
    [
      'intended   generation 4, 5 min ago',
      'applied    generation 4, 4 min ago',
      'proven     yes, 4 s ago',
      'read back  everything, listed 1 min ago and no rules changed since',
      'probed     -',
    ],
  ],
  [
    'a slice, and probes',
    {
      proven: { ...proof.proven, depth: 'slice', slice: { first: 2048, count: 2048, of: 10_000 } },
      probed: {
        closed: { tried: 6, asExpected: 5, undecided: 1 },
        open: { tried: 1, asExpected: 1, undecided: 0 },
        at: at(20),
        alarms: [],
      },
    },
    [
      'intended   generation 4, 5 min ago',
      'applied    generation 4, 4 min ago',
      'proven     yes, 4 s ago',
      'read back  rules and elements 2048 to 4096 of 10000, everything 1 min ago',
      'probed     5 of 6 closed, 1 of 1 open, the last 20 s ago',
    ],
  ],
  [
    'PR5 an old proof, and all that can be wrong',
    {
      proven: old,
      probed: { closed: { tried: 1, asExpected: 0, undecided: 0 }, open: none, at: at(20), alarms: [alarm] },
      gaps: [{ from: at(50), until: at(40) }],
      refused: {
        count: 2,
        at: at(70),
        message: 'Cannot take a proof of "db-1": its signature is not that of its certificate',
      },
      clockAheadMilliseconds: -3_600_000,
    },
    [
      'intended   generation 4, 5 min ago',
      'applied    generation 4, 4 min ago',
      'proven     old, 1 min ago: its agent says nothing any more',
      'read back  everything, listed 1 min ago and no rules changed since',
      'probed     1 NOT AS IT MUST BE, the last 20 s ago',
      `alarm      ${alarm}`,
      `gaps       1, the last from ${at(50)} until ${at(40)}`,
      'refused    2, the last 1 min ago: Cannot take a proof of "db-1": its signature is not that of its certificate',
      "clock      -3600 s ahead of the controller's",
    ],
  ],
  [
    'PR6 nothing said yet',
    {
      intended: { generation: 1, at: null },
      applied: { generation: null, at: null },
      proven: {
        ...{ state: 'not proven', reason: 'its agent has made no statement yet', since: null, generation: null },
        ...{ at: null, depth: null, slice: null, whole: null },
      },
    },
    [
      'intended   generation 1, time not known',
      'applied    nothing',
      'proven     no: its agent has made no statement yet',
      'probed     -',
    ],
  ],
];
for (const [title, change, lines] of cases) {
  test(title, () => assert.deepEqual(proofLines({ name: 'db-1', proof: { ...proof, ...change } }, plain, now), lines));
}

test('PR7 the table counts fresh proofs alone, and says what is missing', () => {
  const hosts = [
    { name: 'web-1', proof },
    { name: 'db-1', proof: { ...proof, proven: old } },
  ];
  const text = proofTable(hosts, plain, now);
  assert.match(text, /web-1 +4, 5 min ago +4, 4 min ago +yes, 4 s ago +everything +- +-/);
  assert.match(text, /db-1 .*old, 1 min ago +- +- +its agent says nothing any more/);
  assert.match(text, /1 of 2 proven within 30 s$/);
});
