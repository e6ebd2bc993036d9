import assert from 'node:assert/strict';
import { test } from 'node:test';
import { edgesPath, firstAnswers, pageAfter, sessionPath, workloadsPath } from './first-answers.ts';

type Answer = { readonly ok: boolean; readonly clone: () => { readonly json: () => Promise<unknown> } };
const reply = (ok: boolean, body: unknown): Answer => ({ ok, clone: () => ({ json: async () => body }) });

/** Notes what is asked for, and answers the same to everything. */
function asking(answer: () => Promise<Answer>) {
  const asked: string[] = [];
  const first = firstAnswers((path) => {
    asked.push(path);
    return answer();
  });
  return { asked, first };
}

const signedIn = async (): Promise<Answer> => reply(true, { items: [], next: null });
const nobody = async (): Promise<Answer> => reply(false, { code: 'not-logged-in' });
const unreachable = (): Promise<Answer> => Promise.reject(new Error('no answer'));

const cases: readonly (readonly [string, string, () => Promise<Answer>, readonly string[]])[] = [
  ['the map of somebody signed in', '/map', signedIn, [sessionPath, workloadsPath, edgesPath]],
  ['the start page', '/', signedIn, [sessionPath, workloadsPath, edgesPath]],
  ['another page', '/policy', signedIn, [sessionPath]],
  ['a page below the map', '/map/x', signedIn, [sessionPath]],
  ['the map of nobody', '/map', nobody, [sessionPath, workloadsPath, edgesPath]],
  ['the map without a controller', '/map', unreachable, [sessionPath, workloadsPath, edgesPath]],
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
  assert.equal((await first.take(sessionPath))?.ok, true);
  assert.equal(first.take(sessionPath), null);
  assert.equal(first.take('/hosts'), null);
});

const bodies: readonly (readonly [string, unknown, number])[] = [
  ['a last page', { items: [], next: null }, 1],
  ['a page without a next', { items: [] }, 1],
  ['a page whose next is no text', { items: [], next: 7 }, 1],
  ['no page', null, 1],
  ['text', 'text', 1],
];
for (const [title, body, asked] of bodies) {
  test(`pages of a list are asked for to its end: ${title}`, async () => {
    const pages = asking(async () => reply(true, body));
    await pages.first.begin('/map');
    assert.equal(pages.asked.filter((path) => path.startsWith('/workloads')).length, asked);
  });
}

test('the pages after the first are asked for, and taken as a list asks for them', async () => {
  const cursors = [null, 'a/b', 'c', null, null];
  const { asked, first } = asking(async () => reply(true, { items: [], next: cursors[asked.length] ?? null }));
  await first.begin('/map');
  const second = pageAfter(workloadsPath, 'c');
  assert.deepEqual(asked, [sessionPath, workloadsPath, edgesPath, second]);
  assert.notEqual(first.take(second), null);
});

test('somebody who took a page goes on by themselves, so that nothing is asked for twice', async () => {
  const { asked, first } = asking(async () => reply(true, { items: [], next: 'c' }));
  const begun = first.begin('/map');
  // As the console does when it starts while the first page is under way.
  while (first.take(workloadsPath) === null) await Promise.resolve();
  await begun;
  assert.deepEqual(asked, [sessionPath, workloadsPath, edgesPath]);
});

test('a list without an end is not followed for ever', async () => {
  let page = 0;
  const { asked, first } = asking(async () => reply(true, { items: [], next: `${page++}` }));
  await first.begin('/map');
  assert.equal(asked.length, 100);
});

test('after a change nothing from before it is taken', async () => {
  const { first } = asking(nobody);
  await first.begin('/map');
  first.forget();
  assert.equal(first.take(sessionPath), null);
});

test('of nobody nothing is kept but that it is nobody', async () => {
  const { first } = asking(nobody);
  await first.begin('/map');
  assert.equal(first.take(workloadsPath), null);
  assert.equal(first.take(edgesPath), null);
  assert.equal((await first.take(sessionPath))?.ok, false);
});

test('whoever takes a failure hears of it', async () => {
  const { first } = asking(unreachable);
  await first.begin('/map');
  await assert.rejects(first.take(sessionPath) ?? Promise.resolve(), /no answer/);
});
