import type { Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { apiTokenOf } from '../auth/api-tokens.ts';
import { type Actor, actorName, isPermitted } from '../auth/permissions.ts';
import { sessionCookie, userOfToken } from '../auth/sessions.ts';
import type { Api, ApiParts } from './parts.ts';
import { Refused } from './problem.ts';

/**
 * Who asks, and whether they may. `isLocal`: the request came over the control socket, which only root can open.
 * INVARIANT: a route that states no permission is refused to everybody, root included.
 */
export function authenticate(app: Api, parts: Who, isLocal: (socket: Socket) => boolean): void {
  app.decorateRequest('actor');
  app.addHook('onRequest', async (request) => {
    request.actor = { kind: 'nobody' };
    const local = isLocal(request.raw.socket);
    if (!local) refuseOtherOrigins(request);
    const actor = local ? ({ kind: 'local' } as const) : await userOf(request, parts);
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
export async function isStillPermitted(request: FastifyRequest, parts: Who): Promise<boolean> {
  const { permission } = request.routeOptions.config;
  const actor = request.actor.kind === 'local' ? request.actor : await userOf(request, parts);
  return permission !== undefined && isPermitted(actor, permission);
}

type Who = Pick<ApiParts, 'store' | 'clock'>;

/** Whoever shows a token is who that says or nobody, whatever session there is beside it. */
async function userOf(request: FastifyRequest, { store, clock }: Who): Promise<Actor> {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const [, token = ''] = /^Bearer ([\x21-\x7e]{1,256})$/i.exec(authorization) ?? [];
    const known = await apiTokenOf(store, token, clock());
    return known === null ? { kind: 'nobody' } : { kind: 'token', name: known.name, role: known.role };
  }
  const session = request.cookies[sessionCookie];
  const user = session === undefined ? null : await userOfToken(store, session);
  return user === null ? { kind: 'nobody' } : { kind: 'user', name: user.name, role: user.role };
}

/** Beside the cookie's SameSite: a page of another site may not make a browser change anything here. */
function refuseOtherOrigins(request: FastifyRequest): void {
  if (request.method === 'GET' || request.method === 'HEAD') return;
  const { origin, host } = request.headers;
  if (origin === undefined) return;
  if (URL.canParse(origin) && new URL(origin).host === host) return;
  throw new Refused('cross-origin', 'Cannot do this from another site: only pages of this controller may');
}
