import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
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
import { Isolations } from './isolations.ts';
import { readMeaning, readPolicy } from './side.ts';

const policy = `
kind: Ruleset
name: shop
rules:
  - {name: postgres, allow: [tcp/5432], from: role=web, to: role=db}
`;
const workload = (name: string, role: string, text: string): WorkloadChange => ({
  ...{ name, managed: true, labels: { role }, addresses: [{ network: 'main', address: address(text) }], ports: {} },
  ...{ fallbackMode: 'enforce', serial: null, enrolment: 1, source: null, host: null },
});

const version = { base: null, files: [{ path: 'shop.yaml', text: policy }], labels: [], note: '', createdBy: 'test' };

/** One whose disk does not take what hosts are to hold while it is full. Nobody is connected. */
async function oneController(context: TestContext) {
  const clock = () => 1000;
  const store = await openStore(temporaryDirectory(context), clock);
  context.after(() => store.close());
  const disk = { isFull: false };
  const said: string[] = [];
  const failing: Store = {
    ...store,
    transaction: (work) => (disk.isFull ? Promise.reject(new Error('disk full')) : store.transaction(work)),
  };
  const current = await store.versions.add(version);
  const estate = await Estate.load(store, clock);
  const hosts = new Hosts(clock, () => {});
  const deliveries = await Deliveries.load({
    aimed: () => {},
    store: failing,
    hosts,
    noticed: () => {},
    reach: () => [],
  });
  const isolations = await Isolations.load({ store, clock });
  const meaning = ({ files, labels }: Parameters<ConstructorParameters<typeof Conductor>[0]['meaning']>[0]) =>
    readMeaning({ estate, files, labels, lifelines: [], isolations: isolations.meanings, now: clock() });
  const policyOf = ({ files }: Parameters<ConstructorParameters<typeof Conductor>[0]['policy']>[0]) =>
    readPolicy({ files, lifelines: [], isolations: isolations.meanings });
  const log = pino({ level: 'error' }, { write: (line) => said.push(line) });
  const own = { store, estate, hosts, deliveries, events: openEvents('test'), log, clock, isolations };
  const parts = { ...own, meaning, policy: policyOf };
  const conductor = new Conductor(parts, current);
  context.after(() => conductor.stop());
  await conductor.start();
  return { store, estate, deliveries, conductor, disk, said };
}

test('what could not be stored is tried again, though nothing else changes', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  const { estate, deliveries, disk, said } = await oneController(context);
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
  disk.isFull = true;
  await enrol('web-2', 'web', '10.0.0.2');
  await eventually('the attempt', () => said.some((line) => line.includes('cannot converge')));
  assert.equal(peersOf('db-1'), '10.0.0.1');
  disk.isFull = false;
  context.mock.timers.tick(30_000);
  await eventually('the second peer', () => peersOf('db-1') === '10.0.0.1 10.0.0.2');
  assert.notEqual(deliveries.content('web-2'), null);
  assert.equal(said.length, 1);
});

test('a provisioning that a full disk broke off is finished once there is room', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  const { store, estate, conductor, disk, said } = await oneController(context);
  const enrol = (name: string, role: string, address: string) =>
    estate.change({ kind: 'enrolled', workload: name, to: workload(name, role, address) });
  await enrol('db-1', 'db', '10.0.1.1');
  await enrol('web-1', 'web', '10.0.0.1');
  disk.isFull = true;
  const next = { ...version, files: [{ path: 'shop.yaml', text: policy.replace('5432', '5433') }] };
  const { number } = await conductor.provision(next, async () => {});
  await eventually('the attempt', () => said.some((line) => line.includes('cannot finish provisioning')));
  assert.equal((await store.provisions.get(number))?.state, 'running');
  disk.isFull = false;
  context.mock.timers.tick(30_000);
  const record = await eventually('the end', async () => {
    const found = await store.provisions.get(number);
    return found?.state === 'running' ? null : found;
  });
  assert.equal(record.state, 'done');
  assert.deepEqual(
    record.hosts.map(({ workload: name, state }) => `${name} ${state}`),
    ['db-1 away', 'web-1 away'],
  );
});
