import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type TestContext } from 'node:test';
import type { Change, DecisionCount } from '@bulkhead/enforce/back-end.ts';
import { encodeHostRuleset } from '@bulkhead/model/host-ruleset-text.ts';
import { stagedPath } from './atomic-file.ts';
import { DecisionBook } from './decision-book.ts';
import { Enforcement } from './enforcement.ts';
import { silentLog } from './log.ts';
import { Problems } from './problems.ts';
import { RulesetFile } from './ruleset-file.ts';
import { FakeKernel, refusedByKernel } from './testkit/fake-kernel.ts';
import { delta, ruleset } from './testkit/rulesets.ts';
import { temporaryDirectory } from './testkit/temporary-directory.ts';
import { trialsAt } from './testkit/trials.ts';

/** A host: its kernel and disk outlive the agents that are started on it. */
function host(t: TestContext) {
  const path = join(temporaryDirectory(t), 'ruleset.json');
  const kernel = new FakeKernel();
  let wiped = 0;
  const retired: DecisionCount[] = [];
  const start = () => {
    const problems = new Problems(silentLog);
    const decisions = new DecisionBook();
    const counters = { retired: (change: Change) => retired.push(...change.retired), wiped: () => wiped++ };
    const file = new RulesetFile(path, problems);
    const enforcement = new Enforcement({
      kernel,
      file,
      problems,
      log: silentLog,
      clock: Date.now,
      counters,
      decisions,
      trials: trialsAt(join(dirname(path), 'undo.nft'), kernel).trials,
    });
    return { enforcement, problems, decisions };
  };
  const stored = (): number | null => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).generation : null);
  return { path, kernel, start, stored, retired, wiped: () => wiped };
}

const two = ['10.0.1.11', '10.0.1.12'];

test('a ruleset is in the kernel, proven and on disk', async (t) => {
  const { kernel, start, stored } = host(t);
  const { enforcement, decisions } = start();
  const result = await enforcement.replace('web-1', ruleset(1));
  assert.deepEqual([result.kind, result.proven, result.problem, result.held], ['applied', true, null, ruleset(1)]);
  assert.deepEqual([kernel.ruleset, stored()], [ruleset(1), 1]);
  assert.equal(decisions.find(1, 1)?.effective.rule, 'shop/web-to-api');
});

test('what counters had counted when a change took them away is not forgotten', async (t) => {
  const { kernel, start, retired } = host(t);
  const { enforcement } = start();
  const counts = (...packets: number[]) => packets.map((n) => ({ name: `c_in_${n}`, packets: n }));
  kernel.retiring = counts(7, 2);
  await enforcement.replace('web-1', ruleset(1));
  kernel.retiring = counts(3);
  kernel.failure = refusedByKernel;
  await enforcement.replace('web-1', ruleset(2));
  assert.deepEqual(retired, counts(7, 2), 'a change that was not made takes nothing away');
  // Put back over what somebody else made of it.
  kernel.numbers = null;
  await enforcement.check('structure');
  assert.deepEqual(retired, counts(7, 2, 3));
});

test('changes in a row are made in their order', async (t) => {
  const { kernel, start, stored } = host(t);
  const { enforcement } = start();
  const results = await Promise.all([
    enforcement.replace('web-1', ruleset(1)),
    enforcement.amend('web-1', delta(ruleset(1), ruleset(2, two))),
    enforcement.replace('web-1', ruleset(3)),
  ]);
  assert.deepEqual(
    results.map((r) => r.held?.generation),
    [1, 2, 3],
  );
  assert.deepEqual([kernel.replaced, kernel.amended, kernel.numbers?.generation, stored()], [2, 1, 3, 3]);
});

test('a delta amends, and decision numbers stay those of the last whole ruleset', async (t) => {
  const { kernel, start } = host(t);
  const { enforcement, decisions } = start();
  await enforcement.replace('web-1', ruleset(1));
  await enforcement.amend('web-1', delta(ruleset(1), ruleset(2, two)));
  assert.deepEqual(kernel.ruleset, ruleset(2, two));
  assert.equal(kernel.numbers?.structure, 1);
  assert.deepEqual([decisions.find(1, 1)?.effective.rule, decisions.find(2, 1)], ['shop/web-to-api', null]);
});

test('what is refused changes neither kernel nor disk', async (t) => {
  const { kernel, start, stored } = host(t);
  const { enforcement } = start();
  await enforcement.replace('web-1', ruleset(5));
  for (const [kind, result] of [
    ['refused', await enforcement.replace('web-1', ruleset(5))],
    ['refused', await enforcement.replace('web-1', ruleset(4, []))],
    ['refused', await enforcement.replace('web-1', { ...ruleset(9), workload: 'db-1' })],
    ['again', await enforcement.amend('web-1', delta(ruleset(4), ruleset(9, two)))],
  ] as const) {
    assert.equal(result.kind, kind);
    assert.deepEqual([result.held?.generation, result.proven], [5, true]);
    assert.match(result.problem ?? '', /^Cannot apply/);
  }
  assert.deepEqual([kernel.replaced, kernel.ruleset, stored()], [1, ruleset(5), 5]);
});

