import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import type { Address } from '@bulkhead/net/address.ts';
import type { Reach } from '@bulkhead/wire/messages.ts';
import { DecisionBook } from './decision-book.ts';
import { Enforcement } from './enforcement.ts';
import { silentLog } from './log.ts';
import { Problems } from './problems.ts';
import { RulesetFile } from './ruleset-file.ts';
import { FakeKernel, refusedByKernel } from './testkit/fake-kernel.ts';
import { delta, ruleset } from './testkit/rulesets.ts';
import { temporaryDirectory } from './testkit/temporary-directory.ts';
import { trialsAt } from './testkit/trials.ts';

const controller: Reach = { address: '10.0.0.1' as Address, port: 8444 };
const database: Reach = { address: '10.0.0.5' as Address, port: 5432 };
const trial = { seconds: 3, controller, reach: [database] };
const two = ['10.0.1.11', '10.0.1.12'];

/** A host whose kernel and disk outlive its agents; `answers` is asked at every attempt. */
function host(t: TestContext, answers: (to: Reach, kernel: FakeKernel) => boolean = () => true) {
  const folder = temporaryDirectory(t);
  const [path, undo] = [join(folder, 'ruleset.json'), join(folder, 'undo.nft')];
  const kernel = new FakeKernel();
  const start = () => {
    const problems = new Problems(silentLog);
    const tried = trialsAt(undo, kernel, (to) => answers(to, kernel));
    const enforcement = new Enforcement({
      kernel,
      file: new RulesetFile(path, problems),
      problems,
      log: silentLog,
      clock: Date.now,
      counters: { retired: () => {}, wiped: () => {} },
      decisions: new DecisionBook(),
      trials: tried.trials,
    });
    return { enforcement, problems, ...tried };
  };
  const stored = (): number | null => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).generation : null);
  const leftovers = () => readdirSync(folder).filter((name) => name.startsWith('undo'));
  return { undo, kernel, start, stored, leftovers };
}

/** Generation 2 cuts the database off. */
const cutBy2 = (to: Reach, kernel: FakeKernel) => to.port !== 5432 || kernel.numbers?.generation !== 2;

test('a change through which everybody is reached is kept, and nothing of the one before', async (t) => {
  const { kernel, start, stored, leftovers } = host(t);
  const { enforcement, attempts, watchdogs } = start();
  await enforcement.replace('web-1', ruleset(1));
  const result = await enforcement.replace('web-1', ruleset(2, two), trial);
  assert.deepEqual([result.kind, result.problem, kernel.ruleset], ['applied', null, ruleset(2, two)]);
  assert.deepEqual([stored(), kernel.settled, leftovers()], [2, 1, []]);
  assert.deepEqual([attempts, watchdogs], [['10.0.0.1:8444', '10.0.0.5:5432'], [6]]);
});

for (const [title, change] of [
  ['a ruleset', (one: Enforcement) => one.replace('web-1', ruleset(2, two), trial)],
  ['a delta', (one: Enforcement) => one.amend('web-1', delta(ruleset(1), ruleset(2, two)), trial)],
] as const)
  test(`${title} that cuts a dependency off is taken back, and who was not reached is named`, async (t) => {
    const { kernel, start, stored, leftovers } = host(t, cutBy2);
    const { enforcement, problems } = start();
    await enforcement.replace('web-1', ruleset(1));
    const result = await change(enforcement);
    const message = 'rolled back: with generation 2 no new connection came about to 10.0.0.5 tcp/5432 within 3 s';
    assert.deepEqual(
      [result.kind, result.problem, result.held, result.proven],
      ['rolled back', message, ruleset(1), true],
    );
    assert.deepEqual([kernel.ruleset, stored(), leftovers()], [ruleset(1), 1, []]);
    assert.deepEqual(problems.texts(), [message]);
    await enforcement.replace('web-1', ruleset(3), trial);
    assert.deepEqual([problems.texts(), stored()], [[], 3]);
  });

test('what failed is not tried again at once, then after a minute, then after two', async (t) => {
  const { kernel, start } = host(t, cutBy2);
  const { enforcement, pass, attempts } = start();
  await enforcement.replace('web-1', ruleset(1));
  const made = () => kernel.replaced;
  await enforcement.replace('web-1', ruleset(2, two), trial);
  const [loads, tries] = [made(), attempts.length];
  for (const [wait, again] of [
    [0, false],
    [59_000, false],
    [2000, true],
    [61_000, false],
    [60_000, true],
  ] as const) {
    pass(wait);
    const before = made();
    const { kind, problem } = await enforcement.replace('web-1', ruleset(2, two), trial);
    assert.equal(kind, 'rolled back');
    assert.equal(made() > before, again, `after ${wait}`);
    assert.equal(/tried again after 1970-01-01T/.test(problem ?? ''), !again);
  }
  assert.ok(made() > loads && attempts.length > tries);
  assert.equal(
    (await enforcement.replace('web-1', ruleset(2, two))).kind,
    'applied',
    'whoever wants no trial has none',
  );
});

