import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import test, { type TestContext } from 'node:test';
import { stagedPath } from './atomic-file.ts';
import { openDirectory } from './directory.ts';
import { enrol } from './enrol.ts';
import {
  type Identity,
  keyText,
  openKey,
  readIdentity,
  stageRenewed,
  storeIdentity,
  switchToRenewed,
} from './identity.ts';
import { Problems } from './problems.ts';
import { Renewal, renewalTime, retryWait, validityOf } from './renewal.ts';
import { FakeController, type FakeOptions } from './testkit/fake-controller.ts';
import { temporaryDirectory } from './testkit/temporary-directory.ts';

const day = 86_400_000;
const webUri = 'spiffe://bulkhead/workload/web-1';
const start = Date.UTC(2026, 10, 20);

/** An enrolled host with a certificate for 30 days from `start`, a clock that is set, and no timers. */
async function enrolled(t: TestContext, options: FakeOptions = {}) {
  const fake = await new FakeController(options).listen();
  t.after(() => fake.close());
  const directory = openDirectory(temporaryDirectory(t));
  const { pairing, endpoint } = fake;
  const outcome = await enrol({ endpoint, pairing, key: openKey(directory), hostname: 'web-1' });
  assert.ok(outcome.kind === 'enrolled');
  const valid = { from: start, until: start + 30 * day };
  const { certificate } = fake.certify('web-1', webUri, new X509Certificate(outcome.certificate).publicKey, valid);
  storeIdentity(directory, { ...outcome, certificate, controller: endpoint, pairing: pairing.id });
  return { fake, directory, identity: readIdentity(directory) ?? assert.fail(), ...renewing() };

  function renewing() {
    const clock = { now: start };
    const logged: string[] = [];
    const log = (level: string, message: string) => logged.push(`${level} ${message}`);
    const problems = new Problems(log);
    const used: Identity[] = [];
    const states: number[] = [];
    const renewalOf = (identity: Identity) =>
      new Renewal({
        identity,
        directory,
        problems,
        log,
        clock: () => clock.now,
        random: () => 0,
        renewed: (next) => used.push(next),
        changed: () => states.push(clock.now),
      });
    return { clock, problems, logged, used, states, renewalOf };
  }
}

const serialOf = ({ certificate }: { readonly certificate: string }) => new X509Certificate(certificate).serialNumber;

for (const [random, left] of [
  [0, 10],
  [0.5, 10.75],
  [0.999, 11.4985],
] as const)
  test(`30 days are renewed with ${left} left when chance says ${random}`, () => {
    const due = renewalTime({ from: start, until: start + 30 * day }, () => random);
    assert.equal(due, start + (30 - left) * day);
  });

for (const [failures, left, random, expected] of [
  [0, 10 * day, 1, 1000],
  [0, 10 * day, 0, 500],
  [3, 10 * day, 1, 8000],
  [40, 10 * day, 1, 3_600_000],
  [40, 60_000, 1, 15_000],
  [5, 0, 0, 100],
] as const)
  test(`after failure ${failures + 1} with ${left} ms left: ${expected} ms`, () =>
    assert.equal(retryWait({ failures, left, random: () => random }), expected));

test('two thirds of the lifetime nobody is asked, then once, with a new key for the same workload', async (t) => {
  const { fake, directory, identity, clock, problems, used, renewalOf } = await enrolled(t);
  const renewal = renewalOf(identity);
  clock.now = start + 20 * day - 1000;
  assert.equal(await renewal.look(), 1000);
  clock.now = start + 5 * day;
  assert.equal(await renewal.look(), 60_000, 'looks again, whatever happens to clocks');
  assert.deepEqual([fake.renewals, used], [[], []]);
  clock.now = start + 20 * day;
  assert.equal(await renewal.look(), 60_000);
  assert.deepEqual(fake.renewals, [serialOf(identity)]);
  const [next] = used;
  assert.ok(next !== undefined && next.key !== identity.key && next.workload === 'web-1');
  assert.deepEqual(readIdentity(directory), next);
  assert.deepEqual(
    [keyText(openKey(directory)), readFileSync(directory.certificate, 'utf8')],
    [next.key, next.certificate],
  );
  assert.equal(statSync(directory.key).mode & 0o777, 0o600);
  assert.equal(existsSync(directory.renewed), false);
  assert.deepEqual(problems.texts(), []);
  clock.now += day;
  await renewal.look();
  assert.equal(fake.renewals.length, 1, 'the new one is good for long');
});

test('certificates that are always due are renewed now and then, not without end', async (t) => {
  const { fake, identity, clock, renewalOf } = await enrolled(t, { renewedUntil: start + 21 * day });
  const renewal = renewalOf(identity);
  clock.now = start + 20 * day;
  for (let i = 0; i < 5; i++) await renewal.look();
  assert.equal(fake.renewals.length, 1);
});

test('an answer that is lost costs another attempt, made with the certificate that is still good', async (t) => {
  const { fake, directory, identity, clock, problems, used, renewalOf } = await enrolled(t, { lostRenewals: 2 });
  const renewal = renewalOf(identity);
  clock.now = start + 20 * day;
  const waits = [await renewal.look(), await renewal.look()];
  assert.deepEqual(waits, [500, 1000]);
  assert.match(problems.texts().join(), /^Cannot renew: .*; the certificate is good until 2026-12-20T00:00:00\.000Z$/);
  assert.deepEqual([readIdentity(directory), used], [identity, []]);
  await renewal.look();
  const own = serialOf(identity);
  assert.deepEqual([fake.renewals, problems.texts(), used.length], [[own, own, own], [], 1]);
});

