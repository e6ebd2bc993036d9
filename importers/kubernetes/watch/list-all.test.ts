import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubernetesApi } from './api.ts';
import { backoff } from './backoff.ts';
import { listAll } from './list-all.ts';

/** As large as a page may not be: one piece over and over, so that no memory is needed for it. */
const piece = Buffer.alloc(16 * 1024 * 1024);
async function* tooMuch() {
  for (let sent = 0; sent < 9; sent++) yield piece;
}

async function* once(text: string) {
  yield Buffer.from(text);
}

/** A server of so many objects, of which more than `most` on a page are too many for a watcher. */
function serverOf(count: number, most: number): { readonly api: KubernetesApi; readonly asked: string[] } {
  const asked: string[] = [];
  const get: KubernetesApi['get'] = async (path) => {
    const query = new URL(path, 'http://fake').searchParams;
    const [limit, start] = [Number(query.get('limit')), Number(query.get('continue') ?? 0)];
    asked.push(`${start}+${limit}`);
    const end = Math.min(start + limit, count);
    if (end - start > most) return { status: 200, retryAfter: null, body: tooMuch() };
    const items = Array.from({ length: end - start }, (_, index) => ({ metadata: { name: `o${start + index}` } }));
    const metadata = { resourceVersion: '7', ...(end < count && { continue: String(end) }) };
    return { status: 200, retryAfter: null, body: once(JSON.stringify({ metadata, items })) };
  };
  return { api: { get, refresh: () => {} }, asked };
}

/** Objects, how many of them fit, and every page that is asked for as `first+limit`. */
const cases: readonly (readonly [count: number, most: number, asked: string])[] = [
  [3, 500, '0+500'],
  [600, 500, '0+500 500+500'],
  [600, 250, '0+500 0+250 250+250 500+250'],
  [300, 130, '0+500 0+250 0+125 125+125 250+125'],
  [3, 1, '0+500 0+250 0+125 0+63 0+32 0+16 0+8 0+4 0+2 0+1 1+1 2+1'],
];

for (const [count, most, expected] of cases)
  test(`${count} objects of which ${most} fit on a page are asked for as ${expected}`, async () => {
    const { api, asked } = serverOf(count, most);
    const { signal } = new AbortController();
    const resource = { name: 'nodes', path: '/api/v1/nodes', keep: () => true };
    const { objects, version } = await listAll(resource, { api, signal });
    assert.deepEqual([objects.size, version, asked.join(' ')], [count, '7', expected]);
  });

test('an object that is too large by itself is a failure, and not asked for for ever', async () => {
  const { api, asked } = serverOf(3, 0);
  const { signal } = new AbortController();
  const resource = { name: 'nodes', path: '/api/v1/nodes', keep: () => true };
  await assert.rejects(listAll(resource, { api, signal }), { code: 'too-large' });
  assert.equal(asked.at(-1), '0+1');
});

/** Failures in a row, what chance says, and the milliseconds that are waited. */
const waits: readonly (readonly [failures: number, random: number, milliseconds: number])[] = [
  [1, 0, 250],
  [1, 0.5, 375],
  [1, 1, 500],
  [2, 0, 500],
  [2, 1, 1000],
  [4, 0.25, 2500],
  [7, 0, 15_000],
  [7, 0.5, 22_500],
  [1000, 0, 15_000],
  [1000, 1, 30_000],
];

for (const [failures, random, milliseconds] of waits)
  test(`after ${failures} failures and with ${random} of chance ${milliseconds} ms are waited`, () =>
    assert.equal(
      backoff(failures, () => random),
      milliseconds,
    ));
