import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { WatchFailure } from './api.ts';
import { FakeApiServer } from './fake-api-server.ts';
import { openKubernetesApi, readKubeconfig } from './open-api.ts';

async function folderOf(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bulkhead-kubeconfig-'));
  context.after(() => rm(folder, { recursive: true }));
  return folder;
}

const config = (cluster: object, user: object = {}, more: object = {}): string =>
  JSON.stringify({
    clusters: [{ name: 'c', cluster }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
    ...more,
  });

/** Null: it is taken. */
const cases: readonly (readonly [what: string, text: string | null, problem: RegExp | null])[] = [
  ['https', config({ server: 'https://10.0.0.1:6443' }), null],
  ['https under a path', config({ server: 'https://10.0.0.1/k8s/clusters/c-1/' }), null],
  ['no file', null, /cannot be read: ENOENT/],
  ['no YAML', 'clusters: [', /cannot be read: it is not YAML of a kubeconfig/],
  ['an empty file', '', /cannot be read/],
  ['a list', '[]', /cannot be read|no current context/],
  [
    'no current context',
    config({ server: 'https://10.0.0.1' }, {}, { 'current-context': 'y' }),
    /no current context with a server/,
  ],
  ['no server', config({}), /no current context with a server|cannot be read/],
  ['http elsewhere', config({ server: 'http://10.0.0.1:8080', 'insecure-skip-tls-verify': true }), /in the clear/],
  ['http here', config({ server: 'http://127.0.0.1:8080', 'insecure-skip-tls-verify': true }), null],
  [
    'a certificate that nobody checks',
    config({ server: 'https://10.0.0.1', 'insecure-skip-tls-verify': true }),
    /to anybody who answers/,
  ],
  [
    'a name that only begins like this machine',
    config({ server: 'http://127.0.0.1.example:1', 'insecure-skip-tls-verify': true }),
    /in the clear/,
  ],
];
for (const [what, text, problem] of cases)
  test(`kubeconfig: ${what}`, async (context) => {
    const file = join(await folderOf(context), 'kubeconfig');
    if (text !== null) writeFileSync(file, text);
    if (problem === null) assert.ok((await readKubeconfig(file)).getCurrentCluster() !== null);
    else
      await assert.rejects(
        readKubeconfig(file),
        (error) => error instanceof WatchFailure && problem.test(error.message),
      );
  });

test('a token file beside the kubeconfig is read, and another one in its place after a refusal', async (context) => {
  const folder = await folderOf(context);
  const server = new FakeApiServer();
  await server.listen();
  context.after(() => server.close());
  server.token = 'first';
  const cluster = { server: `http://127.0.0.1:${server.port}`, 'insecure-skip-tls-verify': true };
  writeFileSync(join(folder, 'kubeconfig'), config(cluster, { tokenFile: 'token' }));
  writeFileSync(join(folder, 'token'), 'first');
  const api = openKubernetesApi(join(folder, 'kubeconfig'));
  const statusOf = async () => {
    const ended = new AbortController();
    const { status } = await api.get('/api/v1/pods', { signal: ended.signal, silence: 1000 });
    ended.abort();
    return status;
  };
  assert.equal(await statusOf(), 200);
  server.token = 'second';
  writeFileSync(join(folder, 'token'), 'second');
  assert.equal(await statusOf(), 401);
  api.refresh();
  assert.equal(await statusOf(), 200);
});

test('a server that takes a connection and never answers is given up', { timeout: 10_000 }, async (context) => {
  const folder = await folderOf(context);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket));
  const { promise: listening, resolve: listens } = Promise.withResolvers<void>();
  server.listen(0, '127.0.0.1', listens);
  await listening;
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const file = join(folder, 'kubeconfig');
  writeFileSync(file, config({ server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true }));
  // Only so that a test that fails ends.
  const signal = AbortSignal.timeout(8000);
  await assert.rejects(openKubernetesApi(file, 50).get('/api/v1/pods', { signal, silence: 60_000 }), {
    code: 'unreachable',
    message: 'it cannot be reached (ETIMEDOUT)',
  });
  assert.equal(sockets.size, 1);
});

test('a server that says nothing is given up', async (context) => {
  const folder = await folderOf(context);
  const server = new FakeApiServer();
  await server.listen();
  context.after(() => server.close());
  writeFileSync(join(folder, 'kubeconfig'), server.kubeconfig());
  const api = openKubernetesApi(join(folder, 'kubeconfig'));
  const { signal } = new AbortController();
  const { body } = await api.get('/api/v1/pods?watch=1&resourceVersion=9999', { signal, silence: 50 });
  await assert.rejects(async () => {
    for await (const piece of body) assert.fail(`nothing was said, and yet ${piece}`);
  }, /silent/);
});
