import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeController } from '../online/testkit.ts';
import { folder, inForce, previewed, rulesetText } from './testkit.ts';

const content = { files: [{ path: 'shop.yaml', text: rulesetText('tcp/80') }] };

function saying(isolations: number | null) {
  const known = inForce(3, content);
  const { body } = known['GET /status'] as { readonly body: object };
  return {
    ...known,
    ...previewed(3, content),
    'GET /status': { body: { ...body, ...(isolations !== null && { isolations }) } },
  };
}

for (const [isolations, note] of [
  [null, /^$/],
  [0, /^$/],
  [
    1,
    /^1 isolation is in force beside this policy; it is in no file, and no version ends them: bulkhead isolate list\n$/,
  ],
  [2, /^2 isolations are in force beside this policy/],
] as const)
  test(`who pulls or plans is told of ${isolations} isolations`, async (context) => {
    const directory = folder(context);
    const pulled = await new FakeController(saying(isolations)).run(['policy', 'pull', directory]);
    assert.equal(pulled.code, 0, pulled.stderr);
    assert.match(pulled.stderr, note);
    const planned = await new FakeController(saying(isolations)).run(['policy', 'plan', directory]);
    assert.equal(planned.code, 0, planned.stderr);
    assert.match(planned.stderr, note);
  });