test('a kernel that refuses keeps what it had, and so does the disk', async (t) => {
  const { kernel, start, stored } = host(t);
  const { enforcement, problems } = start();
  await enforcement.replace('web-1', ruleset(1));
  kernel.failure = refusedByKernel;
  const result = await enforcement.replace('web-1', ruleset(2, two));
  assert.deepEqual([result.kind, result.held?.generation, kernel.numbers?.generation, stored()], ['failed', 1, 1, 1]);
  assert.match(problems.texts().join(), /nft/);
  await enforcement.check('structure');
  assert.equal(stored(), 1, 'what the kernel refused is not the last good ruleset');
  await enforcement.replace('web-1', ruleset(3));
  assert.deepEqual([problems.texts(), stored()], [[], 3]);
});

test('a kernel that took it and does not hold it is not proven, and the file waits until it does', async (t) => {
  const { kernel, start, stored } = host(t);
  const { enforcement } = start();
  await enforcement.replace('web-1', ruleset(1));
  kernel.forgetful = true;
  const result = await enforcement.replace('web-1', ruleset(2, two));
  assert.deepEqual([result.kind, result.proven, stored()], ['applied', false, 1]);
  kernel.forgetful = false;
  await enforcement.check('structure');
  assert.deepEqual([enforcement.proven, kernel.ruleset, stored()], [true, ruleset(2, two), 2]);
});

test('a restarted agent leaves a kernel alone that holds the last good ruleset', async (t) => {
  const { kernel, start } = host(t);
  const first = start();
  await first.enforcement.replace('web-1', ruleset(1));
  await first.enforcement.amend('web-1', delta(ruleset(1), ruleset(2, two)));
  const { enforcement, decisions } = start();
  const result = await enforcement.loadLastGood();
  assert.deepEqual([result.proven, result.held, kernel.replaced], [true, ruleset(2, two), 1]);
  assert.equal(decisions.find(1, 1)?.effective.rule, 'shop/web-to-api');
});

test('after a boot the last good ruleset is loaded, and old counters are over', async (t) => {
  const { kernel, start, wiped } = host(t);
  await start().enforcement.replace('web-1', ruleset(1));
  kernel.wipe();
  const before = wiped();
  const result = await start().enforcement.loadLastGood();
  assert.deepEqual([result.proven, kernel.ruleset, wiped() - before], [true, ruleset(1), 1]);
});

test('a host without a ruleset loads nothing', async (t) => {
  const { kernel, start } = host(t);
  const result = await start().enforcement.loadLastGood();
  assert.deepEqual([result.kind, result.held, result.proven, kernel.replaced], ['applied', null, false, 0]);
});

