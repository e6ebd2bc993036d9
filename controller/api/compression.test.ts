import assert from 'node:assert/strict';
import { request } from 'node:https';
import { test } from 'node:test';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { eventually } from '../testkit/eventually.ts';
import { httpsRequest } from '../testkit/https-request.ts';
import { type TestController, testController } from '../testkit/test-controller.ts';
import { acceptedCodings } from './compression.ts';

for (const [header, expected] of [
  ['', ['']],
  ['gzip', ['gzip']],
  ['gzip, deflate, br, zstd', ['gzip', 'deflate', 'br', 'zstd']],
  ['GZIP;q=0.5 , zstd ; q=0.001', ['gzip', 'zstd']],
  ['zstd;q=0, gzip;q=1', ['gzip']],
  ['gzip;q=0.000', []],
  ['*', ['*']],
] as const)
  test(`"${header}" takes ${JSON.stringify(expected)}`, () => {
    assert.deepEqual([...acceptedCodings(header)], expected);
  });

const port = ({ started }: TestController) => (started.address.kind === 'tcp' ? started.address.port : assert.fail());

type Raw = { readonly encoding: string | undefined; readonly vary: string | undefined; readonly body: Buffer };

/** Over TLS, as a browser asks; the body is what went over the wire. */
function raw(controller: TestController, path: string, headers: Record<string, string>, method = 'GET'): Promise<Raw> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: port(controller), path, method, headers, rejectUnauthorized: false };
    const call = request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const { 'content-encoding': encoding, vary } = response.headers;
        resolve({ encoding, vary, body: Buffer.concat(chunks) });
      });
    });
    call.on('error', reject);
    call.end();
  });
}

const described = '/api/v1/openapi.json';

test('an answer is compressed as the client takes it, and says that it depends on that', async (context) => {
  const controller = await testController(context);
  const plain = await raw(controller, described, {});
  assert.deepEqual(
    [plain.encoding, plain.vary, JSON.parse(String(plain.body)).openapi],
    [undefined, 'accept-encoding', '3.1.0'],
  );
  for (const [accept, encoding, read] of [
    ['gzip, deflate, br', 'gzip', gunzipSync],
    ['gzip, deflate, br, zstd', 'zstd', zstdDecompressSync],
    ['zstd;q=0, gzip', 'gzip', gunzipSync],
    ['br', undefined, (body: Buffer) => body],
    ['identity', undefined, (body: Buffer) => body],
    ['*', undefined, (body: Buffer) => body],
  ] as const) {
    const answer = await raw(controller, described, { 'accept-encoding': accept });
    assert.deepEqual([answer.encoding, String(read(answer.body))], [encoding, String(plain.body)], accept);
    if (encoding !== undefined) assert.ok(answer.body.length * 3 < plain.body.length, accept);
  }
});

const all = { 'accept-encoding': 'gzip, zstd' };

test('what is short is sent as it is, and HEAD has no body', async (context) => {
  const controller = await testController(context);
  assert.equal((await raw(controller, '/api/v1/healthz', all)).encoding, undefined);
  const head = await raw(controller, described, all, 'HEAD');
  assert.deepEqual([head.encoding, head.body.length], [undefined, 0]);
});

test('no answer that carries a secret is compressed, however long it is', async (context) => {
  const controller = await testController(context);
  const token = controller.started.setupLink?.split('#')[1];
  const person = { name: 'ana', password: 'correct horse battery' };
  const post = (path: string, body: object, headers: Record<string, string> = {}) =>
    httpsRequest(port(controller), { method: 'POST', path: `/api/v1${path}`, body, headers: { ...all, ...headers } });
  const setup = await post('/setup', { token, ...person });
  const cookie = String(setup.headers['set-cookie']).split(';')[0] ?? '';
  const session = await post('/session', person);
  const labels = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`key-${i}`, 'x'.repeat(40)]));
  const key = await post('/pairing-keys', { labels }, { cookie });
  assert.ok(key.body.key.length > 20 && JSON.stringify(key.body).length > 1024);
  for (const answer of [setup, session, key]) {
    assert.equal(answer.status, 201);
    assert.equal(answer.headers['content-encoding'], undefined);
  }
  const listed = await httpsRequest(port(controller), {
    method: 'GET',
    path: '/api/v1/pairing-keys',
    headers: { cookie },
  });
  assert.ok(!JSON.stringify(listed.body).includes(key.body.key), 'a list that is compressed holds none');
});

test('events are not compressed and arrive at once', async (context) => {
  const controller = await testController(context);
  const token = controller.started.setupLink?.split('#')[1];
  const body = { token, name: 'ana', password: 'correct horse battery' };
  const setup = await httpsRequest(port(controller), { method: 'POST', path: '/api/v1/setup', body });
  const cookie = String(setup.headers['set-cookie']).split(';')[0] ?? '';
  const options = {
    host: '127.0.0.1',
    port: port(controller),
    path: '/api/v1/events',
    headers: { ...all, cookie },
    rejectUnauthorized: false,
  };
  let heard = '';
  let encoding: string | undefined = 'none yet';
  const call = request(options, (response) => {
    encoding = response.headers['content-encoding'];
    response.setEncoding('utf8').on('data', (text: string) => {
      heard += text;
    });
    response.on('error', () => {});
  });
  call.on('error', () => {});
  call.end();
  context.after(() => call.destroy());
  await eventually('the greeting', () => heard.includes('event: hello'));
  await controller.api('PUT', '/workloads/nas', { addresses: ['10.0.0.9'] });
  await eventually('the event', () => heard.includes('event: estate'));
  assert.equal(encoding, undefined);
});
