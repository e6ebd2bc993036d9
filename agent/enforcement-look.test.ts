import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { DecisionBook } from './decision-book.ts';
import { Enforcement } from './enforcement.ts';
import { silentLog } from './log.ts';
import { Problems } from './problems.ts';
import { RulesetFile } from './ruleset-file.ts';
import { FakeKernel } from './testkit/fake-kernel.ts';
import { ruleset } from './testkit/rulesets.ts';
import { temporaryDirectory } from './testkit/temporary-directory.ts';
import { trialsAt } from './testkit/trials.ts';

async function holding(t: TestContext) {
  const kernel = new FakeKernel();
  const problems = new Problems(silentLog);
  const state = { now: 1000 };
  const directory = temporaryDirectory(t);
  const enforcement = new Enforcement({
    kernel,
    file: new RulesetFile(join(directory, 'ruleset.json'), problems),
    problems,
    log: silentLog,
    clock: () => state.now,
    counters: { retired: () => {}, wiped: () => {} },
    decisions: new DecisionBook(),
    trials: trialsAt(join(directory, 'undo.nft'), kernel).trials,
  });
  await enforcement.replace('web-1', ruleset(1));
  return { kernel, enforcement, state };
}
const saying = ({ sight }: Enforcement) => [sight.seen.outcome, sight.seen.depth];

test('PR11 a look after which nothing was changed proves everything, and the next look is at the next slice', async (t) => {
  const { enforcement, state } = await holding(t);
  assert.deepEqual(saying(enforcement), ['holds', 'everything'], 'read back after the change');
  state.now = 2000;
  assert.equal(await enforcement.look(), false);
  const { seen, turn, whole } = enforcement.sight;
  assert.deepEqual([seen.at, seen.outcome, seen.depth, seen.turn, turn], [2000, 'holds', 'everything', 0, 1]);
  assert.deepEqual([whole, enforcement.sight.appliedAt(1), enforcement.sight.appliedAt(2)], [1000, 1000, null]);
});

test('PR10 what a look suspects is read as a whole, and only then put back', async (t) => {
  const { kernel, enforcement } = await holding(t);
  kernel.suspected = true;
  assert.equal(await enforcement.look(), false);
  assert.deepEqual([kernel.replaced, enforcement.proven, ...saying(enforcement)], [1, true, 'holds', 'everything']);
  kernel.suspected = false;
  kernel.wipe();
  assert.equal(await enforcement.look(), true);
  assert.deepEqual([kernel.replaced, enforcement.proven, enforcement.restored], [2, true, 1]);
});

test('PR13 without such a look the structure is read, and no more is said', async (t) => {
  const { kernel, enforcement } = await holding(t);
  kernel.glances = false;
  assert.equal(await enforcement.look(), false);
  assert.deepEqual(saying(enforcement), ['holds', 'structure']);
  kernel.wipe();
  assert.equal(await enforcement.look(), true);
});

test('a kernel that holds something else than it was told is said to differ, whatever a look sees', async (t) => {
  const { kernel, enforcement } = await holding(t);
  kernel.forgetful = true;
  await enforcement.replace('web-1', ruleset(2));
  assert.deepEqual([enforcement.proven, saying(enforcement)[0]], [false, 'differs']);
  await enforcement.look();
  assert.equal(saying(enforcement)[0], 'differs');
});
