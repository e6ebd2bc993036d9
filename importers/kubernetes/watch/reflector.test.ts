import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Random, seededRandom } from '@bulkhead/testkit/random.ts';
import { pause } from './backoff.ts';
import { FakeApiServer, type Fault } from './fake-api-server.ts';
import type { KeptChange } from './kept.ts';
import { openKubernetesApi } from './open-api.ts';
import type { ReadObject } from './read-object.ts';
import { Reflector } from './reflector.ts';

/** Of each object only its colour is kept, so that a change of anything else is none. */
const resource = { name: 'pods', path: '/api/v1/pods', keep: ({ json }: ReadObject) => String(json.colour) };
const pod = (key: string, colour = 'red', more: object = {}) => {
  const [namespace = '', name = ''] = key.split('/');
  return { metadata: { name, namespace }, colour, ...more };
};

type Watching = {
  readonly server: FakeApiServer;
  readonly reflector: Reflector<string>;
  readonly changes: KeptChange<string>[];
  /** Milliseconds that were waited, in order. */
  readonly waits: number[];
  /** Why it waited. */
  readonly codes: string[];
  readonly kubeconfig: string;
  readonly start: () => void;
};

async function watching(context: TestContext, prepare: (server: FakeApiServer) => void = () => {}): Promise<Watching> {
  const server = new FakeApiServer();
  await server.listen();
  prepare(server);
  const folder = await mkdtemp(join(tmpdir(), 'bulkhead-watch-'));
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, server.kubeconfig());
  const changes: KeptChange<string>[] = [];
  const waits: number[] = [];
  const codes: string[] = [];
  const parts = {
    api: openKubernetesApi(kubeconfig),
    // Time does not go on, so no watch lasts long enough to have been one.
    clock: () => 1000,
    random: () => 0,
    // As long as it likes in one step of the clock: what is looked at is how long it wants to wait.
    pause: (milliseconds: number, signal: AbortSignal) => {
      waits.push(milliseconds);
      codes.push(reflector.health().problem?.code ?? 'none');
      return pause(1, signal);
    },
  };
  const reflector = new Reflector(resource, parts, (some) => changes.push(...some));
  const ended = new AbortController();
  let running = Promise.resolve();
  context.after(async () => {
    ended.abort();
    await running;
    await server.close();
    await rm(folder, { recursive: true });
  });
  const start = () => {
    running = reflector.run(ended.signal);
  };
  return { server, reflector, changes, waits, codes, kubeconfig, start };
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 2000; tries++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.fail(`waited for ${what}`);
}

const stateOf = (server: FakeApiServer): [string, string][] =>
  server.keys('pods').map((key) => [key, String(server.json('pods', key)?.colour)]);
const isSame = ({ server, reflector }: Watching): boolean =>
  JSON.stringify([...reflector.objects].sort()) === JSON.stringify(stateOf(server));
const untilSame = (watching: Watching) => until('the state of the server', () => isSame(watching));
const untilConnected = ({ server }: Watching) => until('an open watch', () => server.openWatches === 1);

/** Each fault meets a reflector that holds two objects; then an object comes, one changes and one goes. */
type Case = {
  readonly what: string;
  readonly happen: (watching: Watching) => void | Promise<void>;
  readonly code: string | null;
  readonly lists: number;
  /** What it wants to wait at first; null: anything. */
  readonly wait?: number;
};

const fault =
  (one: Fault) =>
  ({ server }: Watching) => {
    server.faults.push(one);
    server.cutWatches();
  };
const bigObject = pod('a/big', 'blue', { annotations: 'x'.repeat(3 << 20) });

