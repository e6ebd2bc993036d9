import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import Fastify from 'fastify';
import { temporaryDirectory } from '../testkit/temporary-directory.ts';
import { consolePages } from './console.ts';
import type { Api } from './parts.ts';
import { Refused } from './problem.ts';
import { securityHeaders } from './security-headers.ts';

const page = '<meta name="csp-nonce" content="%CSP_NONCE%"><script type="module" src="/assets/main-1.js"></script>';

async function served(context: TestContext, files: Readonly<Record<string, string | Buffer>>) {
  const folder = temporaryDirectory(context);
  mkdirSync(join(folder, 'assets'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  const app = Fastify();
  app.setErrorHandler((error, _request, reply) =>
    reply.code(error instanceof Refused ? 404 : 500).send({ code: (error as Refused).code }),
  );
  securityHeaders(app as unknown as Api);
  await consolePages(app as unknown as Api, `${folder}/`);
  context.after(() => app.close());
  return (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers });
}

const files = {
  'index.html': page,
  'favicon.svg': '<svg/>',
  'secret.txt': 'secret',
  'assets/main-1.js': 'let a = 1;',
  'assets/main-1.js.gz': gzipSync('let a = 1;'),
};

for (const url of ['/', '/setup', '/map', '/map?edge=a', '/policy/shop/preview', '/workloads/..%2f..%2fetc'])
  test(`${url} is a page, whose policy takes style sheets with the nonce in it`, async (t) => {
    const get = await served(t, files);
    const [first, second] = [await get(url), await get(url)];
    const nonce = /content="([^"]{20,})"/.exec(first.body)?.[1] ?? assert.fail(first.body);
    const policy = String(first.headers['content-security-policy']);
    assert.ok(policy.includes(`style-src 'self' 'nonce-${nonce}'`), policy);
    assert.doesNotMatch(policy, /unsafe|\*|https?:/);
    assert.ok(!second.body.includes(nonce), 'the next page has another one');
    assert.deepEqual([first.statusCode, first.headers['cache-control']], [200, 'no-store']);
  });

test('files are kept for ever, and sent as they were compressed', async (t) => {
  const get = await served(t, files);
  const plain = await get('/assets/main-1.js');
  assert.deepEqual([plain.statusCode, plain.body], [200, 'let a = 1;']);
  assert.match(String(plain.headers['cache-control']), /immutable/);
  const compressed = await get('/assets/main-1.js', { 'accept-encoding': 'gzip' });
  assert.equal(compressed.headers['content-encoding'], 'gzip');
  assert.match(String(compressed.headers['content-type']), /javascript/);
});

for (const url of ['/api/v1/nothing', '/assets/main-2.js'])
  test(`${url} is not found`, async (t) => {
    assert.equal((await (await served(t, files))(url)).statusCode, 404);
  });

for (const url of ['/assets/../secret.txt', '/assets/%2e%2e/secret.txt', '/assets/..%2fsecret.txt', '/secret.txt'])
  test(`${url} gives away no other file`, async (t) => {
    assert.doesNotMatch((await (await served(t, files))(url)).body, /secret$/);
  });

test('a console that was not built says how to build it', async (t) => {
  const { statusCode, body } = await (await served(t, {}))('/map');
  assert.equal(statusCode, 503);
  assert.match(body, /sh tools\/setup\.sh/);
});
