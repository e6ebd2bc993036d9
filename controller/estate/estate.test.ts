import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { defaultNetwork } from '@bulkhead/model/words.ts';
import { parseAddress } from '@bulkhead/net/address.ts';
import { openStore } from '../store/open-store.ts';
import { temporaryDirectory } from '../testkit/temporary-directory.ts';
import { Estate } from './estate.ts';

const address = parseAddress('10.0.0.1') ?? assert.fail();
const own = [{ network: defaultNetwork, address }];
const workload = (name: string, addresses: typeof own) =>
  ({
    name,
    managed: true,
    labels: { role: name },
    addresses,
    ports: {},
    fallbackMode: 'observe',
    serial: null,
    enrolment: 1,
    host: null,
    source: null,
  }) as const;
const version = (role: string | null) => ({
  base: null,
  files: [],
  labels: role === null ? [] : [{ workload: 'web', key: 'role', value: role }],
  note: '',
  createdBy: 'ana',
});

/** `web` is labelled a at 200 and b at 400, gives its address to `db` at 600, and gets its own label back at 800. */
async function history(context: TestContext) {
  let now = 50;
  const clock = () => now;
  const store = await openStore(temporaryDirectory(context), clock);
  context.after(() => store.close());
  await store.versions.add(version(null));
  const estate = await Estate.load(store, clock);
  const relabel = async (at: number, role: string | null) => {
    now = at;
    estate.assign((await store.versions.add(version(role))).labels);
  };
  now = 100;
  await estate.change({ kind: 'enrolled', workload: 'web', to: workload('web', own) });
  await relabel(200, 'a');
  await relabel(400, 'b');
  now = 600;
  await estate.changeAll([
    { kind: 'addresses', workload: 'web', to: workload('web', []) },
    { kind: 'enrolled', workload: 'db', to: workload('db', own) },
  ]);
  await relabel(800, null);
  now = 1000;
  return { estate, restarted: () => Estate.load(store, clock) };
}

const owners: readonly (readonly [number, string])[] = [
  [99, 'nobody'],
  [100, 'web web'],
  [199, 'web web'],
  [200, 'web a'],
  [399, 'web a'],
  [400, 'web b'],
  [599, 'web b'],
  [600, 'db db'],
  [2000, 'db db'],
];

test('an address is looked up as it was labelled at the time, and a restart does not change the past', async (context) => {
  const { estate, restarted } = await history(context);
  for (const { book } of [estate, await restarted(), await restarted()]) {
    const said = owners.map(([at]) => {
      const end = book.ownerAt(defaultNetwork, address, at);
      return [at, end.kind === 'workload' ? `${end.name} ${end.labels.role}` : 'nobody'];
    });
    assert.deepEqual(said, owners);
    assert.equal(book.workloadAt('web', 700)?.labels.role, 'b');
    assert.equal(book.workloadAt('web', 900)?.labels.role, 'web');
  }
});