const cases: readonly Case[] = [
  { what: 'nothing goes wrong', happen: () => {}, code: null, lists: 1 },
  {
    what: 'the connection is cut between events',
    happen: ({ server }) => server.cutWatches(),
    code: 'unreachable',
    lists: 1,
    wait: 250,
  },
  {
    what: 'the connection is cut in the middle of an object',
    happen: ({ server }) => server.cutWatches('{"type":"MODIFIED","object":{"metadata":{"name":"one","names'),
    code: 'unreachable',
    lists: 1,
  },
  {
    what: 'the connection is cut after an object whose line has no end',
    happen: ({ server }) =>
      server.cutWatches(
        '{"type":"DELETED","object":{"metadata":{"name":"one","namespace":"a","resourceVersion":"9999"}}}',
      ),
    code: 'unreachable',
    lists: 1,
  },
  { what: 'the server ends the watch', happen: ({ server }) => server.endWatches(), code: 'unreachable', lists: 1 },
  {
    what: '410 as an event: what it asks for is forgotten',
    happen: ({ server }) => {
      server.put('pods', pod('a/meanwhile'));
      server.cutWatches();
      server.remove('pods', 'a/meanwhile');
      server.compact();
    },
    code: 'gone',
    lists: 2,
  },
  { what: '410 as a status', happen: fault({ on: 'watch', status: 410 }), code: 'gone', lists: 2 },
  { what: '401 and the file holds a new token', happen: newToken, code: 'unauthorized', lists: 1 },
  { what: '403', happen: fault({ on: 'watch', status: 403 }), code: 'forbidden', lists: 1 },
  {
    what: '429 with Retry-After',
    happen: fault({ on: 'watch', status: 429, headers: { 'retry-after': '7' } }),
    code: 'busy',
    lists: 1,
  },
  { what: '503', happen: fault({ on: 'watch', status: 503 }), code: 'busy', lists: 1 },
  {
    what: '504 as an event: the server is behind what it is asked for',
    happen: fault({ on: 'watch', body: '{"type":"ERROR","object":{"kind":"Status","code":504}}\n' }),
    code: 'busy',
    lists: 2,
  },
  {
    what: 'garbage for JSON',
    happen: ({ server }) => server.sendRaw('pods', '<html>502 Bad Gateway</html>\n'),
    code: 'garbage',
    lists: 1,
  },
  {
    what: 'an object without a name',
    happen: ({ server }) => server.sendRaw('pods', '{"type":"ADDED","object":{"metadata":{"resourceVersion":"9"}}}\n'),
    code: 'garbage',
    lists: 1,
  },
  {
    what: 'garbage at the same place three times',
    happen: ({ server }) => {
      const garbage: Fault = { on: 'watch', body: '{"type":"ADDED","object":null}\n' };
      server.faults.push(garbage, garbage, garbage);
      server.cutWatches();
    },
    code: 'garbage',
    lists: 2,
  },
  { what: 'an object of 3 MB', happen: ({ server }) => server.put('pods', bigObject), code: null, lists: 1 },
  {
    what: 'an event of 20 MB',
    happen: ({ server }) => server.sendRaw('pods', `"${'x'.repeat(20 << 20)}"\n`),
    code: 'too-large',
    lists: 1,
  },
];

async function newToken({ server, kubeconfig }: Watching): Promise<void> {
  server.token = 'second';
  writeFileSync(kubeconfig, server.kubeconfig());
  server.cutWatches();
}

for (const { what, happen, code, lists, wait } of cases)
  test(`${what}: nothing is missed`, async (context) => {
    const watched = await watching(context, (server) => {
      server.token = 'first';
      server.put('pods', pod('a/one'));
      server.put('pods', pod('a/two'));
    });
    const { server, reflector, waits, codes } = watched;
    watched.start();
    await untilConnected(watched);
    await happen(watched);
    server.put('pods', pod('a/three'));
    server.put('pods', pod('a/one', 'green'));
    server.remove('pods', 'a/two');
    await untilSame(watched);
    await untilConnected(watched);
    await until('to say it is connected', () => reflector.health().problem === null);
    const health = reflector.health();
    assert.deepEqual([health.lists, health.staleSince], [lists, null]);
    assert.deepEqual([health.connectedSince, health.heardAt], [1000, 1000]);
    // Most faults need a connection that was cut to meet them.
    const met = new Set(codes.filter((one) => one !== 'unreachable' || code === 'unreachable'));
    assert.deepEqual([...met], code === null ? [] : [code]);
    assert.equal(codes.length, health.failures);
    if (wait !== undefined) assert.equal(waits[0], wait);
  });

