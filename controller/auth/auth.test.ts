import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openStore } from '../store/open-store.ts';
import { temporaryDirectory } from '../testkit/temporary-directory.ts';
import { failedAttempts } from './attempts.ts';
import { acceptInvitation, invitationSeconds, invite, removeUser } from './invitations.ts';
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

test('an invitation makes one account of its name and role, and is of no use afterwards', async (context) => {
  const store = await openStore(temporaryDirectory(context), () => 0);
  context.after(() => store.close());
  const old = await invite(store, { name: 'bo', role: 'admin', by: 'ana', now: 0 });
  const token = await invite(store, { name: 'bo', role: 'viewer', by: 'ana', now: 0 });
  const request = { token, name: 'bo', password: 'correct horse battery', now: 0 };
  const kind = async (change: Partial<typeof request>) =>
    (await acceptInvitation(store, { ...request, ...change })).kind;
  assert.equal(await kind({ token: old }), 'unknown', 'an earlier link');
  assert.equal(await kind({ token: tokenHash(token) }), 'unknown', 'the stored hash is not a token');
  assert.equal(await kind({ name: 'eve' }), 'other-name');
  assert.equal(await kind({ now: invitationSeconds * 1000 }), 'expired');
  const both = await Promise.all([kind({}), kind({})]);
  assert.deepEqual(both.sort(), ['accepted', 'unknown']);
  assert.deepEqual(
    (await store.users.all()).map(({ name, role }) => [name, role]),
    [['bo', 'viewer']],
  );
});

test('a new link for a user sets the password, keeps the role and ends the sessions', async (context) => {
  const store = await openStore(temporaryDirectory(context), () => 0);
  context.after(() => store.close());
  const join = async (name: string, role: 'admin' | 'viewer', password: string) =>
    acceptInvitation(store, { token: await invite(store, { name, role, by: 'ana', now: 0 }), name, password, now: 0 });
  await join('bo', 'viewer', 'correct horse battery');
  const session = (await logIn(store, () => 0, { name: 'bo', password: 'correct horse battery' })) ?? '';
  assert.deepEqual(await join('bo', 'admin', 'another horse battery'), { kind: 'accepted', role: 'viewer' });
  assert.equal(await userOfToken(store, session), null);
  assert.equal(await logIn(store, () => 0, { name: 'bo', password: 'correct horse battery' }), null);
  assert.notEqual(await logIn(store, () => 0, { name: 'bo', password: 'another horse battery' }), null);
});

test('who is removed is out at once, and the last administrator stays', async (context) => {
  const store = await openStore(temporaryDirectory(context), () => 0);
  context.after(() => store.close());
  for (const [name, role] of [
    ['ana', 'admin'],
    ['bo', 'viewer'],
  ] as const) {
    await store.users.add({ name, role, passwordHash: 'p' });
  }
  await store.users.addSession({ tokenHash: 't', user: 'bo', expiresAt: 1 });
  await invite(store, { name: 'cy', role: 'admin', by: 'ana', now: 0 });
  assert.equal(await removeUser(store, 'ana', 'ana'), 'last-admin');
  assert.deepEqual(await Promise.all(['bo', 'cy', 'dee'].map((name) => removeUser(store, name, 'ana'))), [
    'removed',
    'removed',
    'unknown',
  ]);
  assert.equal(await store.users.userOfSession('t'), null);
  assert.deepEqual(await store.invitations.all(), []);
  const actions = (await store.audit.list({ before: null, limit: 9 })).map(
    ({ action, subject }) => `${action} ${subject}`,
  );
  assert.deepEqual(actions, ['user.remove cy', 'user.remove bo', 'user.invite cy']);
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
