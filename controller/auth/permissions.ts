import type { Role } from '../store/users.ts';

/**
 * What a route needs. `public`: nobody has to be logged in. `view`: reads. `edit`: drafts, as far as ownership lets.
 * `provision`: changes what hosts enforce. `isolate`:
 * closes workloads and releases them, as far as ownership lets. `estate`: workloads and their own labels. `administer`: pairing keys and who
 * may do what.
 */
export const permissions = ['public', 'view', 'edit', 'provision', 'isolate', 'estate', 'administer'] as const;
export type Permission = (typeof permissions)[number];

const granted: Readonly<Record<Role, readonly Permission[]>> = {
  admin: permissions,
  editor: ['public', 'view', 'edit', 'provision', 'isolate'],
  viewer: ['public', 'view'],
};

/** `local`: root on the controller's own machine, over the control socket; it could read the store anyway. */
export type Actor =
  | { readonly kind: 'nobody' }
  | { readonly kind: 'local' }
  /** Somebody who signed in, or a program with a token. */
  | { readonly kind: 'user' | 'token'; readonly name: string; readonly role: Role };

export function actorName(actor: Actor): string {
  switch (actor.kind) {
    case 'user':
      return actor.name;
    // No user is called like that.
    case 'token':
      return `token:${actor.name}`;
    case 'local':
      return 'local:root';
    case 'nobody':
      return 'nobody';
  }
}

/** Whoever may change every file; ownership is asked of everybody else. */
export const isAdministrator = (actor: Actor): boolean => isPermitted(actor, 'administer');

export function isPermitted(actor: Actor, permission: Permission): boolean {
  if (permission === 'public' || actor.kind === 'local') return true;
  return (actor.kind === 'user' || actor.kind === 'token') && granted[actor.role].includes(permission);
}