for (const [name, options, problem] of [
  [
    'a refusal',
    { renewStatus: 403, renewBody: '{"code":"certificate-revoked","message":"Cannot renew: no"}' },
    /: no; /,
  ],
  ['a controller that cannot renew', { renewStatus: 404, renewBody: '' }, /answered 404/],
  ['a controller that fails', { renewStatus: 500, renewBody: '' }, /answered 500/],
  ['an answer that is none', { renewBody: '{}' }, /renew\.certificate/],
  ['no certificate', { renewBody: '{"certificate":"x","authority":"y"}' }, /not for our key/],
  ['an answer without end', { renewBody: 'x'.repeat(100_000) }, /longer than/],
  ['a certificate that is over already', { renewedUntil: start }, /has expired already/],
] as const)
  test(`${name} leaves everything as it was and says so`, async (t) => {
    const { directory, identity, clock, problems, used, renewalOf } = await enrolled(t, options);
    clock.now = start + 20 * day;
    assert.equal(await renewalOf(identity).look(), 500);
    assert.match(problems.texts().join(), problem);
    assert.deepEqual([readIdentity(directory), used], [identity, []]);
  });

test("another workload's certificate, or another authority's, is not taken", async (t) => {
  const other = await enrolled(t);
  for (const [name, uri, expected] of [
    ['fake', 'spiffe://bulkhead/workload/db-1', /not that of "web-1"/],
    ['other', webUri, /not signed by our authority/],
  ] as const) {
    const { fake, identity, clock, problems, renewalOf } = await enrolled(t);
    const signer = name === 'fake' ? fake : other.fake;
    fake.renewWith = (key) => signer.certify('web-1', uri, key).certificate;
    clock.now = start + 20 * day;
    await renewalOf(identity).look();
    assert.match(problems.texts().join(), expected);
  }
});

test('an expired certificate is said once, with what to do, until it is another one', async (t) => {
  const { fake, identity, clock, problems, logged, states, renewalOf } = await enrolled(t);
  const renewal = renewalOf(identity);
  assert.deepEqual(renewal.state, { until: '2026-12-20T00:00:00.000Z', problem: null });
  clock.now = start + 30 * day;
  for (let i = 0; i < 3; i++) assert.equal(await renewal.look(), 60_000);
  const hint = /expired at 2026-12-20T00:00:00\.000Z, enrol again .*--name web-1 --replace.* stays enforced$/;
  assert.match(renewal.state.problem ?? '', hint);
  assert.equal(logged.filter((line) => line.startsWith('error') && hint.test(line)).length, 1);
  assert.deepEqual([problems.texts().length, states.length, fake.renewals], [1, 1, []]);
  clock.now = start + 29 * day;
  await renewal.look();
  assert.deepEqual([problems.texts(), renewal.state.problem], [[], null], 'the clock was wrong');
});

test('a crash at any moment leaves one whole identity', async (t) => {
  const { fake, directory, identity } = await enrolled(t);
  const [oldKey, oldCertificate] = [readFileSync(directory.key, 'utf8'), readFileSync(directory.certificate, 'utf8')];
  const { key, certificate } = fake.certify('web-1', webUri);
  const renewed = { ...identity, key, certificate };
  writeFileSync(stagedPath(directory.renewed), `{"key":${JSON.stringify(key)}`);
  assert.deepEqual(readIdentity(directory), identity, 'while it is being staged');
  stageRenewed(directory, renewed);
  assert.deepEqual(readIdentity(directory), renewed, 'staged');
  writeFileSync(directory.key, key);
  assert.deepEqual(readIdentity(directory), renewed, 'between the two files');
  writeFileSync(directory.certificate, certificate);
  assert.deepEqual(readIdentity(directory), renewed, 'before the end');
  writeFileSync(directory.key, oldKey);
  writeFileSync(directory.certificate, oldCertificate);
  switchToRenewed(directory);
  assert.deepEqual([readIdentity(directory), existsSync(directory.renewed)], [renewed, false]);
  switchToRenewed(directory);
  assert.deepEqual(readIdentity(directory), renewed, 'once more changes nothing');
});

for (const text of ['', '{', '[]', 'null', '{"key":1}', '{"key":"a","certificate":"b"}'])
  test(`staged ${JSON.stringify(text)} counts for nothing and goes`, async (t) => {
    const { directory, identity } = await enrolled(t);
    writeFileSync(directory.renewed, text);
    assert.deepEqual(readIdentity(directory), identity);
    switchToRenewed(directory);
    assert.deepEqual([readIdentity(directory), existsSync(directory.renewed)], [identity, false]);
  });

test('what was staged before a new enrolment does not outlive it', async (t) => {
  const { fake, directory, identity } = await enrolled(t);
  stageRenewed(directory, fake.certify('web-1', webUri));
  const { certificate, authority, workload, controller } = identity;
  storeIdentity(directory, { certificate, authority, workload, controller, pairing: 'key-2' });
  assert.deepEqual(readIdentity(directory), { ...identity, pairing: 'key-2' });
});

test('a disk that cannot take the new pair leaves the old one in use', async (t) => {
  const { directory, identity, clock, problems, used, renewalOf } = await enrolled(t);
  mkdirSync(stagedPath(directory.renewed));
  clock.now = start + 20 * day;
  await renewalOf(identity).look();
  assert.match(problems.texts().join(), /new key cannot be written/);
  assert.deepEqual([readIdentity(directory), used], [identity, []]);
});

test('an answer after the stop changes nothing', async (t) => {
  const { directory, identity, clock, used, renewalOf } = await enrolled(t);
  const renewal = renewalOf(identity);
  clock.now = start + 20 * day;
  const look = renewal.look();
  renewal.stop();
  await look;
  assert.deepEqual([readIdentity(directory), used], [identity, []]);
  assert.equal(validityOf(identity.certificate).until, start + 30 * day);
});
