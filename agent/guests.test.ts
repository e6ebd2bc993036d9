import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import { contentHash } from '@bulkhead/model/host-ruleset-text.ts';
import type { Address } from '@bulkhead/net/address.ts';
import { Accounting } from './accounting.ts';
import type { Result } from './enforcement.ts';
import { Guests } from './guests.ts';
import { silentLog } from './log.ts';
import { Problems } from './problems.ts';
import { FakeGuestKernels } from './testkit/fake-guest-kernels.ts';
import { refusedByKernel } from './testkit/fake-kernel.ts';
import { delta, guestRuleset, ruleset } from './testkit/rulesets.ts';
import { temporaryDirectory } from './testkit/temporary-directory.ts';

/** A host whose kernel and disk outlive its agents. */
function host(t: TestContext) {
  const folder = join(temporaryDirectory(t), 'guests');
  mkdirSync(folder);
  const kernels = new FakeGuestKernels();
  const start = async () => {
    const problems = new Problems(silentLog);
    const answers: [string, Result][] = [];
    const startWatchdog = async () => refusedByKernel;
    const counters = new Accounting(join(folder, '..', 'accounting.json'));
    const guests = new Guests({
      ...{ folder, problems, log: silentLog, clock: Date.now },
      privileged: { guests: kernels, startWatchdog },
      counters,
    });
    guests.listen((workload, result) => answers.push([workload, result]));
    const sound = await guests.loadLastGood();
    const done = async () => {
      while (guests.busy) await new Promise(setImmediate);
      return answers.splice(0).map(([name, { kind, held }]) => `${name} ${kind} ${held?.generation ?? '-'}`);
    };
    const held = () => guests.held.map(({ workload, held: { generation } }) => `${workload} ${generation}`).sort();
    return { guests, problems, answers, counters, sound, done, held };
  };
  return { folder, kernels, start, files: () => readdirSync(folder).sort() };
}

const [a, b] = [guestRuleset('a', ['10.9.0.2', '10.9.0.3']), guestRuleset('shop/b', ['10.9.0.4'])];
const later = (of: HostRuleset, generation: number, local: readonly string[] = of.content.local ?? []) =>
  guestRuleset(of.workload, local, generation);

test('each guest has a place, a file and an answer of its own', async (t) => {
  const { kernels, start, files } = host(t);
  const { guests, done, held } = await start();
  guests.keep(['a', 'shop/b']);
  guests.replace(a);
  guests.replace(b);
  assert.deepEqual(await done(), ['a applied 1', 'shop/b applied 1']);
  assert.deepEqual(kernels.holds(), ['1: 10.9.0.2 10.9.0.3', '2: 10.9.0.4']);
  assert.deepEqual(
    [files(), held()],
    [
      ['1.json', '2.json'],
      ['a 1', 'shop/b 1'],
    ],
  );
  const is = (place: number, address: string) => guests.isGuest(place, address as Address);
  assert.deepEqual(
    [is(1, '10.9.0.3'), is(2, '10.9.0.3'), is(0, '10.9.0.3'), is(7, '10.9.0.3')],
    [true, false, false, false],
  );
  assert.equal(guests.decisionOf(1, 1, 2)?.effective.rule, 'shop/web-to-api');
  assert.equal(guests.decisionOf(1, 1, 0), null);
});

test('a delta is for the guest that it names, and one on nothing asks for the whole', async (t) => {
  const { start } = host(t);
  const { guests, done } = await start();
  guests.keep(['a', 'shop/b']);
  guests.replace(a);
  const addresses = [...a.content.addresses, { address: '10.0.1.12' as Address, identity: 1 }];
  const content = { ...a.content, addresses };
  const next = { ...a, generation: 2, version: 2, content, hash: contentHash(content) };
  guests.amend('a', delta(a, next));
  guests.amend('shop/b', delta(a, next));
  assert.deepEqual(await done(), ['a applied 1', 'a applied 2', 'shop/b again -']);
});

test('who has left is enforced no more, and his place is given to the next', async (t) => {
  const { kernels, start, files } = host(t);
  const { guests, done, held } = await start();
  guests.keep(['a', 'shop/b']);
  guests.replace(a);
  guests.replace(b);
  await done();
  guests.keep(['shop/b', 'c']);
  guests.replace(guestRuleset('c', ['10.9.0.2']));
  await done();
  assert.deepEqual(kernels.holds(), ['1: 10.9.0.2', '2: 10.9.0.4']);
  assert.deepEqual(
    [held(), files()],
    [
      ['c 1', 'shop/b 1'],
      ['1.json', '2.json'],
    ],
  );
});

