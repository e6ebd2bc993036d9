import type { Session } from '../api/types.ts';

/** What routes of the API ask for, as `controller/auth/permissions.ts` grants it; refused there whatever is shown here. */
export type Right = 'view' | 'edit' | 'provision' | 'isolate' | 'administer';

const granted: Readonly<Record<Session['role'], readonly Right[]>> = {
  admin: ['view', 'edit', 'provision', 'isolate', 'administer'],
  editor: ['view', 'edit', 'provision', 'isolate'],
  viewer: ['view'],
};

/** Nobody may do anything; a role that is not known here may look. */
export function may(session: Session | null | undefined, right: Right): boolean {
  if (session == null) return false;
  const rights: readonly Right[] = Object.hasOwn(granted, session.role) ? granted[session.role] : ['view'];
  return rights.includes(right);
}

const needs: Readonly<Record<Right, string>> = {
  view: 'seeing this needs an account',
  edit: 'changing drafts needs an editor or an administrator',
  provision: 'changing what hosts enforce needs an editor or an administrator',
  isolate: 'isolating and releasing needs an editor or an administrator',
  administer: 'reading the audit log needs an administrator',
};

/** Why somebody may not, in one sentence; null: they may. */
export function whyNot(session: Session | null | undefined, right: Right): string | null {
  if (may(session, right)) return null;
  const who = session == null ? 'Nobody is signed in' : `${session.name} is signed in as ${session.role}`;
  return `${who}; ${needs[right]}.`;
}