const waitCases: readonly (readonly [what: string, faults: readonly Fault[], waits: readonly number[]])[] = [
  ['gone once is listed at once', [{ on: 'watch', status: 410 }], [0]],
  [
    'gone again and again is not',
    [
      { on: 'watch', status: 410 },
      { on: 'watch', status: 410 },
      { on: 'watch', status: 410 },
    ],
    [0, 500, 1000],
  ],
  ['a refused token is read again at once', [{ on: 'list', status: 401 }], [0]],
  [
    'a token that stays refused is not',
    [
      { on: 'list', status: 401 },
      { on: 'list', status: 401 },
    ],
    [0, 500],
  ],
  ['a busy server says how long', [{ on: 'list', status: 429, headers: { 'retry-after': '7' } }], [7250]],
  ['and nobody waits for a day', [{ on: 'list', status: 429, headers: { 'retry-after': '86400' } }], [300_250]],
  [
    'a date for Retry-After is not read',
    [{ on: 'list', status: 503, headers: { 'retry-after': 'Fri, 27 Nov 2026 10:00:00 GMT' } }],
    [250],
  ],
  [
    'failures double the wait',
    Array.from({ length: 9 }, () => ({ on: 'list', status: 500 }) as const),
    [250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000],
  ],
  ['garbage for a list', [{ on: 'list', body: 'no JSON' }], [250]],
  ['a list without a version', [{ on: 'list', body: '{"items":[],"metadata":{}}' }], [250]],
  ['a list that is cut', [{ on: 'list', body: '{"items":[{"metadata":' }], [250]],
];
for (const [what, faults, expected] of waitCases)
  test(`waiting: ${what}`, async (context) => {
    const watched = await watching(context, (server) => {
      server.put('pods', pod('a/one'));
      server.faults.push(...faults);
    });
    watched.start();
    await untilSame(watched);
    await untilConnected(watched);
    assert.deepEqual(watched.waits, expected);
  });

test('a list comes in pages, and is complete only with the last', async (context) => {
  const watched = await watching(context, (server) => {
    server.pageLimit = 3;
    for (let index = 0; index < 10; index++) server.put('pods', pod(`a/p${index}`));
  });
  watched.start();
  await untilSame(watched);
  const pages = watched.server.requests.filter((request) => !request.includes('watch'));
  assert.equal(pages.length, 4);
  assert.equal(pages.filter((page) => page.includes('continue=')).length, 3);
  assert.equal(watched.changes.length, 10);
});

test('a list whose pages expire is begun again, and at last asked for at once', async (context) => {
  const watched = await watching(context, (server) => {
    server.pageLimit = 3;
    for (let index = 0; index < 5; index++) server.put('pods', pod(`a/p${index}`));
    server.faults.push({ on: 'page', status: 410 }, { on: 'page', status: 410 });
  });
  watched.start();
  await untilSame(watched);
  assert.deepEqual(
    watched.server.requests.slice(0, 5).map((request) => request.replace(/continue=[^&]+/, 'continue')),
    [
      '/api/v1/pods?limit=500',
      '/api/v1/pods?limit=500&continue',
      '/api/v1/pods?limit=500',
      '/api/v1/pods?limit=500&continue',
      '/api/v1/pods',
    ],
  );
});

test('a bookmark is where it goes on, though nothing that it watches happened', async (context) => {
  const watched = await watching(context, (server) => server.put('pods', pod('a/one')));
  watched.start();
  await untilConnected(watched);
  for (let index = 0; index < 5; index++) watched.server.put('nodes', { metadata: { name: `n${index}` } });
  watched.server.bookmark('pods');
  await until('the bookmark', () => watched.reflector.health().events === 1);
  watched.server.compact();
  watched.server.cutWatches();
  watched.server.put('pods', pod('a/two'));
  await untilSame(watched);
  assert.equal(watched.reflector.health().lists, 1);
});

