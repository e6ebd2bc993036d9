import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { httpsRequest } from '../testkit/https-request.ts';
import { administrator, apiPort } from '../testkit/people.ts';
import { type TestController, testController } from '../testkit/test-controller.ts';

const asking = (controller: TestController, authorization: string, more: Record<string, string> = {}) =>
  httpsRequest(apiPort(controller), { method: 'GET', path: '/api/v1/session', headers: { authorization, ...more } });

test('a token signs in as what it was made for, is listed without its secret, and is of no use once revoked', async (context) => {
  const controller = await testController(context);
  const { api } = controller;
  const { status, body: made } = await api('POST', '/tokens', { name: 'ci-shop', role: 'editor' });
  assert.equal(status, 201);
  assert.match(made.token, /^bht1\.[\w-]{43}$/);
  assert.equal(made.lastUsed, null);
  assert.deepEqual((await asking(controller, `Bearer ${made.token}`)).body, { name: 'token:ci-shop', role: 'editor' });
  const { token: _, ...shown } = made;
  const [listed] = (await api('GET', '/tokens')).body.items;
  assert.deepEqual({ ...listed, lastUsed: null }, shown);
  assert.ok(Date.parse(listed.lastUsed) > 0, 'when it was used last is known');
  assert.equal((await api('DELETE', '/tokens/ci-shop')).status, 204);
  assert.equal((await asking(controller, `Bearer ${made.token}`)).body.code, 'not-logged-in');
  assert.equal((await api('DELETE', '/tokens/ci-shop')).status, 404);
  const actions = (await api('GET', '/audit')).body.items.map((entry: { action: string }) => entry.action);
  assert.deepEqual(actions, ['token.revoke', 'token.create']);
});

test('the secret is nowhere on disk and in no entry of the audit log', async (context) => {
  const controller = await testController(context);
  const { body } = await controller.api('POST', '/tokens', { name: 'ci', role: 'admin' });
  await asking(controller, `Bearer ${body.token}`);
  assert.doesNotMatch(JSON.stringify((await controller.api('GET', '/audit')).body), /bht1/);
  for (const name of readdirSync(controller.directory).filter((one) => one.startsWith('controller.db')))
    assert.ok(!readFileSync(join(controller.directory, name)).includes(body.token.slice(5)), name);
});

test('what is no token of now is nobody, whatever session there is beside it', async (context) => {
  const controller = await testController(context);
  const { body } = await controller.api('POST', '/tokens', {
    name: 'short',
    role: 'admin',
    expires: new Date(Date.now() + 400).toISOString(),
  });
  const session = await administrator(controller);
  const wrong = [
    '',
    'Bearer',
    'Bearer ',
    `Basic ${body.token}`,
    body.token,
    `Bearer ${body.token}x`,
    'Bearer bht1.',
    `Bearer ${'x'.repeat(300)}`,
  ];
  for (const authorization of wrong) {
    const { status, body: said } = await asking(controller, authorization, session);
    assert.deepEqual([status, said.code], [401, 'not-logged-in'], authorization);
  }
  assert.equal((await asking(controller, `bearer ${body.token}`)).status, 200, 'the scheme has no case');
  const expired = async () => (await asking(controller, `Bearer ${body.token}`)).status === 401;
  for (const end = Date.now() + 5000; Date.now() < end && !(await expired()); );
  assert.ok(await expired());
  assert.equal((await controller.api('GET', '/tokens')).body.items.length, 1, 'its name is kept until it is revoked');
});

const refused: readonly (readonly [what: string, body: object, code: string])[] = [
  ['no role', { name: 'a' }, 'invalid-request'],
  ['a role that is none', { name: 'a', role: 'root' }, 'invalid-request'],
  ['a name that nobody has', { name: 'token:a', role: 'viewer' }, 'invalid-request'],
  ['a time that is over', { name: 'a', role: 'viewer', expires: '2020-01-01T00:00:00.000Z' }, 'invalid-request'],
  ['a time too far away', { name: 'a', role: 'viewer', expires: '2099-01-01T00:00:00.000Z' }, 'invalid-request'],
  ['a name that another has', { name: 'ci', role: 'viewer' }, 'already-exists'],
  ['a name that somebody is invited by', { name: 'bo', role: 'viewer' }, 'already-exists'],
];

test('a token is refused', async (context) => {
  const { api } = await testController(context);
  await api('POST', '/tokens', { name: 'ci', role: 'viewer' });
  await api('POST', '/users', { name: 'bo', role: 'viewer' });
  for (const [what, body, code] of refused) assert.equal((await api('POST', '/tokens', body)).body.code, code, what);
  assert.equal((await api('GET', '/tokens')).body.items.length, 1);
});
