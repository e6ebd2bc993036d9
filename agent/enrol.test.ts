import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { statSync, writeFileSync } from 'node:fs';
import test, { type TestContext } from 'node:test';
import { openDirectory } from './directory.ts';
import { enrol } from './enrol.ts';
import { openKey, readIdentity, storeIdentity } from './identity.ts';
import { FakeController, type FakeOptions } from './testkit/fake-controller.ts';
import { temporaryDirectory } from './testkit/temporary-directory.ts';

async function controller(t: TestContext, options: FakeOptions = {}): Promise<FakeController> {
  const fake = await new FakeController(options).listen();
  t.after(() => fake.close());
  return fake;
}

async function attempt(t: TestContext, fake: FakeController, pairing = fake.pairing) {
  const directory = openDirectory(temporaryDirectory(t));
  const key = openKey(directory);
  const outcome = await enrol({ endpoint: fake.endpoint, pairing, key, hostname: 'web-1' });
  return { directory, outcome };
}

test('a pairing key becomes a certificate for our own key', async (t) => {
  const fake = await controller(t);
  const { directory, outcome } = await attempt(t, fake);
  assert.ok(outcome.kind === 'enrolled');
  assert.equal(new X509Certificate(outcome.certificate).checkPrivateKey(openKey(directory)), true);
  assert.equal(JSON.parse(fake.enrolments[0] as string).hostname, 'web-1');
  storeIdentity(directory, { ...outcome, controller: fake.endpoint, pairing: 'key-1' });
  const identity = readIdentity(directory);
  assert.deepEqual([identity?.workload, identity?.controller, identity?.pairing], ['web-1', fake.endpoint, 'key-1']);
  assert.equal(statSync(directory.key).mode & 0o777, 0o600);
  assert.equal(statSync(directory.path).mode & 0o777, 0o700);
});

for (const [name, options, expected] of [
  [
    'a key that is used up',
    { enrolStatus: 403, enrolBody: '{"code":"pairing-key-used-up","message":"no"}' },
    'refused pairing-key-used-up',
  ],
  ['a refusal without words', { enrolStatus: 400, enrolBody: 'oops' }, 'refused enrol-400'],
  ['an answer that is none', { enrolBody: '{}' }, 'refused wire-field'],
  ['a controller that fails', { enrolStatus: 500, enrolBody: '' }, 'unreachable'],
  ['too many attempts', { enrolStatus: 429, enrolBody: '{"code":"too-many-attempts","message":"no"}' }, 'unreachable'],
  ['an answer without end', { enrolBody: 'x'.repeat(100_000) }, 'unreachable'],
] as const)
  test(`${name}: ${expected}`, async (t) => {
    const { outcome } = await attempt(t, await controller(t, options));
    assert.equal(outcome.kind === 'refused' ? `refused ${outcome.code}` : outcome.kind, expected);
  });

for (const [name, options, fingerprint] of [
  ['another authority', {}, 'f'.repeat(43)],
  ["another workload's certificate", { uri: 'spiffe://bulkhead/workload/db-1' }, null],
  ['a name that only begins like the controller', { uri: 'spiffe://bulkhead/controller/x' }, null],
  ['a name that hides ours', { uri: 'spiffe://x, URI:spiffe://bulkhead/controller' }, null],
] as const)
  test(`a server with ${name} never sees the secret`, async (t) => {
    const fake = await controller(t, options);
    const pairing = fingerprint === null ? fake.pairing : { ...fake.pairing, fingerprint };
    const { outcome } = await attempt(t, fake, pairing);
    assert.notEqual(outcome.kind, 'enrolled');
    assert.deepEqual(fake.enrolments, []);
  });

test('somebody else with our authority in his chain cannot take its place', async (t) => {
  const [fake, other] = [await controller(t), await controller(t)];
  const impostor = await controller(t, {});
  const { outcome } = await attempt(t, impostor, { ...fake.pairing, fingerprint: other.pairing.fingerprint });
  assert.ok(outcome.kind === 'refused');
  assert.equal(outcome.code, 'wrong-authority');
});

test('nobody there is unreachable', async (t) => {
  const fake = await controller(t);
  const { endpoint, pairing } = fake;
  fake.close();
  const key = openKey(openDirectory(temporaryDirectory(t)));
  assert.equal((await enrol({ endpoint, pairing, key, hostname: 'web-1' })).kind, 'unreachable');
});

test('an identity that does not belong together counts as none', async (t) => {
  const fake = await controller(t);
  const { directory, outcome } = await attempt(t, fake);
  assert.ok(outcome.kind === 'enrolled');
  assert.equal(readIdentity(directory), null);
  storeIdentity(directory, { ...outcome, controller: fake.endpoint, pairing: 'key-1' });
  assert.notEqual(readIdentity(directory), null);
  writeFileSync(directory.certificate, fake.certify('web-1', 'spiffe://bulkhead/workload/web-1').certificate);
  assert.equal(readIdentity(directory), null);
  for (const text of ['', '{}', '[]', '{"workload":1}', '{"workload":"a","pairing":"b","host":"c d","port":1}']) {
    writeFileSync(directory.certificate, outcome.certificate);
    writeFileSync(directory.enrolment, text);
    assert.equal(readIdentity(directory), null, text);
  }
});
