import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../testkit/eventually.ts';
import { report } from '../testkit/report.ts';
import { addresses, provision, shopPolicy, threeHosts } from '../testkit/shop.ts';
import { type TestController, testController } from '../testkit/test-controller.ts';

type End = { readonly labels: { readonly role: string } };

/** Role of the source and attempts of each edge towards db, as the list says. */
async function edgesToDb({ api }: TestController, list: 'edges' | 'flows'): Promise<string[]> {
  const { items } = (await api('GET', `/${list}?to=db`)).body;
  return items.map((edge: { from: End; attempts: number }) => `${edge.from.labels.role} ${edge.attempts}`).sort();
}

test('spooled reports are labelled as of their own time, before and after a restart of the controller', async (context) => {
  const first = await testController(context);
  const agents = await threeHosts(first);
  const between = (times: { readonly count: number; readonly last: number }) =>
    report(addresses.other ?? '', addresses.db ?? '', { ...times, first: times.last });
  const before = Date.now();
  await eventually('the clock to go on', () => Date.now() > before);
  await provision(first, shopPolicy, { labels: [{ workload: 'other', key: 'role', value: 'web' }] });
  agents.other.batch([between({ count: 2, last: before }), between({ count: 3, last: Date.now() })]);
  await eventually('the acknowledgement', () => agents.other.acknowledged === 1);
  assert.deepEqual(await edgesToDb(first, 'edges'), ['other 2', 'web 3']);
  await first.stop();

  const second = await testController(context, first.directory);
  await agents.other.connect();
  agents.other.batch([between({ count: 10, last: before })]);
  await eventually('the acknowledgement', () => agents.other.acknowledged === 2);
  assert.deepEqual(await edgesToDb(second, 'edges'), ['other 12', 'web 3']);
});
