import type { Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { actorName, isPermitted } from '../auth/permissions.ts';
import { sessionCookie, userOfToken } from '../auth/sessions.ts';
import type { Store } from '../store/open-store.ts';
import type { Api } from './parts.ts';
import { Refused } from './problem.ts';

/**
 * Who asks, and whether they may. `isLocal`: the request came over the control socket, which only root can open.
 * INVARIANT: a route that states no permission is refused to everybody, root included.
 */
export function authenticate(app: Api, store: Store, isLocal: (socket: Socket) => boolean): void {
  app.decorateRequest('actor');
  app.addHook('onRequest', async (request) => {
    request.actor = { kind: 'nobody' };
    const local = isLocal(request.raw.socket);
    if (!local) refuseOtherOrigins(request);
    const actor = local ? ({ kind: 'local' } as const) : await userOf(request, store);
    request.actor = actor;
    const { permission } = request.routeOptions.config;
    if (permission !== undefined && isPermitted(actor, permission)) return;
    if (actor.kind === 'nobody') throw new Refused('not-logged-in', 'Cannot answer this: log in first');
    throw new Refused(
      'not-permitted',
      `Cannot do this as "${actorName(actor)}": it needs ${permission ?? 'a permission'}`,
    );
  });
}

/** For an answer that goes on for long: whether who asked would still be answered now. */
export async function isStillPermitted(request: FastifyRequest, store: Store): Promise<boolean> {
  const { permission } = request.routeOptions.config;
  const actor = request.actor.kind === 'local' ? request.actor : await userOf(request, store);
  return permission !== undefined && isPermitted(actor, permission);
}

async function userOf(request: FastifyRequest, store: Store) {
  const token = request.cookies[sessionCookie];
  const user = token === undefined ? null : await userOfToken(store, token);
  return user === null ? ({ kind: 'nobody' } as const) : ({ kind: 'user', name: user.name, role: user.role } as const);
}

/** Beside the cookie's SameSite: a page of another site may not make a browser change anything here. */
function refuseOtherOrigins(request: FastifyRequest): void {
  if (request.method === 'GET' || request.method === 'HEAD') return;
  const { origin, host } = request.headers;
  if (origin === undefined) return;
  if (URL.canParse(origin) && new URL(origin).host === host) return;
  throw new Refused('cross-origin', 'Cannot do this from another site: only pages of this controller may');
}
