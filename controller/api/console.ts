import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { Api } from './parts.ts';
import { apiPrefix } from './prefix.ts';
import { Refused } from './problem.ts';
import { contentSecurityPolicy } from './security-headers.ts';

const built = fileURLToPath(new URL('../../ui/dist/', import.meta.url));

const notBuilt = `The console is not built: run "sh tools/setup.sh" in the repository and start the controller again.
The API is described at /docs.
`;

/**
 * The console's files as the set-up built them. Every address that is nobody else's is a page of it, so that links into
 * it work; what is on a page is asked of the API, with its permissions.
 */
export async function consolePages(app: Api, folder = built): Promise<void> {
  const hidden = { schema: { hide: true } };
  if (!existsSync(`${folder}index.html`)) {
    app.get('/*', hidden, (request, reply) => {
      refuseOthers(request.url);
      return reply.code(503).type('text/plain; charset=utf-8').send(notBuilt);
    });
    return;
  }
  const page = readFileSync(`${folder}index.html`, 'utf8');
  // Their names change with their content.
  const assets = { root: `${folder}assets`, prefix: '/assets/', immutable: true, maxAge: '365d', preCompressed: true };
  await app.register(fastifyStatic, { ...assets, index: false, wildcard: false, decorateReply: true });
  app.get('/favicon.svg', hidden, (_request, reply) => reply.sendFile('favicon.svg', folder));
  app.get('/*', hidden, (request, reply) => {
    refuseOthers(request.url);
    const nonce = randomBytes(16).toString('base64');
    reply.header('content-security-policy', contentSecurityPolicy(nonce));
    return reply.type('text/html; charset=utf-8').send(page.replaceAll('%CSP_NONCE%', nonce));
  });
}

/** Programs that ask for what is not there get no page. */
function refuseOthers(url: string): void {
  if (!url.startsWith(`${apiPrefix}/`) && !url.startsWith('/assets/')) return;
  throw new Refused('not-found', `Cannot find "${url.slice(0, 200)}": no route is there`);
}
