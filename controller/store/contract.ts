import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Store } from './open-store.ts';

/** What every implementation of Store must do. `open` gives an empty one, or the same again when called twice. */
export type OpenForTest = (
  context: TestContext,
  clock: () => number,
) => Promise<{ store: Store; reopen: () => Promise<Store> }>;

const workload = {
  name: 'web-1',
  managed: true,
  labels: { role: 'web' },
  addresses: [],
  ports: {},
  fallbackMode: 'observe',
  serial: '01',
  enrolment: 1,
  host: null,
  source: null,
} as const;
const key = {
  id: 'k1',
  secretHash: 'ab',
  name: null,
  labels: { role: 'web' },
  mode: 'observe',
  replaces: false,
  usesLeft: 2,
  expiresAt: 10,
  createdAt: 1,
  createdBy: 'ana',
} as const;
const entry = (subject: string) => ({ actor: 'ana', action: 'draft.put', subject, detail: { files: 1 } });
const version = (note: string) => ({
  base: null,
  files: [{ path: 'a.yaml', text: 'x' }],
  labels: [],
  note,
  createdBy: 'ana',
});

export function storeContract(name: string, open: OpenForTest): void {
  let now = 1000;
  const clock = () => now;
  const contract = (title: string, body: (store: Store, reopen: () => Promise<Store>) => Promise<void>) =>
    test(`${name}: ${title}`, async (context) => {
      now = 1000;
      const { store, reopen } = await open(context, clock);
      await body(store, reopen);
    });

  contract('a workload comes back as it was put, its creation time kept', async ({ workloads }) => {
    await workloads.put(workload);
    now = 2000;
    await workloads.put({ ...workload, labels: { role: 'api' } });
    const expected = { ...workload, labels: { role: 'api' }, createdAt: 1000, updatedAt: 2000 };
    assert.deepEqual(await workloads.all(), [expected]);
    const many = Array.from({ length: 1200 }, (_, index) => ({ ...workload, name: `many-${index}` }));
    await workloads.putAll(many);
    const names = many.map(({ name }) => name);
    assert.equal((await workloads.some([...names, 'nobody'])).length, 1200);
    await workloads.removeAll(names);
    assert.deepEqual(await workloads.some(names), []);
    const source = { kind: 'kubernetes', cluster: 'prod', part: 'pod', labels: { app: 'shop' } } as const;
    await workloads.put({ ...workload, name: 'shop/web', source });
    assert.deepEqual((await workloads.get('shop/web'))?.source, source);
    assert.equal(await workloads.remove('web-1'), true);
    assert.equal(await workloads.remove('web-1'), false);
    assert.equal(await workloads.get('web-1'), null);
  });

  contract('a token is known by its hash until it is removed, and remembers its last use', async ({ apiTokens }) => {
    const token = { name: 'ci', tokenHash: 'h', role: 'editor', createdAt: 1, createdBy: 'ana', expiresAt: 9 } as const;
    await apiTokens.add(token);
    assert.deepEqual(await apiTokens.ofToken('h'), { ...token, lastUsedAt: null });
    await apiTokens.used('ci', 5);
    assert.deepEqual(await apiTokens.all(), [{ ...token, lastUsedAt: 5 }]);
    await assert.rejects(apiTokens.add({ ...token, tokenHash: 'other' }));
    assert.deepEqual([await apiTokens.remove('ci'), await apiTokens.remove('ci')], [true, false]);
    assert.deepEqual([await apiTokens.get('ci'), await apiTokens.ofToken('h')], [null, null]);
  });

  contract('a pairing key is used exactly as often as it may be', async ({ pairingKeys }) => {
    await pairingKeys.put(key);
    const used = await Promise.all([1, 2, 3].map(() => pairingKeys.use('k1')));
    assert.equal(used.filter(Boolean).length, 2);
    assert.equal((await pairingKeys.get('k1'))?.usesLeft, 0);
    assert.equal(await pairingKeys.use('unknown'), false);
  });

  contract('a renewal is one per workload, the last one put', async ({ renewals }) => {
    const renewal = { workload: 'web-1', enrolled: '01', serial: '01', next: ['02', '03'] };
    await renewals.put(renewal);
    await renewals.put({ ...renewal, workload: 'db-1', next: [] });
    await renewals.put({ ...renewal, serial: '03', next: [] });
    assert.deepEqual(await renewals.all(), [
      { ...renewal, workload: 'db-1', next: [] },
      { ...renewal, serial: '03', next: [] },
    ]);
    assert.deepEqual([await renewals.remove('db-1'), await renewals.remove('db-1')], [true, false]);
    assert.equal((await renewals.all()).length, 1);
  });

  contract('a draft counts its changes', async ({ drafts }) => {
    const draft = { name: 'd', base: 0, files: [{ path: 'p', text: 'not: [yaml' }], labels: [], updatedBy: 'ana' };
    await drafts.put(draft);
    await drafts.put(draft);
    assert.deepEqual(await drafts.get('d'), { ...draft, revision: 2, updatedAt: 1000 });
    await drafts.put({ ...draft, name: 'other' });
    assert.deepEqual([await drafts.remove('d'), (await drafts.get('other'))?.revision], [true, 3]);
    await drafts.put(draft);
    assert.equal((await drafts.get('d'))?.revision, 4, 'made again it is another one');
  });

  contract('versions are numbered from 0 and equal content has an equal hash', async (store) => {
    const first = await store.transaction((inner) => inner.versions.add(version('one')));
    const second = await store.transaction((inner) => inner.versions.add(version('two')));
    assert.deepEqual([first.number, second.number], [0, 1]);
    assert.equal(first.hash, second.hash);
    assert.equal((await store.versions.current())?.note, 'two');
    const older = await store.versions.list({ before: 1, limit: 10 });
    assert.deepEqual(
      older.map((one) => one.number),
      [0],
    );
  });

  contract('labels are known as they were, back to the version that held before', async ({ versions }) => {
    for (const [at, value] of Object.entries(['a', 'b', 'c', 'd'])) {
      now = 1000 + Number(at);
      await versions.add({ ...version('x'), labels: [{ workload: 'web-1', key: 'role', value }] });
    }
    const values = async (since: number, limit: number) =>
      (await versions.labelsSince(since, limit)).map(({ at, labels }) => `${at} ${labels[0]?.value}`);
    assert.deepEqual(await values(0, 10), ['1000 a', '1001 b', '1002 c', '1003 d']);
    assert.deepEqual(await values(1002, 10), ['1001 b', '1002 c', '1003 d']);
    assert.deepEqual(await values(5000, 10), ['1003 d']);
    assert.deepEqual(await values(0, 2), ['1002 c', '1003 d']);
  });

  contract('an isolation is in force until it is released, and its number is never given out again', async (store) => {
    const { isolations } = store;
    const one = {
      ...{ of: { names: ['web-1'] }, rescue: null, reason: 'odd traffic', createdBy: 'ana', expiresAt: null },
      controllers: ['10.0.0.1/32 tcp/8444'],
      allow: [{ text: 'role=admin tcp/22', from: { selector: 'role=admin' }, services: ['tcp/22'] }],
    };
    const first = await isolations.add(one);
    const second = await isolations.add({
      ...one,
      of: { selector: 'app=shop' },
      rescue: [],
      allow: [],
      expiresAt: 5000,
    });
    const more = { createdAt: 1000, releasedAt: null, releasedBy: null, run: null };
    assert.deepEqual(await isolations.get(first.id), { ...one, ...more, id: first.id });
    assert.deepEqual(await isolations.inForce(), [first, second]);
    now = 1500;
    assert.deepEqual(
      [await isolations.release(first.id, 'bo'), await isolations.release(first.id, 'cy')],
      [true, false],
    );
    assert.deepEqual([await isolations.release(99, 'bo'), await isolations.get(99)], [false, null]);
    assert.deepEqual(await isolations.inForce(), [second]);
    await isolations.noteRun(second.id, { state: 'done' });
    assert.deepEqual((await isolations.get(second.id))?.run, { state: 'done' });
    const { releasedAt, releasedBy } = (await isolations.get(first.id)) ?? {};
    assert.deepEqual([releasedAt, releasedBy], [1500, 'bo']);
    const ids = async (before: number | null) => (await isolations.list({ before, limit: 10 })).map(({ id }) => id);
    assert.deepEqual([await ids(null), await ids(second.id)], [[second.id, first.id], [first.id]]);
    assert.ok((await isolations.add(one)).id > second.id);
  });

  contract('a failed transaction leaves nothing', async (store) => {
    const failing = store.transaction(async (inner) => {
      await inner.workloads.put(workload);
      await inner.audit.add(entry('x'));
      throw new Error('stopped');
    });
    await assert.rejects(failing, /stopped/);
    assert.deepEqual(await store.workloads.all(), []);
    assert.deepEqual(await store.audit.list({ before: null, limit: 10 }), []);
  });

  contract('audit entries follow one another even when added at once', async ({ audit }) => {
    await Promise.all(['a', 'b', 'c'].map((subject) => audit.add(entry(subject))));
    const newest = await audit.list({ before: null, limit: 2 });
    assert.deepEqual(
      newest.map((one) => one.number),
      [3, 2],
    );
    assert.equal(await audit.verify(), null);
  });

  contract('what was written is there after reopening', async (store, reopen) => {
    await store.hostStates.sent({ workload: 'web-1', generation: 4, revision: 2, hash: 'h', ruleset: '{}' });
    await store.hostStates.seen(['web-1'], 7);
    const again = await reopen();
    const state = await again.hostStates.get('web-1');
    assert.deepEqual([state?.generation, state?.revision, state?.seenAt, state?.applied], [4, 2, 7, null]);
  });

  contract('amendments lie on top of the ruleset in order, until one is stored whole', async (store, reopen) => {
    const { hostStates } = store;
    const sent = (generation: number) => ({ workload: 'web-1', generation, revision: 2, hash: `h${generation}` });
    const moved = (last: number) => ({ added: [{ address: `10.0.0.${last}`, identity: 1 }], removed: [] });
    await hostStates.sent({ ...sent(4), ruleset: 'whole' });
    // The tenth comes after the ninth, whatever their texts say.
    for (const generation of [9, 10]) {
      await hostStates.amended({ ...sent(generation), version: 3, delta: JSON.stringify(moved(generation)) });
    }
    const again = await reopen();
    const state = await again.hostStates.get('web-1');
    assert.deepEqual([state?.generation, state?.hash, state?.ruleset], [10, 'h10', 'whole']);
    assert.deepEqual(
      state?.amendments,
      [9, 10].map((last) => ({ version: 3, delta: moved(last) })),
    );
    assert.deepEqual(await again.hostStates.all(), [state]);
    await again.hostStates.sent({ ...sent(11), ruleset: 'next' });
    assert.deepEqual((await again.hostStates.get('web-1'))?.amendments, []);
    await again.hostStates.amended({ ...sent(12), version: 3, delta: JSON.stringify(moved(1)) });
    await again.hostStates.remove('web-1');
    assert.deepEqual(await again.hostStates.all(), []);
    await again.hostStates.sent({ ...sent(1), ruleset: 'new' });
    assert.deepEqual((await again.hostStates.get('web-1'))?.amendments, []);
  });

  contract('a session ends when it expires or is removed', async ({ users }) => {
    await users.add({ name: 'ana', passwordHash: 'p', role: 'admin' });
    await users.addSession({ tokenHash: 't', user: 'ana', expiresAt: 1500 });
    assert.equal((await users.userOfSession('t'))?.name, 'ana');
    assert.equal(await users.userOfSession('other'), null);
    now = 1500;
    assert.equal(await users.userOfSession('t'), null);
  });

  contract('an idempotent answer is kept for a day and belongs to its actor', async ({ idempotency }) => {
    const answer = { actor: 'ana', key: 'k', requestHash: 'r', status: 201, answer: '{}' };
    await idempotency.put(answer);
    await idempotency.put({ ...answer, status: 500 });
    assert.deepEqual(await idempotency.get('ana', 'k'), answer);
    assert.equal(await idempotency.get('bo', 'k'), null);
    now += 25 * 3600 * 1000;
    assert.equal(await idempotency.get('ana', 'k'), null);
  });

  contract('estate events come back in order', async ({ events }) => {
    await events.addAll([{ kind: 'enrolled', workload: 'web-1', body: {} }]);
    now = 2000;
    await events.addAll([{ kind: 'addresses', workload: 'web-1', body: { addresses: [] } }]);
    assert.deepEqual(
      (await events.since(0, 10)).map((event) => event.kind),
      ['enrolled', 'addresses'],
    );
    assert.deepEqual(
      (await events.since(1500, 10)).map((event) => event.kind),
      ['addresses'],
    );
  });

  contract(
    'of proofs the latest is kept, one of each hour, and certificates as long as they are named',
    async ({ proofs }) => {
      const hour = 3_600_000;
      const proof = (workload: string, certificate: string, receivedAt: number) => ({
        workload,
        latest: { workload, text: `${workload} at ${receivedAt}`, signature: 's', certificate, receivedAt },
        notes: '{}',
      });
      await proofs.certificate('old', 'PEM of old');
      await proofs.certificate('new', 'PEM of new');
      await proofs.certificate('unused', 'PEM of unused');
      await proofs.put([proof('web-1', 'old', 1000), { workload: 'db-1', latest: null, notes: '{"gaps":[]}' }]);
      await proofs.put([proof('web-1', 'old', 2000)]);
      await proofs.put([proof('web-1', 'new', 5 * hour)]);
      const texts = (rows: readonly { readonly text: string; readonly pem: string; readonly latest: boolean }[]) =>
        rows.map(({ text, pem, latest }) => `${text}, ${pem}, ${latest}`);
      const page = { since: 0, after: 0, limit: 10 };
      assert.deepEqual(texts(await proofs.hours(page)), [
        'web-1 at 1000, PEM of old, false',
        `web-1 at ${5 * hour}, PEM of new, false`,
      ]);
      assert.deepEqual(texts(await proofs.hours({ ...page, after: 1 })), [`web-1 at ${5 * hour}, PEM of new, false`]);
      assert.deepEqual(texts(await proofs.hours({ ...page, since: 1001, limit: 1 })), [
        `web-1 at ${5 * hour}, PEM of new, false`,
      ]);
      assert.deepEqual(texts(await proofs.latest(0)), [`web-1 at ${5 * hour}, PEM of new, true`]);
      const known = (await proofs.all()).sort((a, b) => (a.workload < b.workload ? -1 : 1));
      assert.deepEqual(
        known.map(({ workload, latest, notes }) => [workload, latest?.receivedAt ?? null, notes]),
        [
          ['db-1', null, '{"gaps":[]}'],
          ['web-1', 5 * hour, '{}'],
        ],
      );
      await proofs.forgetBefore(2 * hour);
      assert.deepEqual(texts(await proofs.hours(page)), [`web-1 at ${5 * hour}, PEM of new, false`]);
      // What nothing names is gone: a statement that names it now has no certificate to be exported with.
      await proofs.put([proof('api-1', 'unused', 6 * hour)]);
      assert.equal((await proofs.latest(0)).length, 1);
      await proofs.remove('web-1');
      assert.deepEqual((await proofs.all()).map(({ workload }) => workload).sort(), ['api-1', 'db-1']);
    },
  );
}