test('what was deleted while nobody watched is gone after the next list, and said to be', async (context) => {
  const watched = await watching(context, (server) => {
    for (const key of ['a/one', 'a/two', 'b/three']) server.put('pods', pod(key));
  });
  watched.start();
  await untilConnected(watched);
  const { port } = watched.server;
  await watched.server.close();
  await until('to notice', () => watched.reflector.health().problem !== null);
  const stale = watched.reflector.health();
  assert.equal(stale.objects, 3, 'what is known stays');
  assert.ok(stale.staleSince !== null && stale.connectedSince === null);
  watched.server.remove('pods', 'a/two');
  watched.server.put('pods', pod('b/three', 'green'));
  watched.server.compact();
  watched.changes.splice(0);
  await watched.server.listen(port);
  await untilSame(watched);
  assert.deepEqual(watched.changes, [
    { key: 'a/two', to: null },
    { key: 'b/three', to: 'green' },
  ]);
  assert.equal(watched.reflector.health().lists, 2);
});

test('no token is in what is said of a failure', async (context) => {
  const watched = await watching(context, (server) => {
    server.token = 'right-token';
  });
  writeFileSync(watched.kubeconfig, watched.server.kubeconfig('secret-token'));
  watched.start();
  await until('a refusal', () => watched.waits.length > 2);
  assert.equal(watched.reflector.health().problem?.code, 'unauthorized');
  assert.ok(!JSON.stringify(watched.reflector.health()).includes('token-'));
  writeFileSync(watched.kubeconfig, `users: [{name: a, user: {token: secret-token}}]\n  broken: {`);
  await until('a broken file', () => watched.reflector.health().problem?.code === 'unreachable');
  assert.ok(!JSON.stringify(watched.reflector.health()).includes('secret-token'));
});

const streams = Number(process.env.PROPERTY_RUNS ?? 20);
const firstSeed = Number(process.env.PROPERTY_SEED ?? 1);

test(`whatever is cut, forgotten or refused, no event is missed, ${streams} streams from seed ${firstSeed}`, async (context) => {
  const totals = { failures: 0, lists: 0 };
  for (let seed = firstSeed; seed < firstSeed + streams; seed++) {
    const random = seededRandom(seed);
    const watched = await watching(context, (server) => {
      server.pageLimit = 1 + random.below(6);
      for (let index = 0; index < random.below(10); index++) step(server, random);
    });
    watched.start();
    for (let quiet = 0; quiet < 6; quiet++) {
      for (let index = 0; index < 12; index++) {
        step(watched.server, random);
        if (random.chance(0.3)) disturb(watched.server, random);
        if (random.chance(0.4)) await new Promise((resolve) => setTimeout(resolve, random.below(4)));
      }
      await until(`seed ${seed}, quiet ${quiet}`, () => isSame(watched) && watched.server.openWatches > 0);
      const followed = new Map<string, string | null>();
      for (const { key, to } of watched.changes) followed.set(key, to);
      const told = [...followed].filter(([, to]) => to !== null).sort();
      assert.deepEqual(told, stateOf(watched.server), `seed ${seed}, quiet ${quiet}: what was told adds up`);
    }
    totals.failures += watched.reflector.health().failures;
    totals.lists += watched.reflector.health().lists;
  }
  assert.ok(totals.failures > 3 * streams && totals.lists > 2 * streams, JSON.stringify(totals));
});

const keys = ['a/1', 'a/2', 'a/3', 'b/1', 'b/2', 'c/1', 'c/2', 'd/1'];

function step(server: FakeApiServer, random: Random): void {
  const key = random.pick(keys);
  if (random.chance(0.35)) server.remove('pods', key);
  else server.put('pods', pod(key, random.pick(['red', 'green', 'blue'])));
}

function disturb(server: FakeApiServer, random: Random): void {
  const statuses = [401, 403, 410, 429, 500, 503];
  const disturbances: readonly (() => void)[] = [
    () => server.cutWatches(),
    () => server.cutWatches('{"type":"DELETED","object":{"metadata":{"name":"1","names'),
    () => server.endWatches(),
    () => server.compact(),
    () => server.bookmark('pods'),
    () => server.sendRaw('pods', 'garbage\n'),
    () => server.faults.push({ on: random.pick(['list', 'watch', 'page'] as const), status: random.pick(statuses) }),
    () => server.faults.push({ on: 'watch', body: '{"type":"ERROR","object":{"code":410}}\n' }),
  ];
  random.pick(disturbances)();
}
