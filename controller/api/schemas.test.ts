import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documentKinds } from '@bulkhead/model/parse.ts';
import { documentSchemas } from '@bulkhead/model/schema/document-schemas.ts';
import { testController } from '../testkit/test-controller.ts';

test('the schema of every kind of document is published, and of no other', async (context) => {
  const { api } = await testController(context);
  const { items } = (await api('GET', '/schemas')).body;
  assert.deepEqual(
    items.map(({ kind }: { kind: string }) => kind),
    documentKinds,
  );
  for (const { kind, path } of items) {
    const answer = await api('GET', path.replace('/api/v1', ''));
    assert.deepEqual(answer.body, documentSchemas[kind as keyof typeof documentSchemas]);
    assert.match(String(answer.headers['content-type']), /^application\/schema\+json/);
  }
  for (const kind of ['Nothing', 'ruleset', 'toString', '__proto__']) {
    const answer = await api('GET', `/schemas/${kind}`);
    assert.deepEqual([answer.status, answer.body.code], [404, 'not-found'], kind);
  }
});
