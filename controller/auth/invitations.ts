import type { Store } from '../store/open-store.ts';
import type { Role } from '../store/users.ts';
import { hashPassword } from './passwords.ts';
import { newToken, tokenHash } from './tokens.ts';

export const invitationSeconds = 24 * 3600;

type Invited = { readonly name: string; readonly role: Role; readonly by: string; readonly now: number };

/** The token of a one-time link with which somebody makes an account of that name, or a new password for it. */
export async function invite(store: Store, { name, role, by, now }: Invited): Promise<string> {
  const token = newToken();
  const expiresAt = now + invitationSeconds * 1000;
  await store.transaction(async ({ invitations, audit }) => {
    await invitations.put({ name, role, tokenHash: tokenHash(token), createdAt: now, createdBy: by, expiresAt });
    const detail = { role, expires: new Date(expiresAt).toISOString() };
    await audit.add({ actor: by, action: 'user.invite', subject: name, detail });
  });
  return token;
}

export type Acceptance =
  | { readonly kind: 'accepted'; readonly role: Role }
  /** There is no such link: it was used, withdrawn or replaced. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'expired' }
  | { readonly kind: 'other-name'; readonly name: string };

type Accept = { readonly token: string; readonly name: string; readonly password: string; readonly now: number };

/** Makes the account, or sets its password and ends its sessions; the link is used up with it. */
export async function acceptInvitation(store: Store, { token, name, password, now }: Accept): Promise<Acceptance> {
  const hash = tokenHash(token);
  const offered = await store.invitations.ofToken(hash);
  if (offered === null) return { kind: 'unknown' };
  if (offered.expiresAt <= now) return { kind: 'expired' };
  if (offered.name !== name) return { kind: 'other-name', name: offered.name };
  const passwordHash = await hashPassword(password);
  return store.transaction(async ({ invitations, users, audit }) => {
    // Asked again inside: hashing took a while, and the link may have been used or withdrawn meanwhile.
    if ((await invitations.ofToken(hash)) === null) return { kind: 'unknown' };
    await invitations.remove(name);
    const known = await users.get(name);
    if (known === null) await users.add({ name, passwordHash, role: offered.role });
    else await users.setPassword(name, passwordHash);
    await audit.add({ actor: name, action: known === null ? 'user.join' : 'user.password', subject: name, detail: {} });
    return { kind: 'accepted', role: known?.role ?? offered.role };
  });
}

export type Removal = 'removed' | 'unknown' | 'last-admin';

/** With sessions and open links. Somebody must stay who can let others in. */
export function removeUser(store: Store, name: string, by: string): Promise<Removal> {
  return store.transaction(async ({ users, invitations, audit }) => {
    const admins = (await users.all()).filter(({ role }) => role === 'admin');
    if (admins.length === 1 && admins[0]?.name === name) return 'last-admin';
    const [wasUser, wasInvited] = [await users.remove(name), await invitations.remove(name)];
    if (!wasUser && !wasInvited) return 'unknown';
    await audit.add({ actor: by, action: 'user.remove', subject: name, detail: {} });
    return 'removed';
  });
}