test('a guest that the controller has not named is not enforced', async (t) => {
  const { kernels, start } = host(t);
  const { guests, done } = await start();
  assert.equal(guests.isWanted('a'), false);
  guests.keep(['shop/b']);
  guests.replace(a);
  assert.deepEqual([guests.isWanted('a'), guests.isWanted('shop/b'), await done()], [false, true, []]);
  assert.deepEqual(kernels.holds(), []);
});

for (const [title, wrong, problem] of [
  ["a host's own ruleset", { ...ruleset(1), workload: 'a' }, /it says not which addresses it is for/],
  ['an older generation', later(a, 4), /5 is held/],
] as const)
  test(`${title} is refused for a guest`, async (t) => {
    const { kernels, start } = host(t);
    const { guests, answers, done } = await start();
    guests.keep(['a']);
    guests.replace(later(a, 5));
    await done();
    guests.replace(wrong);
    while (answers.length === 0) await new Promise(setImmediate);
    const [, result] = answers[0] as [string, Result];
    assert.deepEqual([result.kind, result.held?.generation], ['refused', 5]);
    assert.match(result.problem ?? '', problem);
    assert.deepEqual(kernels.holds(), ['1: 10.9.0.2 10.9.0.3']);
  });

test('an address that another guest still has is waited for, and said', async (t) => {
  const { kernels, start } = host(t);
  const { guests, answers, done } = await start();
  guests.keep(['a', 'shop/b']);
  guests.replace(a);
  guests.replace(later(b, 1, ['10.9.0.3', '10.9.0.4']));
  while (answers.length < 2) await new Promise(setImmediate);
  assert.match(answers[1]?.[1].problem ?? '', /^Cannot apply generation 1: guest "a" has 10\.9\.0\.3 as well/);
  assert.deepEqual(await done(), ['a applied 1', 'shop/b refused -']);
  guests.replace(later(a, 2, ['10.9.0.2']));
  assert.deepEqual(await done(), ['a applied 2', 'shop/b applied 1'], 'as soon as it is free');
  assert.deepEqual(kernels.holds(), ['1: 10.9.0.2', '2: 10.9.0.3 10.9.0.4']);
  guests.replace(later(b, 2, ['10.9.0.2']));
  guests.keep(['shop/b']);
  assert.deepEqual(await done(), ['shop/b refused 1', 'shop/b applied 2'], 'or its guest has left');
  assert.deepEqual(kernels.holds(), ['2: 10.9.0.2']);
});

test('a kernel that refuses is said of the guest alone, and leaves no file', async (t) => {
  const { kernels, start, files } = host(t);
  const { guests, problems, done } = await start();
  guests.keep(['a', 'shop/b']);
  guests.replace(a);
  await done();
  kernels.at(2).failure = refusedByKernel;
  guests.replace(b);
  assert.deepEqual(await done(), ['shop/b failed -']);
  assert.deepEqual([kernels.holds(), files()], [['1: 10.9.0.2 10.9.0.3'], ['1.json']]);
  assert.deepEqual(problems.texts(), [`Guest "shop/b": ${refusedByKernel.message}`]);
  guests.replace(later(b, 2));
  await done();
  assert.deepEqual([problems.texts(), kernels.holds().length], [[], 2]);
});

test("what a guest's counters had counted when a change took them away is not forgotten", async (t) => {
  const { kernels, start } = host(t);
  const { guests, counters, done } = await start();
  guests.keep(['a']);
  guests.replace(a);
  await done();
  counters.read([{ name: 'g1_c_in_0', packets: 3 }]);
  const before = counters.counted;
  kernels.at(1).retiring = [{ name: 'g1_c_in_0', packets: 7 }];
  guests.replace(later(a, 2));
  assert.deepEqual(await done(), ['a applied 2']);
  assert.equal(counters.counted - before, 4);
});

test('tampering is put back, for each guest', async (t) => {
  const { kernels, start } = host(t);
  const { guests, done } = await start();
  guests.keep(['a', 'shop/b']);
  guests.replace(a);
  guests.replace(b);
  await done();
  assert.equal(await guests.check('everything'), false);
  kernels.at(2).wipe();
  assert.equal(await guests.check('structure'), true);
  assert.deepEqual([guests.restored, kernels.holds().length], [1, 2]);
});

