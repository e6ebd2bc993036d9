import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { actorName } from '../auth/permissions.ts';
import type { Store } from '../store/open-store.ts';
import type { Api } from './parts.ts';
import { Refused } from './problem.ts';

const keyPattern = /^[\x21-\x7e]{1,128}$/;

/**
 * A POST with an Idempotency-Key acts once: a retry gets the first answer again. Answers above 499 are not kept, so a
 * retry after a failure really tries.
 */
export function idempotentPosts(app: Api, store: Store): void {
  const running = new Set<string>();
  /** Whose answer is the one to keep: not that of a request which is told to wait for another. */
  const acting = new WeakMap<FastifyRequest, Slot>();
  app.addHook('preHandler', async (request, reply) => {
    const slot = slotOf(request);
    if (slot === null) return;
    const kept = await store.idempotency.get(slot.actor, slot.key);
    if (kept !== null && kept.requestHash !== requestHash(request)) {
      throw new Refused('idempotency-key-reused', 'Cannot use this Idempotency-Key: it belongs to another request');
    }
    if (kept !== null) {
      const type = kept.status < 400 ? 'application/json' : 'application/problem+json';
      await reply.code(kept.status).type(type).header('idempotency-replayed', 'true').send(kept.answer);
      return reply;
    }
    if (running.has(slot.id)) {
      throw new Refused('idempotency-in-progress', 'Cannot answer yet: a request with this key is still running');
    }
    running.add(slot.id);
    acting.set(request, slot);
  });
  // Not when the connection closes: whoever lost it and asks again must not act beside the first.
  app.addHook('onSend', async (request, reply, payload) => {
    const slot = acting.get(request);
    if (slot === undefined) return;
    try {
      const isKept = typeof payload === 'string' && reply.statusCode < 500 && reply.statusCode !== 429;
      if (isKept) await keep(store, slot, { requestHash: requestHash(request), status: reply.statusCode, payload });
    } finally {
      running.delete(slot.id);
    }
  });
}

type Slot = { readonly actor: string; readonly key: string; readonly id: string };
type Answered = { readonly requestHash: string; readonly status: number; readonly payload: string };

const keep = (store: Store, { actor, key }: Slot, { payload, ...answered }: Answered): Promise<void> =>
  store.idempotency.put({ actor, key, ...answered, answer: payload });

function slotOf(request: FastifyRequest): Slot | null {
  const key = request.headers['idempotency-key'];
  if (request.method !== 'POST' || key === undefined || request.routeOptions.config?.unkept === true) return null;
  if (typeof key !== 'string' || !keyPattern.test(key)) {
    throw new Refused(
      'invalid-request',
      'Cannot use this Idempotency-Key: 1 to 128 visible ASCII characters are needed',
    );
  }
  const actor = actorName(request.actor);
  return { actor, key, id: `${actor} ${key}` };
}

function requestHash(request: FastifyRequest): string {
  const body = typeof request.body === 'string' ? request.body : JSON.stringify(request.body ?? null);
  return createHash('sha256')
    .update(JSON.stringify([request.method, request.url, body]))
    .digest('hex');
}
