import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import Fastify from 'fastify';
import { openStore } from '../store/open-store.ts';
import { eventually } from '../testkit/eventually.ts';
import { temporaryDirectory } from '../testkit/temporary-directory.ts';
import { idempotentPosts } from './idempotency.ts';
import type { Api } from './parts.ts';
import { problemDocument, Refused } from './problem.ts';

type Turn = PromiseWithResolvers<void>;

/** One route that counts how often it acts, and answers when it is let. */
async function slowRoute(context: TestContext) {
  const store = await openStore(temporaryDirectory(context), () => 0);
  const [begun, gone, finish] = Array.from({ length: 3 }, () => Promise.withResolvers<void>()) as [Turn, Turn, Turn];
  let acted = 0;
  const app = Fastify({ forceCloseConnections: true }) as unknown as Api;
  app.decorateRequest('actor');
  app.addHook('onRequest', async (request) => {
    request.actor = { kind: 'user', name: String(request.headers.as ?? 'ana'), role: 'admin' };
  });
  app.setErrorHandler((error, _request, reply) => {
    const { status, code } = problemDocument(error instanceof Refused ? error : new Refused('internal', String(error)));
    return reply.code(status).send({ code });
  });
  idempotentPosts(app, store);
  app.post('/things', async (_request, reply) => {
    acted++;
    reply.raw.once('close', gone.resolve);
    begun.resolve();
    await finish.promise;
    return reply.code(201).send({ acted });
  });
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  context.after(async () => {
    await app.close();
    await store.close();
  });
  const post = async (body: object, headers: Record<string, string> = {}, signal?: AbortSignal) => {
    const sent = { 'content-type': 'application/json', 'idempotency-key': 'k', ...headers };
    const asked = { method: 'POST', body: JSON.stringify(body), headers: sent, ...(signal && { signal }) };
    const answer = await fetch(`${address}/things`, asked);
    return [answer.status, await answer.json()] as const;
  };
  return { post, begun: begun.promise, gone: gone.promise, finish: () => finish.resolve(), acted: () => acted };
}

test('of two at once with one key one acts, and the other is told so and nothing else', async (context) => {
  const { post, begun, finish, acted } = await slowRoute(context);
  const first = post({ name: 'a' });
  await begun;
  for (const body of [{ name: 'a' }, { name: 'b' }])
    assert.deepEqual(await post(body), [409, { code: 'idempotency-in-progress' }], JSON.stringify(body));
  const others = [{ as: 'bo' }, { 'idempotency-key': 'other' }].map((headers) => post({ name: 'a' }, headers));
  finish();
  for (const answer of [first, ...others]) assert.equal((await answer)[0], 201);
  assert.equal(acted(), 3, 'keys belong to whoever sends them');
});

test('whoever was told to wait gets the first answer afterwards', async (context) => {
  const { post, begun, finish, acted } = await slowRoute(context);
  const first = post({ name: 'a' });
  await begun;
  assert.equal((await post({ name: 'a' }))[0], 409);
  finish();
  assert.deepEqual(await first, [201, { acted: 1 }]);
  assert.deepEqual(await post({ name: 'a' }), [201, { acted: 1 }]);
  assert.deepEqual(await post({ name: 'b' }), [422, { code: 'idempotency-key-reused' }]);
  assert.equal(acted(), 1);
});

test('whoever loses the connection and asks again does not act beside itself', async (context) => {
  const { post, begun, gone, finish, acted } = await slowRoute(context);
  const connection = new AbortController();
  const lost = assert.rejects(post({ name: 'a' }, {}, connection.signal));
  await begun;
  connection.abort();
  await Promise.all([lost, gone]);
  assert.equal((await post({ name: 'a' }))[0], 409);
  finish();
  await eventually('the answer to be kept', async () => (await post({ name: 'a' }))[0] === 201);
  assert.equal(acted(), 1);
});
