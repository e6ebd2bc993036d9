import type { Store } from '../store/open-store.ts';
import { hashPassword } from './passwords.ts';
import { newToken, tokenHash, tokenMatches } from './tokens.ts';

const metaKey = 'setup-token';

/** A new one-time token while there is no user, stored as its hash; null once somebody is there. */
export async function offerSetup(store: Store): Promise<string | null> {
  if ((await store.users.count()) > 0) return null;
  const token = newToken();
  await store.meta.set(metaKey, tokenHash(token));
  return token;
}

export type SetupOutcome = 'created' | 'wrong-token' | 'already-set-up';

/** Makes the first user, an admin, and uses up the token; both or neither. */
export async function completeSetup(
  store: Store,
  request: { readonly token: string; readonly name: string; readonly password: string },
): Promise<SetupOutcome> {
  const expected = await store.meta.get(metaKey);
  if (expected === null) return 'already-set-up';
  if (!tokenMatches(request.token, expected)) return 'wrong-token';
  const passwordHash = await hashPassword(request.password);
  return store.transaction(async (inner) => {
    // Asked again inside: hashing took a while, and somebody else may have used the same link.
    if ((await inner.meta.get(metaKey)) !== expected) return 'already-set-up';
    await inner.users.add({ name: request.name, passwordHash, role: 'admin' });
    await inner.meta.remove(metaKey);
    await inner.audit.add({ actor: request.name, action: 'setup', subject: request.name, detail: {} });
    return 'created';
  });
}
