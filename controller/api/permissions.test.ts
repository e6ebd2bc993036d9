import assert from 'node:assert/strict';
import { request } from 'node:https';
import { type TestContext, test } from 'node:test';
import type { Permission } from '../auth/permissions.ts';
import { httpsRequest } from '../testkit/https-request.ts';
import { apiPort, invited } from '../testkit/people.ts';
import { type TestController, testController } from '../testkit/test-controller.ts';

/** Every route and what it needs. Written out, so that a new route or a weaker one is a line that somebody reviews. */
const needed: readonly (readonly [method: string, url: string, Permission])[] = [
  ['GET', '/audit', 'administer'],
  ['GET', '/audit/verification', 'administer'],
  ['GET', '/drafts', 'view'],
  ['POST', '/drafts', 'edit'],
  ['GET', '/drafts/:name', 'view'],
  ['PUT', '/drafts/:name', 'edit'],
  ['DELETE', '/drafts/:name', 'edit'],
  ['PUT', '/drafts/:name/ip-lists/:list', 'edit'],
  ['POST', '/drafts/:name/preview', 'view'],
  ['GET', '/drafts/:name/anomalies', 'view'],
  ['POST', '/drafts/:name/provision', 'provision'],
  ['GET', '/edges', 'view'],
  ['GET', '/edges/table', 'view'],
  ['GET', '/events', 'view'],
  ['GET', '/explain', 'view'],
  ['GET', '/flows', 'view'],
  ['GET', '/healthz', 'public'],
  ['GET', '/hosts', 'view'],
  ['GET', '/hosts/:name', 'view'],
  ['GET', '/proofs', 'view'],
  ['GET', '/isolations', 'view'],
  ['POST', '/isolations', 'isolate'],
  ['POST', '/isolations/preview', 'view'],
  ['GET', '/isolations/:id', 'view'],
  ['GET', '/isolations/:id/leaks', 'view'],
  ['POST', '/isolations/:id/release', 'isolate'],
  ['GET', '/metrics', 'view'],
  ['GET', '/openapi.json', 'public'],
  ['GET', '/pairing-keys', 'administer'],
  ['POST', '/pairing-keys', 'administer'],
  ['DELETE', '/pairing-keys/:id', 'administer'],
  ['POST', '/preview', 'view'],
  ['POST', '/provisions', 'provision'],
  ['GET', '/provisions/:version', 'view'],
  ['GET', '/schemas', 'view'],
  ['GET', '/schemas/:kind', 'view'],
  ['GET', '/setup', 'public'],
  ['POST', '/setup', 'public'],
  ['GET', '/status', 'view'],
  ['GET', '/tokens', 'administer'],
  ['POST', '/tokens', 'administer'],
  ['DELETE', '/tokens/:name', 'administer'],
  ['GET', '/users', 'administer'],
  ['POST', '/users', 'administer'],
  ['DELETE', '/users/:name', 'administer'],
  ['POST', '/users/:name/link', 'administer'],
  ['GET', '/versions', 'view'],
  ['GET', '/versions/:version', 'view'],
  ['GET', '/versions/:version/diff/:other', 'view'],
  ['POST', '/versions/:version/restore', 'edit'],
  ['GET', '/workloads', 'view'],
  ['GET', '/workloads/:name', 'view'],
  ['PUT', '/workloads/:name', 'estate'],
  ['DELETE', '/workloads/:name', 'estate'],
  ['POST', '/workloads/import', 'estate'],
  ['GET', '/session', 'view'],
  ['POST', '/session', 'public'],
  // The last one, because whoever asks is logged out afterwards.
  ['DELETE', '/session', 'view'],
];

const pathOf = (url: string): string => `/api/v1${url.replace(/:version|:other/g, '0').replace(/:\w+/g, 'x')}`;

test('every route needs what this table says, and there is no other', async (context) => {
  const { started } = await testController(context);
  const routes = started.routes.filter(({ url, method }) => url.startsWith('/api/') && method !== 'HEAD');
  const stated = routes.map(({ method, url, permission }) => `${method} ${url} ${permission}`);
  assert.deepEqual(stated.sort(), needed.map(([method, url, what]) => `${method} /api/v1${url} ${what}`).sort());
  const heads = started.routes.filter(({ url, method }) => url.startsWith('/api/') && method === 'HEAD');
  const of = (url: string) => routes.find((route) => route.method === 'GET' && route.url === url)?.permission;
  assert.ok(heads.length > 0);
  for (const { url, permission } of heads) assert.equal(permission, of(url), `HEAD ${url}`);
});

test('nobody is refused wherever somebody is needed', async (context) => {
  const controller = await testController(context);
  for (const [method, url] of needed.filter(([, , permission]) => permission !== 'public')) {
    const { status, body } = await httpsRequest(apiPort(controller), { method, path: pathOf(url) });
    assert.deepEqual([status, body.code], [401, 'not-logged-in'], `${method} ${url}`);
  }
});

/** The statuses alone: the stream of events has no end to wait for. */
async function statusesFor(controller: TestController, headers: Record<string, string>): Promise<string[]> {
  const statuses: string[] = [];
  for (const [method, url, permission] of needed) {
    const options = { host: '127.0.0.1', port: apiPort(controller), method, path: pathOf(url), headers };
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const call = request({ ...options, rejectUnauthorized: false }, ({ statusCode }) => {
        resolve(statusCode);
        call.destroy();
      });
      call.on('error', reject).end();
    });
    const isRefused = status === 401 || status === 403;
    statuses.push(`${method} ${url} ${permission} ${isRefused ? status : 'taken'}`);
  }
  return statuses;
}

const roles: readonly (readonly [role: string, may: readonly Permission[]])[] = [
  ['viewer', ['public', 'view']],
  ['editor', ['public', 'view', 'edit', 'provision', 'isolate']],
  ['admin', ['public', 'view', 'edit', 'provision', 'isolate', 'estate', 'administer']],
];

for (const [role, may] of roles)
  test(`whoever is ${role} is refused exactly what needs more`, async (context: TestContext) => {
    const controller = await testController(context);
    const headers = await invited(controller, { name: 'bo', role });
    const expected = needed.map(
      ([method, url, permission]) => `${method} ${url} ${permission} ${may.includes(permission) ? 'taken' : 403}`,
    );
    assert.deepEqual(await statusesFor(controller, headers), expected);
  });
