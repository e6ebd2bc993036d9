import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '@bulkhead/testkit/documents.ts';
import { pino } from 'pino';
import { Hosts } from '../agents/hosts.ts';
import { Estate } from '../estate/estate.ts';
import { openEvents } from '../events.ts';
import { openStore, type Store } from '../store/open-store.ts';
import type { WorkloadChange } from '../store/workloads.ts';
import { eventually } from '../testkit/eventually.ts';
import { temporaryDirectory } from '../testkit/temporary-directory.ts';
import { Conductor } from './conductor.ts';
import { Deliveries } from './deliveries.ts';
import { readMeaning } from './side.ts';

const policy = `
kind: Ruleset
name: shop
rules:
  - {name: postgres, allow: [tcp/5432], from: role=web, to: role=db}
`;
const workload = (name: string, role: string, text: string): WorkloadChange => ({
  ...{ name, managed: true, labels: { role }, addresses: [{ network: 'main', address: address(text) }], ports: {} },
  ...{ fallbackMode: 'enforce', serial: null, enrolment: 1 },
});

test('what could not be stored is tried again, though nothing else changes', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  const clock = () => 1000;
  const store = await openStore(temporaryDirectory(context), clock);
  context.after(() => store.close());
  let isFull = false;
  const said: string[] = [];
  const failing: Store = {
    ...store,
    transaction: (work) => (isFull ? Promise.reject(new Error('disk full')) : store.transaction(work)),
  };
  const version = { base: null, files: [{ path: 'shop.yaml', text: policy }], labels: [], note: '', createdBy: 'test' };
  const current = await store.versions.add(version);
  const estate = await Estate.load(store, clock);
  const hosts = new Hosts(clock, () => {});
  const deliveries = await Deliveries.load({ store: failing, hosts, noticed: () => {} });
  const meaning = ({ files, labels }: Parameters<ConstructorParameters<typeof Conductor>[0]['meaning']>[0]) =>
    readMeaning({ estate, files, labels, lifelines: [], now: clock() });
  const parts = {
    store,
    estate,
    hosts,
    deliveries,
    events: openEvents('test'),
    log: pino({ level: 'error' }, { write: (line) => said.push(line) }),
    clock,
    meaning,
  };
  const conductor = new Conductor(parts, current);
  context.after(() => conductor.stop());
  await conductor.start();
  const peersOf = (name: string) =>
    deliveries
      .content(name)
      ?.addresses.map(({ address }) => address)
      .join(' ');
  const enrol = (name: string, role: string, address: string) =>
    estate.change({ kind: 'enrolled', workload: name, to: workload(name, role, address) });

  await enrol('db-1', 'db', '10.0.1.1');
  await enrol('web-1', 'web', '10.0.0.1');
  await eventually('the first peer', () => peersOf('db-1') === '10.0.0.1');
  isFull = true;
  await enrol('web-2', 'web', '10.0.0.2');
  await eventually('the attempt', () => said.some((line) => line.includes('cannot converge')));
  assert.equal(peersOf('db-1'), '10.0.0.1');
  isFull = false;
  context.mock.timers.tick(30_000);
  await eventually('the second peer', () => peersOf('db-1') === '10.0.0.1 10.0.0.2');
  assert.notEqual(deliveries.content('web-2'), null);
  assert.equal(said.length, 1);
});
