import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { test } from 'node:test';
import { eventually } from '../testkit/eventually.ts';
import { httpsRequest } from '../testkit/https-request.ts';
import { administrator, apiPort, person } from '../testkit/people.ts';
import { putDraft, shopPolicy } from '../testkit/shop.ts';
import { type TestController, testController } from '../testkit/test-controller.ts';

test('the setup link makes one administrator, whose session is a strict cookie', async (context) => {
  const controller = await testController(context);
  const page = await httpsRequest(apiPort(controller), { method: 'GET', path: '/setup' });
  assert.match(String(page.headers['content-security-policy']), /script-src 'self'/);
  const ask = (body: object) => httpsRequest(apiPort(controller), { method: 'POST', path: '/api/v1/setup', body });
  const token = controller.started.setupLink?.split('#')[1] ?? '';
  assert.equal((await ask({ token: 'wrong', ...person })).body.code, 'wrong-setup-token');
  assert.equal((await ask({ token, name: 'ana', password: 'short' })).body.code, 'weak-password');
  assert.equal((await ask({ token })).body.code, 'invalid-request');
  const { headers } = await ask({ token, ...person });
  for (const part of ['HttpOnly', 'Secure', 'SameSite=Strict'])
    assert.ok(String(headers['set-cookie']).includes(part), part);
  assert.equal((await ask({ token, ...person })).body.code, 'already-set-up');
});

test('an invited viewer reads, changes nothing, and is out when removed', async (context) => {
  const controller = await testController(context);
  const admin = await administrator(controller);
  const ask = (method: string, path: string, more: object = {}) =>
    httpsRequest(apiPort(controller), { method, path: `/api/v1${path}`, ...more });
  const invited = await ask('POST', '/users', { headers: admin, body: { name: 'bo', role: 'viewer' } });
  const [, token] = /^\/setup#(.+)&name=bo$/.exec(invited.body.path) ?? [];
  const listed = async () => {
    const { body } = await ask('GET', '/users', { headers: admin });
    return body.items.map(({ name, role, state }: Record<string, string>) => `${name} ${role} ${state}`);
  };
  assert.deepEqual(await listed(), ['ana admin active', 'bo viewer invited']);
  const joined = await ask('POST', '/setup', { body: { ...person, token, name: 'bo' } });
  assert.deepEqual([joined.status, joined.body], [201, { name: 'bo', role: 'viewer' }]);
  assert.deepEqual(await listed(), ['ana admin active', 'bo viewer active']);
  const headers = { cookie: String(joined.headers['set-cookie']).split(';')[0] ?? '' };
  const cases: readonly (readonly [string, string, object, number])[] = [
    ['GET', '/edges', {}, 200],
    ['GET', '/audit', {}, 403],
    ['GET', '/users', {}, 403],
    ['POST', '/users', { name: 'eve', role: 'admin' }, 403],
    ['POST', '/users/ana/link', {}, 403],
    ['DELETE', '/users/ana', {}, 403],
    ['PUT', '/drafts/mine', {}, 403],
    ['POST', '/pairing-keys', {}, 403],
  ];
  for (const [method, path, body, status] of cases) {
    const answer = await ask(method, path, { headers, ...(method.startsWith('P') && { body }) });
    assert.equal(answer.status, status, `${method} ${path}`);
  }
  assert.equal((await ask('DELETE', '/users/ana', { headers: admin })).body.code, 'last-admin');
  assert.equal((await ask('DELETE', '/users/bo', { headers: admin })).status, 204);
  assert.equal((await ask('GET', '/edges', { headers })).body.code, 'not-logged-in');
});

test('a session opens, is refused to other sites, and closes', async (context) => {
  const controller = await testController(context);
  await administrator(controller);
  const ask = (method: string, path: string, more: object = {}) =>
    httpsRequest(apiPort(controller), { method, path: `/api/v1${path}`, ...more });
  assert.equal(
    (await ask('POST', '/session', { body: { ...person, password: 'not the password' } })).body.code,
    'wrong-password',
  );
  const opened = await ask('POST', '/session', { body: person });
  const cookie = String(opened.headers['set-cookie']).split(';')[0] ?? '';
  const headers = { cookie };
  assert.deepEqual((await ask('GET', '/session', { headers })).body, { name: 'ana', role: 'admin' });
  const elsewhere = { ...headers, origin: 'https://elsewhere.example' };
  assert.equal((await ask('DELETE', '/session', { headers: elsewhere })).body.code, 'cross-origin');
  const here = { ...headers, origin: `https://127.0.0.1:${apiPort(controller)}` };
  assert.equal((await ask('DELETE', '/session', { headers: here })).status, 204);
  assert.equal((await ask('GET', '/session', { headers })).body.code, 'not-logged-in');
});