test('the first ruleset of a host that cuts it off is taken back to nothing', async (t) => {
  const { kernel, start, stored } = host(t, () => false);
  const result = await start().enforcement.replace('web-1', ruleset(1), { ...trial, reach: [] });
  assert.deepEqual([result.kind, result.held, kernel.ruleset, stored()], ['rolled back', null, null, null]);
  assert.match(result.problem ?? '', /^rolled back: .*the controller at 10\.0\.0\.1 tcp\/8444 within 3 s$/);
});

test('no watchdog, no change', async (t) => {
  const { kernel, start, leftovers } = host(t);
  const { enforcement, refuseWatchdogs } = start();
  await enforcement.replace('web-1', ruleset(1));
  refuseWatchdogs('Cannot try a change out: the watchdog ended with 3');
  const result = await enforcement.replace('web-1', ruleset(2, two), trial);
  assert.deepEqual([result.kind, result.held, kernel.ruleset, leftovers()], ['failed', ruleset(1), ruleset(1), []]);
  assert.match(result.problem ?? '', /the watchdog ended/);
});

test('a kernel that refuses the change leaves nothing to decide', async (t) => {
  const { kernel, start, leftovers } = host(t);
  const { enforcement, attempts } = start();
  await enforcement.replace('web-1', ruleset(1));
  kernel.failure = refusedByKernel;
  assert.equal((await enforcement.replace('web-1', ruleset(2, two), trial)).kind, 'failed');
  assert.deepEqual([attempts, leftovers(), enforcement.held], [[], [], ruleset(1)]);
});

test('a watchdog that was first has decided', async (t) => {
  let taken = false;
  const { undo, kernel, start, stored, leftovers } = host(t, () => {
    // The agent was held up for longer than the watchdog waits.
    if (!taken) renameSync(undo, `${undo}.reverted`);
    taken = true;
    return true;
  });
  const { enforcement } = start();
  await enforcement.replace('web-1', ruleset(1));
  const numbers = { ruleset: kernel.ruleset, numbers: kernel.numbers };
  const running = enforcement.replace('web-1', ruleset(2, two), { ...trial, reach: [] });
  while (!taken) await new Promise(setImmediate);
  Object.assign(kernel, numbers);
  const result = await running;
  assert.deepEqual([result.kind, result.held, stored(), leftovers()], ['rolled back', ruleset(1), 1, []]);
});

for (const [left, settled, generation] of [
  ['', false, 1],
  ['.taken', false, 1],
  ['.failed', false, 1],
  ['.back', false, 1],
  ['.kept', true, 2],
] as const)
  test(`killed in the middle with "undo.nft${left}" left: generation ${generation} holds`, {
    timeout: 30_000,
  }, async (t) => {
    const { undo, kernel, start, stored, leftovers } = host(t, () => {
      throw new Error('killed');
    });
    const first = start();
    await first.enforcement.replace('web-1', ruleset(1));
    await assert.rejects(first.enforcement.replace('web-1', ruleset(2, two), trial), /killed/);
    assert.equal(kernel.numbers?.generation, 2);
    if (left !== '') renameSync(undo, undo + left);
    const second = start();
    // Nobody works on what a watchdog that is gone had taken.
    const passing = setInterval(() => second.pass(5000), 50);
    const result = await second.enforcement.loadLastGood();
    clearInterval(passing);
    assert.deepEqual(
      [result.held?.generation, kernel.numbers?.generation, stored()],
      [generation, generation, generation],
    );
    assert.deepEqual([leftovers(), kernel.settled === 1, result.proven], [[], settled, true]);
  });

test('a change that comes during a trial waits a second for it, and no more', async (t) => {
  let [attempts, next]: [number, Promise<unknown>] = [0, Promise.resolve()];
  const { kernel, start } = host(t, () => {
    if (attempts++ === 2) next = enforcement.replace('web-1', ruleset(3));
    return false;
  });
  const { enforcement } = start();
  const result = await enforcement.replace('web-1', ruleset(2, two), { ...trial, seconds: 60, reach: [] });
  assert.match(result.problem ?? '', /^rolled back: with generation 2 another change came$/);
  assert.ok(attempts < 6, `${attempts} attempts of a second`);
  await next;
  assert.equal(kernel.numbers?.generation, 3);
});
