import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { ChangeWatch } from './change-watch.ts';

function watching(t: TestContext, cost = 0) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  let [busy, looks] = [false, 0];
  const watch = new ChangeWatch({
    busy: () => busy,
    look: async () => {
      looks++;
      t.mock.timers.setTime(Date.now() + cost);
    },
    clock: Date.now,
  });
  const pass = async (milliseconds: number) => {
    t.mock.timers.tick(milliseconds);
    await setImmediate();
  };
  return { watch, pass, looks: () => looks, become: (now: boolean) => (busy = now) };
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

test('our own changes and a stopped agent cause no look', async (t) => {
  const { watch, pass, looks, become } = watching(t);
  become(true);
  watch.changed();
  await pass(5000);
  become(false);
  watch.changed();
  watch.stop();
  await pass(5000);
  assert.equal(looks(), 0);
});