for (const [name, damage] of [
  ['cut off', (text: string) => text.slice(0, -10)],
  ['empty', () => ''],
  ['changed in one address', (text: string) => text.replace('10.0.1.11', '10.0.1.99')],
  ['with another hash', (text: string) => text.replace(/"hash":"../, '"hash":"zz')],
] as const)
  test(`a file that is ${name} is refused and said, and the kernel keeps what it has`, async (t) => {
    const { path, kernel, start } = host(t);
    await start().enforcement.replace('web-1', ruleset(1));
    writeFileSync(path, damage(readFileSync(path, 'utf8')));
    const { enforcement, problems } = start();
    const result = await enforcement.loadLastGood();
    assert.deepEqual([result.kind, result.held, kernel.ruleset, kernel.replaced], ['refused', null, ruleset(1), 1]);
    assert.match(problems.texts().join(), /^Cannot load/);
    await enforcement.replace('web-1', ruleset(2));
    assert.deepEqual(problems.texts(), []);
  });

for (const [title, damage] of [
  ['corrupt', (path: string) => writeFileSync(path, '{')],
  ['empty', (path: string) => writeFileSync(path, '')],
] as const)
  test(`a host that boots with a file that is ${title} enforces the ruleset before it, and says so`, async (t) => {
    const { path, kernel, start } = host(t);
    const first = start();
    await first.enforcement.replace('web-1', ruleset(1));
    await first.enforcement.replace('web-1', ruleset(2, two));
    damage(path);
    kernel.wipe();
    const { enforcement, problems } = start();
    const result = await enforcement.loadLastGood();
    assert.deepEqual([result.held, result.proven, kernel.ruleset], [ruleset(1), true, ruleset(1)]);
    assert.match(problems.texts().join(), /^Cannot load .*; generation 1 from before it is loaded instead$/);
    await enforcement.replace('web-1', ruleset(3));
    assert.deepEqual([problems.texts(), kernel.ruleset], [[], ruleset(3)]);
  });

test('killed between kernel and disk: the kernel settles which ruleset was the last good one', async (t) => {
  const { path, kernel, start, stored } = host(t);
  await start().enforcement.replace('web-1', ruleset(1));
  writeFileSync(stagedPath(path), encodeHostRuleset(ruleset(2, two)));
  assert.equal((await start().enforcement.loadLastGood()).held?.generation, 1);
  assert.equal(existsSync(stagedPath(path)), false);
  writeFileSync(stagedPath(path), encodeHostRuleset(ruleset(2, two)));
  await kernel.replace(ruleset(2, two));
  const result = await start().enforcement.loadLastGood();
  assert.deepEqual([result.held, result.proven, stored()], [ruleset(2, two), true, 2]);
});

test('tampering is undone, counted and said; what is as it should be is left alone', async (t) => {
  const { kernel, start, wiped } = host(t);
  const { enforcement, problems } = start();
  await enforcement.check('structure');
  await enforcement.replace('web-1', ruleset(1));
  await enforcement.check('everything');
  assert.deepEqual([enforcement.restored, kernel.replaced], [0, 1]);
  kernel.wipe();
  await enforcement.check('structure');
  assert.deepEqual([enforcement.restored, kernel.ruleset, enforcement.proven, wiped()], [1, ruleset(1), true, 1]);
  kernel.ruleset = ruleset(1, two);
  await enforcement.check('everything');
  assert.deepEqual([enforcement.restored, kernel.ruleset], [2, ruleset(1)]);
  assert.match(problems.texts().join(), /put back 2 times: chain in_decide/);
});

test('what reads back differently right after it was loaded is said, stays unproven, and is soon left at that', async (t) => {
  const { kernel, start } = host(t);
  const { enforcement, problems } = start();
  await enforcement.replace('web-1', ruleset(1));
  kernel.forgetful = true;
  await enforcement.replace('web-1', ruleset(2, two));
  for (const depth of ['structure', 'everything', 'structure', 'everything'] as const) await enforcement.check(depth);
  assert.deepEqual([enforcement.proven, enforcement.restored, kernel.replaced], [false, 0, 4]);
  assert.match(problems.texts().join(), /Cannot prove generation 2: it reads back as chain in_decide/);
  kernel.forgetful = false;
  await enforcement.replace('web-1', ruleset(3, two));
  assert.deepEqual(
    [enforcement.proven, problems.texts().some((text) => text.startsWith('Cannot prove'))],
    [true, false],
  );
});

test('what is missing right after it was loaded was taken away, and is put back at every look, for ever', async (t) => {
  const { kernel, start } = host(t);
  const { enforcement, problems } = start();
  await enforcement.replace('web-1', ruleset(1));
  kernel.wipe();
  kernel.forgetful = true;
  for (let look = 1; look <= 5; look++) {
    const before = kernel.replaced;
    assert.equal(await enforcement.check('structure'), true);
    assert.ok(kernel.replaced > before, `look ${look}`);
    assert.equal(enforcement.proven, false);
  }
  assert.match(problems.texts().join(), /changed by somebody else/);
  kernel.forgetful = false;
  await enforcement.check('structure');
  assert.deepEqual([enforcement.proven, kernel.ruleset], [true, ruleset(1)]);
  assert.equal(await enforcement.check('structure'), false);
});

test('a table that was flushed counts on, one that is gone counts anew', async (t) => {
  const { kernel, start, wiped } = host(t);
  const { enforcement } = start();
  await enforcement.replace('web-1', ruleset(1));
  const before = wiped();
  kernel.wipe();
  kernel.counters = [{ name: 'c_in_0000000000000000', packets: 7 }];
  await enforcement.check('structure');
  assert.equal(wiped() - before, 0);
  kernel.wipe();
  await enforcement.check('structure');
  assert.equal(wiped() - before, 1);
});

test('a delta on a kernel that somebody changed becomes the whole ruleset', async (t) => {
  const { kernel, start } = host(t);
  const { enforcement } = start();
  await enforcement.replace('web-1', ruleset(1));
  kernel.wipe();
  const result = await enforcement.amend('web-1', delta(ruleset(1), ruleset(2, two)));
  assert.deepEqual([result.proven, kernel.ruleset, kernel.amended], [true, ruleset(2, two), 0]);
});

test('a disk that takes nothing does not stop enforcement', async (t) => {
  const { path, kernel, start, stored } = host(t);
  const { enforcement, problems } = start();
  mkdirSync(stagedPath(path));
  const result = await enforcement.replace('web-1', ruleset(1));
  assert.deepEqual([result.kind, result.proven, kernel.ruleset, stored()], ['applied', true, ruleset(1), null]);
  assert.match(problems.texts().join(), /Cannot keep generation 1 on disk/);
  rmdirSync(stagedPath(path));
  await enforcement.check('structure');
  assert.deepEqual([problems.texts(), stored()], [[], 1], 'there is room again');
});

test('a new enrolment starts from nothing held and leaves the kernel as it is', async (t) => {
  const { kernel, start, stored } = host(t);
  const { enforcement } = start();
  await enforcement.replace('web-1', ruleset(50));
  await enforcement.forget();
  assert.deepEqual([enforcement.held, kernel.ruleset, stored()], [null, ruleset(50), null]);
  assert.equal((await enforcement.replace('web-2', { ...ruleset(1), workload: 'web-2' })).kind, 'applied');
});