test('guessing passwords is slowed down', async (context) => {
  const controller = await testController(context);
  const body = { name: 'ana', password: 'not the password' };
  const codes: string[] = [];
  for (let i = 0; i < 11; i++) {
    codes.push((await httpsRequest(apiPort(controller), { method: 'POST', path: '/api/v1/session', body })).body.code);
  }
  assert.deepEqual([codes[0], codes.at(-1)], ['wrong-password', 'too-many-requests']);
});

test('the control socket is root alone', async (context) => {
  const controller = await testController(context);
  assert.equal(statSync(controller.started.controlSocket).mode & 0o777, 0o600);
  assert.deepEqual((await controller.api('GET', '/session')).body, { name: 'local:root', role: 'admin' });
});

test('what is wrong with a request has a code, a status and a sentence', async (context) => {
  const { api } = await testController(context);
  const cases: readonly (readonly [string, string, unknown, number, string])[] = [
    ['GET', '/nowhere', undefined, 404, 'not-found'],
    ['GET', '/hosts/nobody', undefined, 404, 'not-found'],
    ['GET', '/versions/9', undefined, 404, 'not-found'],
    ['GET', '/versions/x', undefined, 400, 'invalid-request'],
    ['GET', '/drafts/none', undefined, 404, 'not-found'],
    ['DELETE', '/drafts/none', undefined, 404, 'not-found'],
    ['POST', '/drafts/none/provision', {}, 404, 'not-found'],
    ['GET', '/hosts?limit=0', undefined, 400, 'invalid-request'],
    ['GET', '/hosts?cursor=!', undefined, 400, 'bad-cursor'],
    ...['-5', '0.5', '1e308', '{}', '"x"'].map(
      (place) => ['GET', `/edges?cursor=${btoa(place)}`, undefined, 400, 'bad-cursor'] as const,
    ),
    ['GET', `/audit?cursor=${btoa('-1')}`, undefined, 400, 'bad-cursor'],
    ['GET', `/flows?cursor=${btoa('[1]')}`, undefined, 400, 'bad-cursor'],
    ['GET', '/edges?service=tcp/99999', undefined, 400, 'bad-filter'],
    ['GET', '/edges?verdict=perhaps', undefined, 400, 'bad-filter'],
    ['GET', '/edges?since=yesterday', undefined, 400, 'bad-filter'],
    ['GET', '/workloads?selector=a%20b', undefined, 400, 'bad-filter'],
    ['GET', '/explain?from=nobody&to=10.0.0.1&service=tcp/1', undefined, 400, 'bad-filter'],
    ['POST', '/drafts', { name: '../x' }, 400, 'invalid-request'],
    ['POST', '/drafts', { name: 'x', base: 7 }, 404, 'not-found'],
    ...['', '/etc/passwd', '..', '../a.yaml', 'a/../b.yaml', 'a/..', 'a\\b', 'a\u001b[2J.yaml', 'a\nb'].map(
      (path) => ['POST', '/drafts', { name: 'x', files: [{ path, text: '' }] }, 400, 'invalid-request'] as const,
    ),
    ['PUT', '/drafts/x', { base: 7, files: [{ path: 'a/..b/.c/d..yaml', text: '' }] }, 404, 'not-found'],
    ['POST', '/drafts', { name: 'x', extra: 1 }, 400, 'invalid-request'],
    ['PUT', '/workloads/x', { addresses: ['10.0.0.0/8'] }, 400, 'invalid-request'],
    ['PUT', '/workloads/x', { addresses: [], labels: { '-': 'x' } }, 400, 'invalid-request'],
    ['PUT', '/workloads/10.0.0.1', { addresses: [] }, 400, 'invalid-request'],
    ['POST', '/workloads/import', { name: 'x' }, 415, 'unsupported-media-type'],
    ['POST', '/pairing-keys', { mode: 'sometimes' }, 400, 'invalid-request'],
    ['POST', '/pairing-keys', { uses: 0 }, 400, 'invalid-request'],
    ['POST', '/pairing-keys', { expires: '2001-01-01T00:00:00Z' }, 400, 'invalid-request'],
    ['POST', '/pairing-keys', { name: 'a b' }, 400, 'invalid-request'],
    ['POST', '/pairing-keys', { labels: { role: '-' } }, 400, 'invalid-request'],
  ];
  for (const [method, path, body, status, code] of cases) {
    const answer = await api(method, path, body);
    assert.deepEqual(
      [answer.status, answer.body.code],
      [status, code],
      `${method} ${path} ${JSON.stringify(answer.body)}`,
    );
    assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
    assert.match(answer.body.detail, /^Cannot /);
  }
});

