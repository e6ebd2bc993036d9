import type { FastifyError, FastifyReply } from 'fastify';
import { isFull } from '../agents/disk.ts';
import { actorName } from '../auth/permissions.ts';
import type { Api, ApiParts } from './parts.ts';
import { problemDocument, Refused } from './problem.ts';

/** Every error becomes problem+json; what is our own fault is logged and says nothing about its insides. */
export function answerErrors(app: Api, { disk, store }: ApiParts): void {
  app.setErrorHandler(async (error: FastifyError | Refused, request, reply) => {
    const refused = asRefused(error);
    if (refused.code === 'disk-full') disk.failed('store', { code: 'ENOSPC', message: error.message });
    if (refused.code === 'internal')
      request.log.error({ err: error, url: request.routeOptions.url }, 'a request failed');
    // Who tried to change what is another's is told to those who gave it to him.
    if (refused.code === 'not-owner') {
      const [actor, subject] = [actorName(request.actor), request.routeOptions.url ?? ''];
      await store.audit.add({ actor, action: 'refused.not-owner', subject, detail: { message: refused.message } });
    }
    return answer(reply, refused);
  });
  app.addHook('onResponse', async ({ method }, { statusCode }) => {
    if (method !== 'GET' && method !== 'HEAD' && statusCode < 300) disk.worked('store');
  });
  app.setNotFoundHandler((request, reply) =>
    answer(reply, new Refused('not-found', `Cannot find "${request.url.slice(0, 200)}": no route is there`)),
  );
}

function answer(reply: FastifyReply, refused: Refused) {
  const document = problemDocument(refused);
  return reply.code(document.status).type('application/problem+json').send(JSON.stringify(document));
}

function asRefused(error: FastifyError | Refused): Refused {
  if (error instanceof Refused) return error;
  if (error.validation !== undefined)
    return new Refused('invalid-request', `Cannot read the request: ${error.message}`);
  if (isFull(`${error.code} ${error.message}`)) {
    return new Refused('disk-full', 'Cannot store this: the disk is full, hosts go on enforcing what they have');
  }
  const status = error.statusCode ?? 500;
  if (status === 413) return new Refused('too-large', 'Cannot read the request: its body is too large');
  if (status === 415)
    return new Refused('unsupported-media-type', 'Cannot read the request: its media type is not taken here');
  if (status === 429) return new Refused('too-many-requests', 'Cannot answer now: too many requests, wait a minute');
  if (status >= 400 && status < 500) return new Refused('invalid-request', `Cannot read the request: ${error.message}`);
  return new Refused('internal', 'Cannot answer: the controller failed, see its log');
}
