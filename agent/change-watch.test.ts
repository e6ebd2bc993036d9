import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { ChangeWatch } from './change-watch.ts';

function watching(t: TestContext, cost = 0) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  let [busy, found] = [false, false];
  const [depths, names] = [[] as string[], [] as string[]];
  const watch = new ChangeWatch({
    busy: () => busy,
    look: async (depth, by) => {
      depths.push(depth);
      names.push(by.join());
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
  return { watch, pass, depths, names, looks: () => depths.length, become, find };
}

test('changes in a row are one look, soon', async (t) => {
  const { watch, pass, looks } = watching(t);
  for (let i = 0; i < 5; i++) watch.changed(['nft']);
  await pass(99);
  assert.equal(looks(), 0);
  await pass(1);
  assert.equal(looks(), 1);
});

test('another look comes after a rest, longer where looking is dear', async (t) => {
  for (const [cost, rest] of [
    [0, 300],
    [500, 5000],
  ] as const) {
    t.mock.timers.reset();
    const { watch, pass, looks } = watching(t, cost);
    watch.changed(['nft']);
    await pass(100);
    watch.changed(['nft']);
    await pass(rest - 1);
    assert.equal(looks(), 1);
    await pass(1);
    assert.equal(looks(), 2);
  }
});

for (const [cost, second] of [
  [100, 'everything'],
  [101, 'structure'],
] as const)
  test(`after a change of ours ${second} is looked at where everything took ${cost} ms`, async (t) => {
    const { watch, pass, depths, become } = watching(t, cost);
    watch.changed(['nft']);
    await pass(100);
    await pass(5000);
    become(true);
    watch.changed(['nft']);
    await pass(299);
    assert.deepEqual(depths, ['everything']);
    await pass(1);
    assert.deepEqual(depths, ['everything', second]);
  });

test("somebody else's change is not kept waiting by one of ours", async (t) => {
  const { watch, pass, depths, become } = watching(t);
  become(true);
  watch.changed(['nft']);
  become(false);
  watch.changed(['nft']);
  await pass(100);
  assert.deepEqual(depths, ['everything']);
  await pass(5000);
  assert.equal(depths.length, 1);
});

test('who took our rules away is watched without a rest', async (t) => {
  const { watch, pass, looks, find } = watching(t);
  find();
  watch.changed(['nft']);
  await pass(100);
  watch.changed(['nft']);
  await pass(100);
  assert.equal(looks(), 2);
});

test('who changed rules is told, but not what we run ourselves', async (t) => {
  const { watch, pass, names, become } = watching(t);
  become(true);
  watch.changed(['ours']);
  become(false);
  for (const by of [['ufw'], ['', 'nft'], ['ufw']]) watch.changed(by);
  await pass(100);
  watch.changed([]);
  await pass(1000);
  assert.deepEqual(names, ['ufw,nft', '']);
});

test('a stopped agent looks no more', async (t) => {
  const { watch, pass, looks } = watching(t);
  watch.changed(['nft']);
  watch.stop();
  watch.changed(['nft']);
  await pass(5000);
  assert.equal(looks(), 0);
});
