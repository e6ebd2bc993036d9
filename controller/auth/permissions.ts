import type { Role } from '../store/users.ts';

/**
 * What a route needs. `public`: nobody has to be logged in. `view`: reads. `edit`: drafts and estate. `provision`:
 * changes what hosts enforce. `administer`: pairing keys and who may do what.
 */
export const permissions = ['public', 'view', 'edit', 'provision', 'administer'] as const;
export type Permission = (typeof permissions)[number];

const granted: Readonly<Record<Role, readonly Permission[]>> = {
  admin: permissions,
  viewer: ['public', 'view'],
};

/** `local`: root on the controller's own machine, over the control socket; it could read the store anyway. */
export type Actor =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'local' }
  | { readonly kind: 'user'; readonly name: string; readonly role: Role };

export const actorName = (actor: Actor): string =>
  actor.kind === 'user' ? actor.name : actor.kind === 'local' ? 'local:root' : 'nobody';

export function isPermitted(actor: Actor, permission: Permission): boolean {
  if (permission === 'public' || actor.kind === 'local') return true;
  return actor.kind === 'user' && granted[actor.role].includes(permission);
}
