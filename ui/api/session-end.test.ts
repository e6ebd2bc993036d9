import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { noteEnd, sessionKey } from './session-end.ts';

const refused = (code: string) => Object.assign(new Error(code), { code });

const cases: readonly (readonly [string, unknown, object | null, boolean, object | null])[] = [
  ['a refusal of a session that is over', refused('not-logged-in'), null, true, null],
  ['a late refusal after somebody signed in again', refused('not-logged-in'), { name: 'ana' }, true, { name: 'ana' }],
  ['another refusal', refused('not-permitted'), null, false, { name: 'ana' }],
  ['no answer', new Error('no answer'), null, false, { name: 'ana' }],
];
for (const [title, error, now, asked, expected] of cases) {
  test(`whether somebody is signed in is asked, not guessed: ${title}`, async () => {
    const client = new QueryClient();
    client.setQueryData(sessionKey, { name: 'ana' });
    let times = 0;
    const queryFn = async () => {
      times++;
      return now;
    };
    const stop = new QueryObserver(client, { queryKey: sessionKey, staleTime: Infinity, queryFn }).subscribe(() => {});
    noteEnd(client, error);
    noteEnd(client, error);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const known = client.getQueryData(sessionKey);
    stop();
    client.clear();
    assert.deepEqual([times > 0, known], [asked, expected]);
  });
}