test('a restarted agent leaves the kernel alone, and knows whose each place is', async (t) => {
  const { kernels, start } = host(t);
  const first = await start();
  first.guests.keep(['a', 'shop/b']);
  first.guests.replace(a);
  first.guests.replace(b);
  await first.done();
  const loads = kernels.at(1).replaced + kernels.at(2).replaced;
  const second = await start();
  assert.deepEqual([second.sound, second.held(), second.guests.isWanted('a')], [true, ['a 1', 'shop/b 1'], true]);
  assert.equal(kernels.at(1).replaced + kernels.at(2).replaced, loads);
  second.guests.replace(later(a, 2));
  assert.deepEqual(await second.done(), ['a applied 2']);
});

test('after a boot everything is loaded again where it was', async (t) => {
  const { kernels, start } = host(t);
  const first = await start();
  first.guests.keep(['a', 'shop/b']);
  first.guests.replace(a);
  first.guests.replace(b);
  await first.done();
  for (const place of [1, 2]) kernels.at(place).wipe();
  const second = await start();
  assert.deepEqual([second.sound, kernels.holds()], [true, ['1: 10.9.0.2 10.9.0.3', '2: 10.9.0.4']]);
});

test('killed between kernel and disk, the kernel settles what the first ruleset of a guest is', async (t) => {
  const { folder, kernels, start } = host(t);
  const first = await start();
  first.guests.keep(['a']);
  first.guests.replace(a);
  await first.done();
  renameSync(join(folder, '1.json'), join(folder, '1.json.next'));
  const second = await start();
  assert.deepEqual([second.held(), kernels.holds().length], [['a 1'], 1]);
});

for (const [title, damage] of [
  ['that is lost', () => null],
  ['that is cut off', (text: string) => text.slice(0, -9)],
] as const)
  test(`a file ${title}: what the kernel holds stays, until the guest has it anew in one step`, async (t) => {
    const { folder, kernels, start } = host(t);
    const first = await start();
    first.guests.keep(['a', 'shop/b']);
    first.guests.replace(a);
    first.guests.replace(b);
    await first.done();
    const path = join(folder, '2.json');
    const text = damage(readFileSync(path, 'utf8'));
    if (text === null) renameSync(path, join(folder, '..', 'elsewhere'));
    else writeFileSync(path, text);
    const second = await start();
    assert.deepEqual([second.held(), second.sound], [['a 1'], text === null]);
    assert.deepEqual(kernels.holds(), ['1: 10.9.0.2 10.9.0.3', '2: 10.9.0.4']);
    second.guests.keep(['a', 'shop/b', 'c']);
    second.guests.replace(guestRuleset('c', ['10.9.0.9']));
    second.guests.replace(later(b, 3));
    await second.done();
    assert.deepEqual(kernels.holds(), ['1: 10.9.0.2 10.9.0.3', '2: 10.9.0.4', '3: 10.9.0.9']);
    assert.deepEqual([second.held(), second.problems.texts()], [['a 1', 'c 1', 'shop/b 3'], []]);
  });

test('what nobody knows any more is taken away once everybody here has his own', async (t) => {
  const { folder, kernels, start } = host(t);
  const first = await start();
  first.guests.keep(['a', 'shop/b']);
  first.guests.replace(a);
  first.guests.replace(b);
  await first.done();
  for (const name of readdirSync(folder)) renameSync(join(folder, name), join(folder, '..', name));
  const second = await start();
  second.guests.keep(['a']);
  await second.done();
  assert.equal(kernels.holds().length, 2, 'a is to come');
  second.guests.replace(later(a, 2));
  await second.done();
  assert.deepEqual(kernels.holds(), ['1: 10.9.0.2 10.9.0.3']);
});

test('of two files of one guest the one that the kernel knows stays', async (t) => {
  const { folder, kernels, start, files } = host(t);
  const first = await start();
  first.guests.keep(['a']);
  first.guests.replace(a);
  await first.done();
  for (const copy of ['3', '7']) writeFileSync(join(folder, `${copy}.json`), readFileSync(join(folder, '1.json')));
  const second = await start();
  assert.deepEqual([second.held(), files(), kernels.holds()], [['a 1'], ['1.json'], ['1: 10.9.0.2 10.9.0.3']]);
});

test('a new enrolment starts from nothing held, and the kernel keeps its rules until the first word', async (t) => {
  const { kernels, start, files } = host(t);
  const { guests, done, held } = await start();
  guests.keep(['a', 'shop/b']);
  guests.replace(later(a, 50));
  guests.replace(b);
  await done();
  await guests.forget();
  assert.deepEqual([held(), files(), kernels.holds().length], [[], [], 2]);
  guests.keep(['a']);
  guests.replace(later(a, 1));
  assert.deepEqual(await done(), ['a applied 1']);
  assert.deepEqual(kernels.holds(), ['1: 10.9.0.2 10.9.0.3']);
});
