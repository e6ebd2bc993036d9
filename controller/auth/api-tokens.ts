import type { ApiTokenRecord } from '../store/api-tokens.ts';
import type { Store, Stores } from '../store/open-store.ts';
import type { Role } from '../store/users.ts';
import { newToken, tokenHash } from './tokens.ts';

/** Told apart from other secrets by whoever looks for secrets that were published by mistake. */
const mark = 'bht1.';
/** When a token was used last is written down once in that many milliseconds. */
const usedEvery = 60_000;

type NewToken = {
  readonly name: string;
  readonly role: Role;
  readonly by: string;
  readonly now: number;
  readonly expiresAt: number;
};

/** The secret is in this answer and nowhere else. `taken`: a user, an invitation or a token has that name. */
export type Created =
  | { readonly kind: 'created'; readonly token: string; readonly record: ApiTokenRecord }
  | { readonly kind: 'taken' };

export function createApiToken(store: Store, { name, role, by, now, expiresAt }: NewToken): Promise<Created> {
  const token = mark + newToken();
  const record = { name, tokenHash: tokenHash(token), role, createdAt: now, createdBy: by, expiresAt };
  return store.transaction(async (stores) => {
    if (await isTaken(stores, name)) return { kind: 'taken' };
    await stores.apiTokens.add(record);
    const detail = { role, expires: new Date(expiresAt).toISOString() };
    await stores.audit.add({ actor: by, action: 'token.create', subject: name, detail });
    return { kind: 'created', token, record: { ...record, lastUsedAt: null } };
  });
}

/** Ownership knows users and tokens by their names alone: no two may share one. */
export async function isTaken({ users, invitations, apiTokens }: Stores, name: string): Promise<boolean> {
  if ((await users.get(name)) !== null || (await apiTokens.get(name)) !== null) return true;
  return (await invitations.all()).some((invited) => invited.name === name);
}

/** False: there is none of that name. */
export function revokeApiToken(store: Store, name: string, by: string): Promise<boolean> {
  return store.transaction(async ({ apiTokens, audit }) => {
    if (!(await apiTokens.remove(name))) return false;
    await audit.add({ actor: by, action: 'token.revoke', subject: name, detail: {} });
    return true;
  });
}

/** Whose token it is, while it is good. */
export async function apiTokenOf(store: Store, token: string, now: number): Promise<ApiTokenRecord | null> {
  if (!token.startsWith(mark)) return null;
  const record = await store.apiTokens.ofToken(tokenHash(token));
  if (record === null || record.expiresAt <= now) return null;
  if (now - (record.lastUsedAt ?? 0) >= usedEvery) await store.apiTokens.used(record.name, now);
  return record;
}
