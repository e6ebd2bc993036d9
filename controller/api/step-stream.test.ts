import assert from 'node:assert/strict';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Fastify from 'fastify';
import { Refused } from './problem.ts';
import { answerInSteps } from './step-stream.ts';

type Work = Parameters<typeof answerInSteps<{ done: number }, object>>[2];

async function serve(work: Work) {
  const app = Fastify();
  app.get('/', (asked, reply) => answerInSteps(asked, reply, work));
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, [Symbol.asyncDispose]: () => app.close() };
}

const steps: Work = async ({ tell }) => {
  for (let done = 0; done < 5; done++) {
    await sleep(120);
    tell({ done });
  }
  return { opened: 7 };
};

const lines = { accept: 'application/x-ndjson' };

test('whoever accepts lines is told how far a long answer is, and gets it last', async () => {
  await using server = await serve(steps);
  const response = await fetch(server.url, { headers: lines });
  assert.match(response.headers.get('content-type') ?? '', /^application\/x-ndjson/);
  const said = (await response.text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { progress?: { done: number } });
  assert.deepEqual(said.at(-1), { answer: { opened: 7 } });
  const progress = said.slice(0, -1).map((line) => line.progress?.done);
  assert.ok(progress.length >= 1 && progress.length <= 4, `${progress}`);
});

test('everybody else gets the answer as it is', async () => {
  await using server = await serve(steps);
  const response = await fetch(server.url, { headers: { accept: 'application/json' } });
  assert.deepEqual(await response.json(), { opened: 7 });
});

const failures: readonly (readonly [Error, string, number])[] = [
  [new Refused('draft-has-problems', 'Cannot compare'), 'draft-has-problems', 422],
  [new Error('secret insides'), 'internal', 500],
];
for (const [error, code, status] of failures) {
  test(`a failure on the way is the last line: ${code}`, async () => {
    await using server = await serve(() => Promise.reject(error));
    const said = await (await fetch(server.url, { headers: lines })).text();
    const { problem } = JSON.parse(said) as { problem: { code: string; status: number; detail: string } };
    assert.deepEqual([problem.code, problem.status], [code, status]);
    assert.ok(!said.includes('secret'));
  });
}

test('nothing more is worked out once whoever asked has gone', async () => {
  let left: AbortSignal | null = null;
  await using server = await serve(async ({ signal, tell }) => {
    left = signal;
    for (let done = 0; !signal.aborted && done < 100; done++) {
      await sleep(50);
      tell({ done });
    }
    return {};
  });
  const call = request(server.url, { headers: lines });
  call.on('response', (response) => response.once('data', () => call.destroy()));
  call.on('error', () => {});
  call.end();
  for (let tries = 0; tries < 60 && (left as AbortSignal | null)?.aborted !== true; tries++) await sleep(50);
  assert.equal((left as AbortSignal | null)?.aborted, true);
});
