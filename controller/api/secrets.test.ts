import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { httpsRequest } from '../testkit/https-request.ts';
import { testController } from '../testkit/test-controller.ts';

test('what carries a password or a token is judged each time, whatever its Idempotency-Key', async (context) => {
  const { started } = await testController(context);
  const port = started.address.kind === 'tcp' ? started.address.port : assert.fail('no port');
  const headers = { 'idempotency-key': 'k' };
  const post = (path: string, body: object) => httpsRequest(port, { method: 'POST', path, body, headers });
  const token = started.setupLink?.split('#')[1] ?? '';
  const person = { name: 'ana', password: 'correct horse battery' };
  const setup = await post('/api/v1/setup', { token, ...person });
  assert.deepEqual([setup.status, 'idempotency-replayed' in setup.headers], [201, false]);
  assert.equal((await post('/api/v1/setup', { token, ...person })).body.code, 'already-set-up');
  for (const attempt of ['first', 'again']) {
    const session = await post('/api/v1/session', person);
    assert.match(String(session.headers['set-cookie']), /bulkhead_session=/, attempt);
  }
});

test('no file of the controller holds a secret as it was given', async (context) => {
  const { api, directory, started, stop } = await testController(context);
  const { body } = await api('POST', '/pairing-keys', { name: 'web-1' }, { 'idempotency-key': 'k' });
  const [, , keySecret = ''] = body.key.split('.');
  const setupToken = started.setupLink?.split('#')[1] ?? '';
  const invited = await api('POST', '/users', { name: 'bo', role: 'viewer' }, { 'idempotency-key': 'u' });
  const [, invitation = ''] = /#(.+)&/.exec(invited.body.path) ?? [];
  await stop();
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  assert.ok(files.length > 2);
  for (const file of files) {
    const content = readFileSync(join(file.parentPath, file.name));
    for (const secret of [keySecret, setupToken, invitation]) {
      assert.ok(secret.length > 20);
      assert.ok(!content.includes(secret), `${file.name} holds a secret`);
    }
  }
});
