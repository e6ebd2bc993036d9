import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openStore, type Store } from '../store/open-store.ts';
import { temporaryDirectory } from '../testkit/temporary-directory.ts';
import { apiTokenOf, createApiToken, revokeApiToken } from './api-tokens.ts';
import { acceptInvitation, invite } from './invitations.ts';

async function storeWithPeople(context: TestContext): Promise<Store> {
  const store = await openStore(temporaryDirectory(context), () => 0);
  context.after(() => store.close());
  for (const name of ['bo', 'cy']) {
    const token = await invite(store, { name, role: 'viewer', by: 'ana', now: 0 });
    const password = 'correct horse battery';
    if (name === 'bo') await acceptInvitation(store, { token, name, password, now: 0 });
  }
  await create(store, 'ci');
  return store;
}

const create = (store: Store, name: string) =>
  createApiToken(store, { name, role: 'admin', by: 'ana', now: 0, expiresAt: 1_000_000 });

/** Whoever may name a token like somebody would write in his directories. */
const names: readonly (readonly [who: string, name: string, kind: 'taken' | 'created'])[] = [
  ['a user who accepted his invitation', 'bo', 'taken'],
  ['somebody who is invited', 'cy', 'taken'],
  ['another token', 'ci', 'taken'],
  ['nobody', 'di', 'created'],
];

for (const [who, name, kind] of names)
  test(`a token with the name of ${who} is ${kind}`, async (context) => {
    const store = await storeWithPeople(context);
    assert.equal((await create(store, name)).kind, kind);
    const listed = (await store.apiTokens.all()).map((token) => token.name);
    assert.deepEqual(listed, kind === 'created' ? ['ci', name] : ['ci']);
  });

test('the name of a token is free again once it is revoked', async (context) => {
  const store = await storeWithPeople(context);
  assert.equal(await revokeApiToken(store, 'ci', 'ana'), true);
  assert.equal((await create(store, 'ci')).kind, 'created');
});

test('when a token was used last is written down once a minute', async (context) => {
  const store = await storeWithPeople(context);
  const made = await create(store, 'di');
  const token = made.kind === 'created' ? made.token : assert.fail(made.kind);
  /** When it is used, and what is written down after that; milliseconds. */
  const uses: readonly (readonly [at: number, written: number])[] = [
    [100_000, 100_000],
    [100_001, 100_000],
    [159_999, 100_000],
    [160_000, 160_000],
    [219_999, 160_000],
    [500_000, 500_000],
  ];
  for (const [at, written] of uses) {
    assert.equal((await apiTokenOf(store, token, at))?.name, 'di');
    assert.equal((await store.apiTokens.get('di'))?.lastUsedAt, written, `used at ${at}`);
  }
  assert.equal(await apiTokenOf(store, token, 1_000_000), null, 'it has expired');
  assert.equal((await store.apiTokens.get('di'))?.lastUsedAt, 500_000);
});
