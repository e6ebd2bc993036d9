import assert from 'node:assert/strict';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { agentState, isReady, readState, writeState } from './readiness.ts';
import { ruleset } from './testkit/rulesets.ts';
import { temporaryDirectory } from './testkit/temporary-directory.ts';
import { waitReady } from './wait-ready.ts';

const own = {
  pid: process.pid,
  workload: 'web-1',
  connected: true,
  proven: true,
  certificate: null,
  refused: null,
  problems: [],
};

for (const [name, state, ready] of [
  ['in session with a proven ruleset', agentState(ruleset(3), own), true],
  ['without a session', agentState(ruleset(3), { ...own, connected: false }), false],
  ['with nothing held', agentState(null, own), false],
  ['with an unproven ruleset', agentState(ruleset(3), { ...own, proven: false }), false],
] as const)
  test(`${name}: ${ready ? 'ready' : 'not ready'}`, async (t) => {
    const path = join(temporaryDirectory(t), 'state.json');
    writeState(path, state);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    assert.deepEqual([isReady(state), readState(path, () => true)], [ready, { ready, ...state }]);
    const answers: string[] = [];
    assert.equal(await waitReady(path, 0.001, (text) => answers.push(text)), ready ? 0 : 3);
    assert.match(answers.join(), ready ? /^Ready: web-1 holds generation 3, proven$/ : /^Not ready/);
  });

test('an agent that is not ready because its certificate expired says what to do', async (t) => {
  const path = join(temporaryDirectory(t), 'state.json');
  const certificate = { until: '2026-11-20T00:00:00.000Z', problem: 'Cannot open a session: enrol again' };
  writeState(path, agentState(ruleset(3), { ...own, connected: false, certificate }));
  const answers: string[] = [];
  assert.equal(await waitReady(path, 0.001, (text) => answers.push(text)), 3);
  assert.match(answers.join(), /enrol again$/);
});

test('an agent that is not ready because the controller refuses it says so', async (t) => {
  const path = join(temporaryDirectory(t), 'state.json');
  const refused = 'Cannot open a session as "web-1": its certificate was revoked';
  writeState(path, agentState(ruleset(3), { ...own, connected: false, refused }));
  const answers: string[] = [];
  assert.equal(await waitReady(path, 0.001, (text) => answers.push(text)), 3);
  assert.match(answers.join(), /its certificate was revoked$/);
});

test('the word of an agent that is gone counts for nothing', (t) => {
  const path = join(temporaryDirectory(t), 'state.json');
  assert.equal(
    readState(path, () => true),
    null,
  );
  writeState(path, agentState(ruleset(3), own));
  assert.equal(
    readState(path, () => false),
    null,
  );
  for (const text of ['', '{', 'null', '[]', '{"pid":"1"}']) {
    writeFileSync(path, text);
    assert.equal(
      readState(path, () => true),
      null,
      text,
    );
  }
});
