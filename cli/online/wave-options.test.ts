import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../command.ts';
import { Failure } from '../failure.ts';
import { acceptShown, askedWaves, deniedIn } from './wave-options.ts';

const call = (options: Readonly<Record<string, unknown>>): Call => ({
  ...{ json: false, args: [], options, ended: new AbortController().signal },
  terminal: { say: () => {}, note: () => {} } as unknown as Call['terminal'],
});

test('what is asked of waves is what the API is sent', () => {
  const cases: readonly (readonly [Readonly<Record<string, unknown>>, object])[] = [
    [{}, {}],
    [{ waves: false }, { waves: null }],
    [{ waves: false, canary: '10%', acceptDenied: true }, { waves: null }],
    [{ canary: '10%' }, { waves: { canary: 0.1 } }],
    [{ canary: '2.5 %' }, { waves: { canary: 0.025 } }],
    [{ waves: '3' }, { waves: { rest: 3 } }],
    [{ watch: '0' }, { waves: { watch: 0 } }],
    [{ watch: '30s' }, { waves: { watch: 30 } }],
    [{ watch: '5min' }, { waves: { watch: 300 } }],
    [{ watch: '1h' }, { waves: { watch: 3600 } }],
    [{ budget: '20' }, { waves: { budget: 20 } }],
    [{ budget: '2%' }, { waves: { budgetShare: 0.02 } }],
    [{ failures: '1' }, { waves: { failures: 1 } }],
    [{ acceptDenied: true }, { accept: 'foreseen' }],
  ];
  for (const [options, expected] of cases)
    assert.deepEqual(askedWaves(call(options)), expected, JSON.stringify(options));
});

test('what cannot be read is refused', () => {
  const cases: readonly Readonly<Record<string, string>>[] = [
    ...['10', '101%', '-1%', 'a%', ''].map((canary) => ({ canary })),
    ...['-1s', '61min', '10d', 's', '1.5s'].map((watch) => ({ watch })),
    ...['-1', '1.5', 'all', '200%'].map((budget) => ({ budget })),
    ...['-1', '1%'].map((failures) => ({ failures })),
    { waves: '1.5' },
  ];
  for (const options of cases) assert.throws(() => askedWaves(call(options)), Failure, JSON.stringify(options));
});

const flow = (from: string, was: string, becomes: string) => ({
  ...{ from, to: 'db-1', service: 'tcp/5432', attempts: 1 },
  was: { effective: was, intended: was },
  becomes: { effective: becomes, intended: becomes },
});
const flows = {
  items: [
    flow('a', 'allow', 'deny'),
    flow('b', 'deny', 'allow'),
    flow('c', 'deny', 'deny'),
    flow('d', 'mixed', 'deny'),
  ],
  omitted: 0,
};

test('who was shown what would be denied, and said yes, accepts that and nothing else', () => {
  assert.deepEqual(
    deniedIn({ flows }).map(({ from }) => from),
    ['a', 'd'],
  );
  const { accept } = acceptShown({}, { flows });
  assert.deepEqual(accept, [
    { from: 'a', to: 'db-1', service: 'tcp/5432' },
    { from: 'd', to: 'db-1', service: 'tcp/5432' },
  ]);
  assert.deepEqual(acceptShown({ accept: 'foreseen' }, { flows }), { accept: 'foreseen' });
  assert.deepEqual(acceptShown({ waves: null }, {}), { waves: null, accept: [] });
});
