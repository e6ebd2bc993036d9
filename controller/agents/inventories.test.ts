import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Inventory } from '@bulkhead/wire/messages.ts';
import { Estate } from '../estate/estate.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { temporaryDirectory } from '../testkit/temporary-directory.ts';
import { Hosts } from './hosts.ts';
import { takeInventories } from './inventories.ts';

const inventory = (...addresses: string[]): Inventory => ({
  ...{ hostname: 'h', kernel: 'k', system: 's', listeners: [] },
  addresses: addresses.map((address) => ({ interface: 'eth0', address })),
});

test('ten thousand changes of a thousand hosts are few transactions, and the last of each holds', async (context) => {
  const store = await openStore(temporaryDirectory(context), () => 1000);
  context.after(() => store.close());
  let [transactions, full] = [0, false];
  const counted: Store = {
    ...store,
    transaction: (work) => {
      transactions++;
      return full ? Promise.reject(new Error('disk full')) : store.transaction(work);
    },
  };
  const estate = await Estate.load(counted, () => 1000);
  const names = Array.from({ length: 1000 }, (_, n) => `host-${n}`);
  const fixed = {
    managed: true,
    labels: {},
    addresses: [],
    ports: {},
    serial: null,
    enrolment: 1,
    source: null,
  } as const;
  await estate.changeAll(
    names.map((name) => ({
      ...{ kind: 'enrolled', workload: name },
      to: { ...fixed, name, fallbackMode: 'test', host: null },
    })),
  );
  const take = takeInventories({
    store: counted,
    estate,
    hosts: new Hosts(
      () => 1000,
      () => {},
    ),
  });
  transactions = 0;
  const taken: Promise<void>[] = [];
  for (let turn = 0; turn < 10; turn++) {
    for (const [n, name] of names.entries()) taken.push(take(name, inventory(`10.${turn}.${n >> 8}.${n & 255}`)));
  }
  await Promise.all(taken);
  assert.ok(transactions <= 4, `${transactions} transactions`);
  assert.deepEqual(
    [0, 999].map((n) => estate.get(`host-${n}`)?.addresses.map(({ address }) => address)),
    [['10.9.0.0'], ['10.9.3.231']],
  );
  transactions = 0;
  await take('host-0', inventory('10.9.0.0'));
  assert.equal(transactions, 0, 'nothing new is not written');

  full = true;
  await assert.rejects(take('host-0', inventory('10.5.0.1')), /disk full/);
  full = false;
  await take('host-0', inventory('10.5.0.1'));
  assert.equal(estate.get('host-0')?.addresses[0]?.address, '10.5.0.1', 'what failed is taken when it is said again');
});
