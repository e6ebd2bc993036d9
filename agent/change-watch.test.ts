import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { ChangeWatch } from './change-watch.ts';

function watching(t: TestContext, cost = 0) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  let [busy, found] = [false, false];
  const depths: string[] = [];
  const watch = new ChangeWatch({
    busy: () => busy,
    look: async (depth) => {
      depths.push(depth);
      t.mock.timers.setTime(Date.now() + cost);
      return found;
    },
    clock: Date.now,
  });
  const pass = async (milliseconds: number) => {
    t.mock.timers.tick(milliseconds);
    await setImmediate();
  };
  const become = (now: boolean) => {
    busy = now;
  };
  const find = () => {
    found = true;
  };
  return { watch, pass, depths, looks: () => depths.length, become, find };
}

test('changes in a row are one look, soon', async (t) => {
  const { watch, pass, looks } = watching(t);
  for (let i = 0; i < 5; i++) watch.changed();
  await pass(99);
  assert.equal(looks(), 0);
  await pass(1);
  assert.equal(looks(), 1);
});

test('another look comes after a rest, longer where looking is dear', async (t) => {
  for (const [cost, rest] of [
    [0, 1000],
    [500, 5000],
  ] as const) {
    t.mock.timers.reset();
    const { watch, pass, looks } = watching(t, cost);
    watch.changed();
    await pass(100);
    watch.changed();
    await pass(rest - 1);
    assert.equal(looks(), 1);
    await pass(1);
    assert.equal(looks(), 2);
  }
});

test('what changes while we change something ourselves is looked at afterwards, only the structure', async (t) => {
  const { watch, pass, depths, become } = watching(t);
  become(true);
  watch.changed();
  await pass(999);
  assert.deepEqual(depths, []);
  await pass(1);
  become(false);
  watch.changed();
  await pass(1000);
  assert.deepEqual(depths, ['structure', 'everything']);
});

test("somebody else's change is not kept waiting by one of ours", async (t) => {
  const { watch, pass, depths, become } = watching(t);
  become(true);
  watch.changed();
  become(false);
  watch.changed();
  await pass(100);
  assert.deepEqual(depths, ['everything']);
  await pass(5000);
  assert.equal(depths.length, 1);
});

test('who took our rules away is watched without a rest', async (t) => {
  const { watch, pass, looks, find } = watching(t);
  find();
  watch.changed();
  await pass(100);
  watch.changed();
  await pass(100);
  assert.equal(looks(), 2);
});

test('a stopped agent looks no more', async (t) => {
  const { watch, pass, looks } = watching(t);
  watch.changed();
  watch.stop();
  watch.changed();
  await pass(5000);
  assert.equal(looks(), 0);
});
