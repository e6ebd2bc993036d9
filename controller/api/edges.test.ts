import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Edge } from '@bulkhead/flows/edge.ts';
import { unpackEdges } from '@bulkhead/flows/edge-table.ts';
import { servicePoint } from '@bulkhead/net/service-space.ts';
import { eventually } from '../testkit/eventually.ts';
import { report } from '../testkit/report.ts';
import { threeHosts } from '../testkit/shop.ts';
import { testController } from '../testkit/test-controller.ts';

const ports = (count: number, first = 1) =>
  Array.from({ length: count }, (_, index) => ({ service: servicePoint(6, first + index) }));
const fromWeb = (changes: readonly object[]) => changes.map((change) => report('10.0.0.1', '10.0.0.2', change));

test('edges come in pages of one walk, and as one table that says the same', async (context) => {
  const controller = await testController(context);
  const { api } = controller;
  const agents = await threeHosts(controller);
  agents.web.batch(fromWeb(ports(25)));
  const all = async () => (await api('GET', '/edges?limit=1000')).body.items as Edge[];
  await eventually('the edges', async () => (await all()).length === 25);
  const before = await all();

  const first = (await api('GET', '/edges?limit=10')).body;
  agents.web.batch(fromWeb([...ports(3, 100), { service: servicePoint(6, 1), count: 7 }]));
  await eventually('more edges', async () => (await all()).length === 28);
  const second = (await api('GET', `/edges?limit=10&cursor=${first.next}`)).body;
  const third = (await api('GET', `/edges?limit=10&cursor=${second.next}`)).body;
  assert.deepEqual([...first.items, ...second.items, ...third.items], before, 'as they were when the walk began');
  assert.deepEqual(
    [third.next, third.sequence],
    [null, first.sequence],
    'a feed goes on from there and misses nothing',
  );

  for (const query of ['service=tcp&limit=10', 'by=role', 'limit=5&from=web']) {
    const other = await api('GET', `/edges?${query}&cursor=${first.next}`);
    assert.deepEqual([other.status, other.body.code], [400, 'bad-cursor'], query);
  }
  const groups = (await api('GET', '/edges?by=role&limit=10')).body;
  assert.equal((await api('GET', `/edges?by=role&limit=20&cursor=${groups.next}`)).body.groups.length, 18);

  assert.deepEqual(unpackEdges((await api('GET', '/edges/table')).body), await all());
  const some = (await api('GET', '/edges/table?service=tcp/1-3')).body;
  assert.deepEqual([some.columns.from.length, some.ends.length], [3, 2]);
  assert.equal((await api('GET', '/edges/table?service=tcp/99999')).body.code, 'bad-filter');
});