test('bodies are not bent into shape: null removes a label, and a number is no label', async (context) => {
  const { api } = await testController(context);
  const labels = (value: unknown) => ({ labels: [{ workload: 'web', key: 'role', value }] });
  const kept = await api('PUT', '/drafts/d', labels(null));
  assert.deepEqual(kept.body.labels, labels(null).labels);
  for (const bad of [5, true, [], {}]) assert.equal((await api('PUT', '/drafts/d', labels(bad))).status, 400);
  assert.equal((await api('PUT', '/workloads/w', { addresses: '10.0.0.1' })).status, 400);
});

test('a body over its limit is refused', async (context) => {
  const { api } = await testController(context);
  const { status, body } = await api('POST', '/pairing-keys', { name: 'x'.repeat(2 * 1024 * 1024) });
  assert.deepEqual([status, body.code], [413, 'too-large']);
});

test('an Idempotency-Key acts once, and belongs to its request', async (context) => {
  const { api } = await testController(context);
  const headers = { 'idempotency-key': 'k1' };
  const first = await api('POST', '/drafts', { name: 'a' }, headers);
  const again = await api('POST', '/drafts', { name: 'a' }, headers);
  assert.deepEqual([first.status, again.status, again.body], [201, 201, first.body]);
  assert.equal(again.headers['idempotency-replayed'], 'true');
  assert.equal((await api('POST', '/drafts', { name: 'b' }, headers)).body.code, 'idempotency-key-reused');
  assert.equal((await api('POST', '/drafts', { name: 'a' })).body.code, 'already-exists');
  const secret = await api('POST', '/pairing-keys', {}, { 'idempotency-key': 'k2' });
  const other = await api('POST', '/pairing-keys', {}, { 'idempotency-key': 'k2' });
  assert.notEqual(secret.body.key, other.body.key, 'answers that hold a secret are not kept');
  for (const turn of ['first', 'second']) {
    const preview = await api('POST', '/drafts/a/preview', {}, { 'idempotency-key': 'k3' });
    assert.deepEqual([preview.status, preview.headers['idempotency-replayed']], [200, undefined], turn);
  }
});

test('lists go on where they stopped', async (context) => {
  const { api } = await testController(context);
  const csv = `name,addresses,role\n${Array.from({ length: 25 }, (_, i) => `w-${String(i).padStart(2, '0')},10.9.0.${i},x`).join('\n')}\n`;
  const imported = await api('POST', '/workloads/import', csv, { 'content-type': 'text/csv' });
  assert.deepEqual(imported.body, { imported: 25 });
  const names: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { body } = await api('GET', `/workloads?limit=10${cursor === '' ? '' : `&cursor=${cursor}`}`);
    names.push(...body.items.map((item: { name: string }) => item.name));
    cursor = body.next;
  }
  assert.equal(new Set(names).size, 25);
  assert.equal((await api('GET', '/workloads?selector=role%3Dx,!app&limit=1000')).body.items.length, 25);
  assert.equal((await api('GET', '/workloads?selector=role%3Dy')).body.items.length, 0);
  const bad = await api('POST', '/workloads/import', 'name,addresses\nok,10.1.1.1\nbad,nowhere\n', {
    'content-type': 'text/csv',
  });
  assert.deepEqual([bad.status, bad.body.problems[0].place.line], [400, 3]);
  assert.equal((await api('GET', '/workloads/ok')).status, 404, 'nothing of a bad file is imported');
});

test('an ip list is a file of the draft, by JSON or CSV', async (context) => {
  const { api } = await testController(context);
  const json = await api('PUT', '/drafts/d/ip-lists/partners', { prefixes: ['192.0.2.0/24'] });
  assert.deepEqual([json.status, json.body.sound], [200, true]);
  const csv = await api('PUT', '/drafts/d/ip-lists/partners', 'prefix\n198.51.100.0/24\n', {
    'content-type': 'text/csv',
  });
  assert.equal(csv.body.files.length, 1);
  assert.match(csv.body.files[0].text, /198\.51\.100\.0\/24/);
  const bad = await api('PUT', '/drafts/d/ip-lists/partners', { prefixes: ['192.0.2.1/24'] });
  assert.deepEqual([bad.status, bad.body.problems[0].code], [400, 'bad-prefix']);
  assert.match((await api('GET', '/drafts/d')).body.files[0].text, /198\.51\.100\.0\/24/);
});

test('who did what is written down and cannot be unwritten', async (context) => {
  const { api } = await testController(context);
  await putDraft({ directory: '', api }, 'd', shopPolicy);
  await api('DELETE', '/drafts/d');
  await api('PUT', '/workloads/nas', { addresses: ['10.0.0.9'] });
  const { items } = (await api('GET', '/audit')).body;
  const said = items.map(({ actor, action, subject }: Record<string, string>) => `${actor} ${action} ${subject}`);
  assert.deepEqual(said, ['local:root workload.put nas', 'local:root draft.remove d', 'local:root draft.put d']);
  assert.deepEqual((await api('GET', '/audit/verification')).body, { intact: true, firstBroken: null });
});

