import assert from 'node:assert/strict';
import { test } from 'node:test';
import { finished, shopPolicy } from '../testkit/shop.ts';
import { testController } from '../testkit/test-controller.ts';

const file = (text: string) => ({ files: [{ path: 'shop.yaml', text }] });
const other = shopPolicy.replace('tcp/5432', 'tcp/22');

type Made = { readonly seen: string; readonly now: string };
/** What is asked with `if-match` of the draft as it was seen before somebody else changed it, and with what it is now. */
const asked: readonly (readonly [
  method: string,
  path: string,
  body: object | undefined,
  ifMatch: (made: Made) => string,
  status: number,
])[] = [
  ['PUT', '/drafts/d', file(other), ({ seen }) => seen, 412],
  ['PUT', '/drafts/d', file(other), ({ now }) => now, 200],
  ['PUT', '/drafts/d', file(other), () => '*', 200],
  ['PUT', '/drafts/none', file(other), () => '*', 412],
  ['PUT', '/drafts/none', file(other), ({ now }) => now, 412],
  ['PUT', '/drafts/d/ip-lists/l', { prefixes: [] }, ({ seen }) => seen, 412],
  ['PUT', '/drafts/d/ip-lists/l', { prefixes: [] }, ({ now }) => now, 200],
  ['POST', '/drafts/d/preview', {}, ({ seen }) => seen, 412],
  ['POST', '/drafts/d/preview', {}, ({ now }) => now, 200],
  ['POST', '/drafts/d/provision', {}, ({ seen }) => seen, 412],
  ['POST', '/drafts/d/provision', {}, ({ now }) => now, 202],
  ['DELETE', '/drafts/d', undefined, ({ seen }) => seen, 412],
  ['DELETE', '/drafts/d', undefined, ({ now }) => now, 204],
  ['PUT', '/drafts/d', file(other), ({ now }) => now.replaceAll('"', ''), 400],
  ['PUT', '/drafts/d', file(other), ({ now }) => `W/${now}`, 400],
];

for (const [index, [method, path, body, ifMatch, status]] of asked.entries())
  test(`${index}: ${method} ${path} with ${ifMatch} answers ${status}`, async (context) => {
    const { api } = await testController(context);
    const seen = String((await api('PUT', '/drafts/d', file(shopPolicy))).headers.etag);
    const now = String((await api('PUT', '/drafts/d', file(`${shopPolicy}# theirs\n`))).headers.etag);
    const before = (await api('GET', '/drafts/d')).body;
    const answer = await api(method, path, body, { 'if-match': ifMatch({ seen, now }) });
    assert.equal(answer.status, status, JSON.stringify(answer.body));
    if (status !== 412) return;
    assert.deepEqual(
      [answer.body.code, String(answer.headers['content-type']).split(';')[0]],
      ['draft-changed', 'application/problem+json'],
    );
    assert.deepEqual((await api('GET', '/drafts/d')).body, before, 'nothing has changed');
    assert.equal((await api('GET', '/drafts/none')).status, 404);
    assert.equal((await api('GET', '/versions')).body.items.length, 1);
  });

test('every answer that shows a draft names its revision; one that was made again is another one', async (context) => {
  const { api } = await testController(context);
  const made = await api('POST', '/drafts', { name: 'd' });
  const got = await api('GET', '/drafts/d');
  assert.deepEqual([made.headers.etag, got.headers.etag], [`"${made.body.revision}"`, `"${got.body.revision}"`]);
  assert.equal((await api('POST', '/drafts/d/preview')).body.revision, made.body.revision);
  await api('DELETE', '/drafts/d');
  const again = await api('POST', '/drafts', { name: 'd' });
  assert.ok(again.body.revision > made.body.revision);
});

test('of several who save over the same state one is taken, and nothing of the others', async (context) => {
  const { api } = await testController(context);
  const { etag } = (await api('POST', '/drafts', { name: 'd' })).headers;
  const texts = ['a', 'b', 'c', 'd', 'e'].map((name) => `${shopPolicy}# ${name}\n`);
  const answers = await Promise.all(
    texts.map((text) => api('PUT', '/drafts/d', file(text), { 'if-match': String(etag) })),
  );
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 412, 412, 412, 412]);
  const taken = texts[answers.findIndex(({ status }) => status === 200)];
  assert.equal((await api('GET', '/drafts/d')).body.files[0].text, taken);
});

test('what is provisioned while others edit is what was previewed, or nothing', async (context) => {
  const controller = await testController(context);
  const { api } = controller;
  await api('PUT', '/drafts/d', file(shopPolicy));
  const { revision, base, current } = (await api('POST', '/drafts/d/preview')).body;
  assert.equal(base, current);
  const ifMatch = { 'if-match': `"${revision}"` };
  const [edited, provisioned] = await Promise.all([
    api('PUT', '/drafts/d', file(other), ifMatch),
    api('POST', '/drafts/d/provision', {}, ifMatch),
  ]);
  assert.deepEqual([edited.status, provisioned.status].filter((status) => status < 300).length, 1);
  if (provisioned.status === 202) {
    await finished(controller, 1);
    assert.equal((await api('GET', '/versions/1')).body.files[0].text, shopPolicy);
  } else {
    assert.deepEqual([provisioned.status, provisioned.body.code], [412, 'draft-changed']);
    assert.equal((await api('GET', '/versions')).body.items.length, 1);
  }
});

test('a draft that must not be there yet is made once, and overwrites none', async (context) => {
  const { api } = await testController(context);
  const headers = { 'if-none-match': '*' };
  assert.equal((await api('PUT', '/drafts/d', file(shopPolicy), headers)).status, 200);
  const second = await api('PUT', '/drafts/d', file(other), headers);
  assert.deepEqual([second.status, second.body.code], [412, 'draft-changed']);
  assert.equal((await api('GET', '/drafts/d')).body.files[0].text, shopPolicy);
});
