import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpsRequest } from '../testkit/https-request.ts';
import { apiPort, person } from '../testkit/people.ts';
import { enrolAgent } from '../testkit/shop.ts';
import { type ApiAnswer, type TestController, testController } from '../testkit/test-controller.ts';
import { apiPrefix } from './prefix.ts';

/** Root over the control socket, somebody over the network, and what the step before answered. */
type Asking = {
  readonly root: TestController['api'];
  readonly ana: (method: string, path: string, body?: object) => Promise<ApiAnswer>;
  readonly setupToken: string;
  readonly last: ApiAnswer['body'];
};

type Step = readonly [route: string, ask: (asking: Asking) => Promise<ApiAnswer>, ...logged: readonly string[]];

/** Name and token of the link that was answered. */
const link = ({ path }: { readonly path: string }) => ({
  token: /#(.+)&/.exec(path)?.[1],
  name: /&name=(.+)$/.exec(path)?.[1],
});
const csv = { 'content-type': 'text/csv' };

/** What is asked, in this order, and the entries that it must leave: who, what, to what. */
const steps: readonly Step[] = [
  ['POST /setup', ({ ana, setupToken }) => ana('POST', '/setup', { ...person, token: setupToken }), 'ana setup ana'],
  ['POST /session', ({ ana }) => ana('POST', '/session', person), 'ana login ana'],
  ['POST /session', ({ ana }) => ana('POST', '/session', { ...person, password: '?' }), 'ana login.refused ana'],
  ['POST /users', ({ ana }) => ana('POST', '/users', { name: 'bo', role: 'viewer' }), 'ana user.invite bo'],
  ['POST /setup', ({ root, last }) => root('POST', '/setup', { ...person, ...link(last) }), 'bo user.join bo'],
  ['POST /users/:name/link', ({ root }) => root('POST', '/users/bo/link'), 'local:root user.invite bo'],
  ['POST /setup', ({ root, last }) => root('POST', '/setup', { ...person, ...link(last) }), 'bo user.password bo'],
  ['DELETE /users/:name', ({ ana }) => ana('DELETE', '/users/bo'), 'ana user.remove bo'],
  ['POST /pairing-keys', ({ ana }) => ana('POST', '/pairing-keys', {}), 'ana pairing-key.create <id>'],
  [
    'DELETE /pairing-keys/:id',
    ({ ana, last }) => ana('DELETE', `/pairing-keys/${last.id}`),
    'ana pairing-key.remove <id>',
  ],
  ['PUT /workloads/:name', ({ ana }) => ana('PUT', '/workloads/nas', { addresses: [] }), 'ana workload.put nas'],
  ['DELETE /workloads/:name', ({ ana }) => ana('DELETE', '/workloads/nas'), 'ana workload.remove nas'],
  ['DELETE /workloads/:name', ({ ana }) => ana('DELETE', '/workloads/web'), 'ana workload.revoke web'],
  [
    'POST /workloads/import',
    ({ root }) => root('POST', '/workloads/import', 'name,addresses\na,10.0.0.1\nb,10.0.0.2\n', csv),
    'local:root workload.put a',
    'local:root workload.put b',
  ],
  ['POST /drafts', ({ ana }) => ana('POST', '/drafts', { name: 'd' }), 'ana draft.put d'],
  ['PUT /drafts/:name', ({ ana }) => ana('PUT', '/drafts/d', {}), 'ana draft.put d'],
  [
    'PUT /drafts/:name/ip-lists/:list',
    ({ ana }) => ana('PUT', '/drafts/d/ip-lists/l', { prefixes: ['192.0.2.0/24'] }),
    'ana draft.put d',
  ],
  [
    'POST /drafts/:name/provision',
    ({ ana }) => ana('POST', '/drafts/d/provision', { note: 'why' }),
    'ana provision version 1',
  ],
  ['POST /drafts', ({ ana }) => ana('POST', '/drafts', { name: 'e' }), 'ana draft.put e'],
  ['DELETE /drafts/:name', ({ ana }) => ana('DELETE', '/drafts/e'), 'ana draft.remove e'],
  ['POST /versions/:version/restore', ({ ana }) => ana('POST', '/versions/0/restore'), 'ana draft.put restore-0'],
  [
    'POST /versions/:version/restore',
    ({ ana }) => ana('POST', '/versions/0/restore?provision=true'),
    'ana draft.put restore-0',
    'ana provision version 2',
  ],
  [
    'POST /provisions',
    ({ ana }) => ana('POST', '/provisions', { base: 2, files: [], note: 'why' }),
    'ana provision version 3',
  ],
  [
    'POST /isolations',
    ({ ana }) => ana('POST', '/isolations', { workloads: ['a'], reason: 'odd traffic' }),
    'ana isolate isolation <id>',
  ],
  [
    'POST /isolations/:id/release',
    ({ ana, last }) => ana('POST', `/isolations/${last.id}/release`),
    'ana release isolation <id>',
  ],
  ['POST /tokens', ({ ana }) => ana('POST', '/tokens', { name: 'ci', role: 'viewer' }), 'ana token.create ci'],
  ['DELETE /tokens/:name', ({ ana }) => ana('DELETE', '/tokens/ci'), 'ana token.revoke ci'],
  ['DELETE /session', ({ ana }) => ana('DELETE', '/session'), 'ana logout ana'],
];

/** Routes that are asked by POST and change nothing. */
const changeless = ['POST /drafts/:name/preview', 'POST /preview', 'POST /isolations/preview'];

test('every route that changes something is asked below', async (context) => {
  const { started } = await testController(context);
  const changing = started.routes
    .filter(({ method, url }) => !['GET', 'HEAD'].includes(method) && url.startsWith(apiPrefix))
    .map(({ method, url }) => `${method} ${url.slice(apiPrefix.length)}`);
  const asked = [...steps.map(([route]) => route), ...changeless];
  assert.deepEqual(changing.sort(), [...new Set(asked)].sort());
});

test('whoever changes something is written down with what it was, once', async (context) => {
  const controller = await testController(context);
  await enrolAgent(controller, 'web', {});
  const headers: Record<string, string> = {};
  const ana: Asking['ana'] = async (method, path, body) => {
    const asked = { method, path: `${apiPrefix}${path}`, headers, ...(body && { body }) };
    const answer = await httpsRequest(apiPort(controller), asked);
    if (path === '/setup') headers.cookie = String(answer.headers['set-cookie']).split(';')[0] ?? '';
    return answer;
  };
  const setupToken = controller.started.setupLink?.split('#')[1] ?? '';
  const entries = async () => (await controller.api('GET', '/audit?limit=1000')).body.items;
  let [known, last]: [number, ApiAnswer['body']] = [(await entries()).length, null];
  for (const [route, ask, ...logged] of steps) {
    const { status, body } = await ask({ root: controller.api, ana, setupToken, last });
    assert.ok(status < 300 || body.code === 'wrong-password', `${route} ${status} ${JSON.stringify(body)}`);
    const id = body.id ?? last?.id;
    const all = await entries();
    const said = all
      .slice(0, all.length - known)
      .map((entry: Record<string, string>) => `${entry.actor} ${entry.action} ${entry.subject}`)
      .reverse();
    assert.deepEqual(
      said,
      logged.map((line) => line.replace('<id>', id)),
      route,
    );
    [known, last] = [all.length, body];
  }
});