test('status says what this product does not do yet', async (context) => {
  const { api } = await testController(context);
  const { absent } = (await api('GET', '/status')).body;
  const missing = ['process and user rules', 'reverify', 'domain names for guests', 'guests that nobody declared'];
  assert.deepEqual(absent, missing);
});

test('events arrive, and a reader that comes back misses none', async (context) => {
  const controller = await testController(context);
  const first = readEvents(controller, null);
  await eventually('the greeting', () => first.events.length > 0);
  const last = first.events.at(-1)?.id ?? '';
  first.stop();
  await putDraft(controller, 'd', shopPolicy);
  await controller.api('POST', '/drafts/d/provision', {});
  await eventually('the version', async () => (await controller.api('GET', '/provisions/1')).body.state === 'done');
  const second = readEvents(controller, last);
  const missed = (kind: string, what: string) =>
    second.events.some((event) => event.kind === kind && event.data.includes(what));
  await eventually('what was missed', () => missed('version', '1') && missed('provision', '"state":"done"'));
  const ids = second.events.map(({ id }) => id);
  assert.deepEqual([new Set(ids).size, ids.includes(last)], [ids.length, false], 'none twice, none that was seen');
  second.stop();
  const table = (await controller.api('GET', '/edges/table')).body;
  await putDraft(controller, 'e', shopPolicy);
  await controller.api('PUT', '/workloads/nas', { addresses: ['10.0.0.9'] });
  const fromTable = readEvents(controller, null, `?after=${table.lastEvent}`);
  await eventually('what came after the table', () => fromTable.events.some(({ kind }) => kind === 'estate'));
  assert.ok(!fromTable.events.some(({ id }) => ids.includes(id)), 'nothing from before it');
  fromTable.stop();
  const third = readEvents(controller, 'another-run-5');
  await eventually('to be told to look afresh', () => third.events.some(({ kind }) => kind === 'reset'));
  third.stop();
});

test('somebody who opens streams without end is told to stop, and may again when some are closed', async (context) => {
  const controller = await testController(context);
  const streams = Array.from({ length: 64 }, () => readEvents(controller, null));
  await eventually('all to be greeted', () => streams.every(({ events }) => events.length > 0));
  const refused = await controller.api('GET', '/events');
  assert.deepEqual([refused.status, refused.body.code], [429, 'too-many-requests']);
  for (const stream of streams) stream.stop();
  await eventually('room for another', async () => {
    const again = readEvents(controller, null);
    await new Promise((resolve) => setTimeout(resolve, 20));
    again.stop();
    return again.events.length > 0;
  });
});

test('events end with the session that asked for them', async (context) => {
  const controller = await testController(context);
  const headers = await administrator(controller);
  context.mock.timers.enable({ apis: ['setInterval'] });
  const options = {
    host: '127.0.0.1',
    port: apiPort(controller),
    path: '/api/v1/events',
    headers,
    rejectUnauthorized: false,
  };
  let [text, ended] = ['', false];
  const call = secureRequest(options, (response) => {
    response.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    response.on('end', () => {
      ended = true;
    });
  });
  call.end();
  await eventually('the greeting', () => text.includes('hello'));
  context.mock.timers.tick(15_000);
  await eventually('the heartbeat', () => text.includes('still here'));
  const gone = await httpsRequest(apiPort(controller), { method: 'DELETE', path: '/api/v1/session', headers });
  assert.deepEqual([gone.status, ended], [204, false]);
  context.mock.timers.tick(15_000);
  await eventually('the end', () => ended);
  context.mock.timers.reset();
});

type Heard = { readonly id: string; readonly kind: string; readonly data: string };

function readEvents(
  { started }: TestController,
  lastId: string | null,
  query = '',
): { readonly events: Heard[]; readonly stop: () => void } {
  const events: Heard[] = [];
  const headers = lastId === null ? {} : { 'last-event-id': lastId };
  const call = request({ socketPath: started.controlSocket, path: `/api/v1/events${query}`, headers }, (response) => {
    let rest = '';
    response.setEncoding('utf8').on('data', (text: string) => {
      const blocks = (rest + text).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const [id, kind] = [/^id: (.*)$/m.exec(block)?.[1], /^event: (.*)$/m.exec(block)?.[1]];
        const data = /^data: (.*)$/m.exec(block)?.[1] ?? '';
        if (kind !== undefined) events.push({ id: id ?? '', kind, data });
      }
    });
    response.on('error', () => {});
  });
  call.on('error', () => {});
  call.end();
  return { events, stop: () => call.destroy() };
}
