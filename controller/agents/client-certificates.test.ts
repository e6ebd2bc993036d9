import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Estate } from '../estate/estate.ts';
import { openStore } from '../store/open-store.ts';
import { eventually } from '../testkit/eventually.ts';
import { temporaryDirectory } from '../testkit/temporary-directory.ts';
import { ClientCertificates } from './client-certificates.ts';

const web = {
  name: 'web-1',
  managed: true,
  labels: {},
  addresses: [],
  ports: {},
  fallbackMode: 'observe',
  serial: '00',
  enrolment: 1,
  host: null,
  source: null,
} as const;
const issue = (shown: string, issued: string) => ({
  shown,
  issued,
  audit: { actor: 'agent:web-1', action: 'renew', subject: 'web-1', detail: { shown, issued } },
});

/** `web-1` enrolled with certificate 00; `restarted` reads what is on disk. */
async function oneHost(context: TestContext) {
  const store = await openStore(temporaryDirectory(context), () => 1);
  context.after(() => store.close());
  await store.versions.add({ base: null, files: [], labels: [], note: '', createdBy: 'ana' });
  const estate = await Estate.load(store, () => 1);
  await estate.change({ kind: 'enrolled', workload: 'web-1', to: web });
  const restarted = () => ClientCertificates.load({ store, estate, failed: (error) => assert.fail(error) });
  return { store, certificates: await restarted(), restarted };
}

test('a certificate that was replaced while its renewal was made is given none', async (context) => {
  const { store, certificates } = await oneHost(context);
  assert.equal(await certificates.issue('web-1', issue('00', '01')), true);
  assert.equal(certificates.use('web-1', '01'), true);
  for (const shown of ['00', '02']) assert.equal(await certificates.issue('web-1', issue(shown, '03')), false, shown);
  assert.equal(certificates.isGood('web-1', '03'), false);
  assert.equal((await store.audit.list({ before: null, limit: 9 })).length, 1);
});

test('a used certificate is on disk as the only one, without another renewal', async (context) => {
  const { store, certificates, restarted } = await oneHost(context);
  await certificates.issue('web-1', issue('00', '01'));
  certificates.use('web-1', '01');
  await eventually('it to be on disk', async () => (await store.renewals.all())[0]?.serial === '01');
  const after = await restarted();
  assert.deepEqual([after.use('web-1', '00'), after.use('web-1', '01')], [false, true]);
});

test('of certificates that nobody uses the last eight are good', async (context) => {
  const { certificates } = await oneHost(context);
  const serials = Array.from({ length: 10 }, (_, index) => `1${index}`);
  for (const serial of serials) await certificates.issue('web-1', issue('00', serial));
  const good = serials.filter((serial) => certificates.isGood('web-1', serial));
  assert.deepEqual(good, serials.slice(2));
  assert.equal(certificates.isGood('web-1', '00'), true);
});
