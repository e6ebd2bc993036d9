import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstAnswers, sessionPath, workloadsPath } from './first-answers.ts';

type Answer = { readonly ok: boolean };

/** Notes what is asked for, and answers the same to everything. */
function asking(answer: () => Promise<Answer>) {
  const asked: string[] = [];
  const first = firstAnswers((path) => {
    asked.push(path);
    return answer();
  });
  return { asked, first };
}

const signedIn = async (): Promise<Answer> => ({ ok: true });
const nobody = async (): Promise<Answer> => ({ ok: false });
const unreachable = (): Promise<Answer> => Promise.reject(new Error('no answer'));

const cases: readonly (readonly [string, string, () => Promise<Answer>, readonly string[]])[] = [
  ['the map of somebody signed in', '/map', signedIn, [sessionPath, workloadsPath]],
  ['the start page', '/', signedIn, [sessionPath, workloadsPath]],
  ['another page', '/policy', signedIn, [sessionPath]],
  ['a page below the map', '/map/x', signedIn, [sessionPath]],
  ['the map of nobody', '/map', nobody, [sessionPath]],
  ['the map without a controller', '/map', unreachable, [sessionPath]],
  ['signing in', '/sign-in', signedIn, []],
  ['setting up', '/setup', signedIn, []],
];
for (const [title, page, answer, expected] of cases) {
  test(`asked for first: ${title}`, async () => {
    const { asked, first } = asking(answer);
    await first.begin(page);
    assert.deepEqual(asked, expected);
  });
}

test('an answer is taken once, and another path has none', async () => {
  const { first } = asking(signedIn);
  await first.begin('/map');
  assert.deepEqual(await first.take(sessionPath), { ok: true });
  assert.equal(first.take(sessionPath), null);
  assert.equal(first.take('/hosts'), null);
});

test('after a change nothing from before it is taken', async () => {
  const { first } = asking(nobody);
  await first.begin('/map');
  first.forget();
  assert.equal(first.take(sessionPath), null);
});

test('whoever takes a failure hears of it', async () => {
  const { first } = asking(unreachable);
  await first.begin('/map');
  await assert.rejects(first.take(sessionPath) ?? Promise.resolve(), /no answer/);
});
