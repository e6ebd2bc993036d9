import type { Store } from '../store/open-store.ts';
import type { UserRecord } from '../store/users.ts';
import { passwordMatches } from './passwords.ts';
import { newToken, tokenHash } from './tokens.ts';

export const sessionCookie = 'bulkhead_session';
export const sessionSeconds = 12 * 3600;

/** The opaque token of a new session, to be given to the browser and nowhere else; null: wrong name or password. */
export async function logIn(
  store: Store,
  clock: () => number,
  { name, password }: { readonly name: string; readonly password: string },
): Promise<string | null> {
  const user = await store.users.get(name);
  if (!(await passwordMatches(password, user?.passwordHash ?? null))) return null;
  return openSession(store, clock, name);
}

export async function openSession(store: Store, clock: () => number, user: string): Promise<string> {
  const token = newToken();
  await store.users.addSession({ tokenHash: tokenHash(token), user, expiresAt: clock() + sessionSeconds * 1000 });
  return token;
}

export function userOfToken(store: Store, token: string): Promise<UserRecord | null> {
  return store.users.userOfSession(tokenHash(token));
}

export function closeSession(store: Store, token: string): Promise<void> {
  return store.users.removeSession(tokenHash(token));
}
