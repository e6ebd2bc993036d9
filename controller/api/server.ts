import { createServer, type Server as HttpServer } from 'node:http';
import type { Socket } from 'node:net';
import cookie from '@fastify/cookie';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox';
import Fastify, { LogController } from 'fastify';
import type { Logger } from 'pino';
import type { Permission } from '../auth/permissions.ts';
import type { ServerCertificate } from '../pki/server-certificate.ts';
import { answerErrors } from './answer-errors.ts';
import { authenticate } from './authenticate.ts';
import { compressAnswers } from './compression.ts';
import { consolePages } from './console.ts';
import { describeRoute, openapiHead } from './description.ts';
import { idempotentPosts } from './idempotency.ts';
import type { Api, ApiParts } from './parts.ts';
import { apiPrefix } from './prefix.ts';
import { auditRoutes } from './routes/audit.ts';
import { draftRoutes } from './routes/drafts.ts';
import { edgeRoutes } from './routes/edges.ts';
import { eventRoutes } from './routes/events.ts';
import { explainRoutes } from './routes/explain.ts';
import { hostRoutes } from './routes/hosts.ts';
import { isolationRoutes } from './routes/isolations.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { pairingKeyRoutes } from './routes/pairing-keys.ts';
import { proofRoutes } from './routes/proofs.ts';
import { provisionRoutes } from './routes/provisions.ts';
import { schemaRoutes } from './routes/schemas.ts';
import { sessionRoutes } from './routes/session.ts';
import { setupRoutes } from './routes/setup.ts';
import { statusRoutes } from './routes/status.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { userRoutes } from './routes/users.ts';
import { versionRoutes } from './routes/versions.ts';
import { workloadRoutes } from './routes/workloads.ts';
import { securityHeaders } from './security-headers.ts';

/** Every module of routes; each states the permission of each of its routes. */
const routes: readonly ((app: Api, parts: ApiParts) => void)[] = [
  setupRoutes,
  sessionRoutes,
  userRoutes,
  tokenRoutes,
  statusRoutes,
  metricsRoutes,
  hostRoutes,
  proofRoutes,
  pairingKeyRoutes,
  workloadRoutes,
  draftRoutes,
  provisionRoutes,
  versionRoutes,
  isolationRoutes,
  edgeRoutes,
  eventRoutes,
  explainRoutes,
  auditRoutes,
  schemaRoutes,
];

export type ApiServer = {
  readonly app: Api;
  /** The same API without TLS, for the control socket: whoever can open that is root. */
  readonly control: HttpServer;
  /** What is answered to, pages included, for the test that nothing is open by accident. */
  readonly routes: readonly ApiRoute[];
};

export type ApiRoute = { readonly method: string; readonly url: string; readonly permission: Permission | undefined };

export async function buildApi(parts: ApiParts, certificate: ServerCertificate, log: Logger): Promise<ApiServer> {
  const local = new WeakSet<Socket>();
  const isLocal = (socket: Socket) => local.has(socket);
  const app = openApp(certificate, log);
  const known: ApiRoute[] = [];
  app.addHook('onRoute', ({ method, url, config }) => {
    known.push({ method: String(method), url, permission: config?.permission });
  });
  // Bodies are taken as they are: a null that became an empty text would set a label instead of removing it.
  app.setValidatorCompiler(TypeBoxValidatorCompiler);
  answerErrors(app, parts);
  securityHeaders(app);
  compressAnswers(app);
  app.addContentTypeParser(['text/csv', 'text/plain'], { parseAs: 'string' }, (_request, body, done) =>
    done(null, body),
  );
  await app.register(cookie);
  await app.register(rateLimit, {
    max: 3000,
    timeWindow: 60_000,
    // The control socket has no address.
    keyGenerator: (request) => request.ip ?? 'local',
    allowList: (request) => isLocal(request.raw.socket),
    errorResponseBuilder: () => Object.assign(new Error('too many requests'), { statusCode: 429 }),
  });
  await app.register(swagger, { openapi: openapiHead, transform: describeRoute });
  await app.register(swaggerUi, { routePrefix: '/docs', staticCSP: true });
  await consolePages(app);
  await app.register(
    async (child) => {
      const api = child as unknown as Api;
      authenticate(api, parts, isLocal);
      idempotentPosts(api, parts.store);
      for (const define of routes) define(api, parts);
      api.get('/openapi.json', { config: { permission: 'public' } }, async () => app.swagger());
    },
    { prefix: apiPrefix },
  );
  await app.ready();
  const control = createServer((request, response) => app.routing(request, response));
  control.on('connection', (socket) => local.add(socket));
  return { app, control, routes: known };
}

function openApp({ certificate, key }: ServerCertificate, log: Logger): Api {
  const app = Fastify({
    https: { cert: certificate, key, minVersion: 'TLSv1.2' },
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 1024 * 1024,
    requestTimeout: 60_000,
    connectionTimeout: 0,
    routerOptions: { maxParamLength: 300 },
    forceCloseConnections: true,
  });
  // The type says which server listens; routes do not care.
  return app as unknown as Api;
}
