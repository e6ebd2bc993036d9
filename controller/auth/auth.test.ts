import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStore } from '../store/open-store.ts';
import { temporaryDirectory } from '../testkit/temporary-directory.ts';
import { failedAttempts } from './attempts.ts';
import { type Actor, isPermitted, type Permission } from './permissions.ts';
import { closeSession, logIn, sessionSeconds, userOfToken } from './sessions.ts';
import { completeSetup, offerSetup } from './setup.ts';
import { newToken, tokenHash, tokenMatches } from './tokens.ts';

test('the setup link works once, for the first user only, and not with another token', async (context) => {
  const store = await openStore(temporaryDirectory(context), () => 0);
  context.after(() => store.close());
  const old = await offerSetup(store);
  const token = (await offerSetup(store)) ?? '';
  const request = { token, name: 'ana', password: 'correct horse battery' };
  assert.equal(await completeSetup(store, { ...request, token: old ?? '' }), 'wrong-token');
  const both = await Promise.all([completeSetup(store, request), completeSetup(store, { ...request, name: 'bo' })]);
  assert.deepEqual(both.sort(), ['already-set-up', 'created']);
  assert.equal(await store.users.count(), 1);
  assert.equal(await offerSetup(store), null);
});

test('a session is opened by the right password alone and ends', async (context) => {
  let now = 1000;
  const clock = () => now;
  const store = await openStore(temporaryDirectory(context), clock);
  context.after(() => store.close());
  const token = (await offerSetup(store)) ?? '';
  await completeSetup(store, { token, name: 'ana', password: 'correct horse battery' });
  assert.equal(await logIn(store, clock, { name: 'ana', password: 'wrong horse battery' }), null);
  assert.equal(await logIn(store, clock, { name: 'bo', password: 'nobody has this password' }), null);
  const session = (await logIn(store, clock, { name: 'ana', password: 'correct horse battery' })) ?? '';
  assert.equal((await userOfToken(store, session))?.role, 'admin');
  assert.equal(await userOfToken(store, tokenHash(session)), null, 'the stored hash is not a token');
  now += sessionSeconds * 1000;
  assert.equal(await userOfToken(store, session), null);
  const second = (await logIn(store, clock, { name: 'ana', password: 'correct horse battery' })) ?? '';
  await closeSession(store, second);
  assert.equal(await userOfToken(store, second), null);
});

test('a token matches its own hash only', () => {
  const token = newToken();
  assert.ok(tokenMatches(token, tokenHash(token)));
  for (const other of ['', newToken(), token.slice(1), `${token}x`]) assert.ok(!tokenMatches(other, tokenHash(token)));
  for (const hash of ['', 'zz', tokenHash(token).slice(2)]) assert.ok(!tokenMatches(token, hash));
});

test('who may do what', () => {
  const viewer: Actor = { kind: 'user', name: 'v', role: 'viewer' };
  const admin: Actor = { kind: 'user', name: 'a', role: 'admin' };
  const cases: readonly (readonly [Actor, Permission, boolean])[] = [
    [{ kind: 'nobody' }, 'public', true],
    [{ kind: 'nobody' }, 'view', false],
    [{ kind: 'nobody' }, 'administer', false],
    [viewer, 'view', true],
    [viewer, 'edit', false],
    [viewer, 'provision', false],
    [viewer, 'administer', false],
    [admin, 'provision', true],
    [{ kind: 'local' }, 'administer', true],
  ];
  for (const [actor, permission, expected] of cases) assert.equal(isPermitted(actor, permission), expected, permission);
});

test('failures are counted per source and forgotten after a minute', () => {
  let now = 0;
  const attempts = failedAttempts(2, () => now);
  attempts.failed('a');
  assert.ok(attempts.mayTry('a'));
  attempts.failed('a');
  assert.ok(!attempts.mayTry('a'));
  assert.ok(attempts.mayTry('b'));
  now = 60_001;
  assert.ok(attempts.mayTry('a'));
});
