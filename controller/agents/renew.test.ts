import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { parseUpOptions, usage } from '../options.ts';
import { openAuthority } from '../pki/authority.ts';
import { issueClientCertificate } from '../pki/client-certificate.ts';
import { clientKey } from '../testkit/client-key.ts';
import { eventually } from '../testkit/eventually.ts';
import { type Credentials, enrolWith, FakeAgent, postRenew } from '../testkit/fake-agent.ts';
import { temporaryDirectory } from '../testkit/temporary-directory.ts';
import { type TestController, testController } from '../testkit/test-controller.ts';

const agentsSocket = ({ directory }: TestController) => `${directory}/agents.sock`;
const hour = 3_600_000;
const namesOf = (certificate: string) => new X509Certificate(certificate).subjectAltName;
const serialOf = (certificate: string) => new X509Certificate(certificate).serialNumber;

async function enrolled(controller: TestController, name: string, change: object = {}): Promise<FakeAgent> {
  const { status, body } = await controller.api('POST', '/pairing-keys', { name, ...change });
  assert.equal(status, 201);
  return new FakeAgent(agentsSocket(controller), await enrolWith(agentsSocket(controller), body.key, name));
}

async function oneHost(context: TestContext, more: readonly string[] = []) {
  const controller = await testController(context, temporaryDirectory(context), more);
  return { controller, agent: await enrolled(controller, 'web-1') };
}

/** Asks with a new key whose request says something else than the workload's name. */
async function renewed(controller: TestController, client: Credentials, subject = 'db-1'): Promise<Credentials> {
  const { key, csr } = await clientKey(subject);
  const { status, body } = await postRenew(agentsSocket(controller), JSON.stringify({ csr }), client);
  assert.deepEqual([status, Object.keys(body).sort()], [200, ['authority', 'certificate']]);
  const { certificate = '', authority = '' } = body;
  return { key, certificate, authority, workload: client.workload };
}

/** Status and code of what comes back. */
async function refused(controller: TestController, client: Partial<Credentials>, body?: string) {
  const text = body ?? JSON.stringify({ csr: (await clientKey()).csr });
  const answer = await postRenew(agentsSocket(controller), text, client);
  return [answer.status, answer.body.code ?? 'renewed'];
}

const codes = async (controller: TestController) => (await controller.api('GET', '/status')).body.refusals;
const audit = async (controller: TestController, action: string) =>
  (await controller.api('GET', '/audit?limit=1000')).body.items.filter(
    (entry: { action: string }) => entry.action === action,
  );

test('a renewed certificate names the same workload, whatever the request says, and has a whole lifetime', async (context) => {
  const { controller, agent } = await oneHost(context, ['--certificate-lifetime', '12h']);
  const next = await renewed(controller, agent.credentials);
  assert.equal(namesOf(next.certificate), namesOf(agent.credentials.certificate));
  assert.equal(namesOf(next.certificate), 'URI:spiffe://bulkhead/workload/web-1');
  assert.equal(next.authority, agent.credentials.authority);
  for (const { certificate } of [agent.credentials, next]) {
    const left = new X509Certificate(certificate).validToDate.getTime() - Date.now();
    assert.ok(left > 11 * hour && left <= 12 * hour, String(left));
  }
  const [entry] = await audit(controller, 'renew');
  assert.deepEqual([entry.actor, entry.subject], ['agent:web-1', 'web-1']);
  assert.deepEqual(entry.detail, {
    serial: serialOf(next.certificate),
    shown: serialOf(agent.credentials.certificate),
  });
});

test('the old certificate is good until the new one is used, and no longer', async (context) => {
  const { controller, agent } = await oneHost(context);
  const old = agent.credentials;
  await agent.connect(['10.0.0.1']);
  await eventually('a ruleset', () => agent.held);
  const next = await renewed(controller, old);
  const again = new FakeAgent(agentsSocket(controller), old);
  await again.connect();
  await eventually('the ruleset over the old certificate', () => again.held);
  const successor = new FakeAgent(agentsSocket(controller), next);
  successor.held = again.held;
  await successor.connect(['10.0.0.1']);
  await eventually('the old session to end', () => again.closed);
  assert.equal(again.refusal(), 'replaced');
  await assert.rejects(again.open(old), /403/);
  assert.deepEqual(await refused(controller, old), [403, 'certificate-revoked']);
  const { body } = await eventually('the host to be proven', async () => {
    const answer = await controller.api('GET', '/hosts/web-1');
    return answer.body.proven ? answer : null;
  });
  assert.deepEqual([body.connected, body.addresses, body.reports.batches], [true, ['10.0.0.1'], 0]);
  assert.equal((await codes(controller))['certificate-revoked'], 2);
});

test('a session that was opened before the certificate was replaced begins nothing afterwards', async (context) => {
  const { controller, agent } = await oneHost(context);
  const copy = new FakeAgent(agentsSocket(controller), agent.credentials);
  await copy.open();
  await agent.open(await renewed(controller, agent.credentials));
  copy.hello();
  await eventually('the session to end', () => copy.closed);
  assert.equal(copy.refusal(), 'certificate-revoked');
});

test('a session that says nothing is ended', async (context) => {
  const { controller, agent } = await oneHost(context);
  context.mock.timers.enable({ apis: ['setTimeout'] });
  await agent.open();
  context.mock.timers.tick(9999);
  assert.equal(agent.refusal(), null);
  context.mock.timers.tick(1);
  context.mock.timers.reset();
  await eventually('the session to end', () => agent.closed);
  assert.equal(agent.refusal(), 'hello-missing');
  assert.equal((await codes(controller))['hello-missing'], 1);
});

test('answers that get lost lock nobody out, and the use of one ends the others', async (context) => {
  const { controller, agent } = await oneHost(context);
  const issued: Credentials[] = [];
  for (let i = 0; i < 3; i++) issued.push(await renewed(controller, agent.credentials));
  const [first, second, third] = issued as [Credentials, Credentials, Credentials];
  await agent.open(second);
  for (const ended of [agent.credentials, first, third]) await assert.rejects(agent.open(ended), /403/);
  await agent.open(second);
});

test('renewing with a renewed certificate uses it', async (context) => {
  const { controller, agent } = await oneHost(context);
  const next = await renewed(controller, agent.credentials);
  const afterNext = await renewed(controller, next);
  await assert.rejects(agent.open(agent.credentials), /403/);
  await agent.open(next);
  await agent.open(afterNext);
  await assert.rejects(agent.open(next), /403/);
});

test('what is good is good after a restart, and what is not is not', async (context) => {
  const { controller, agent } = await oneHost(context);
  const used = await renewed(controller, agent.credentials);
  await agent.open(used);
  const unused = await renewed(controller, used);
  await controller.stop();
  const restarted = await testController(context, controller.directory);
  await assert.rejects(agent.open(), /403/);
  await agent.open(used);
  await agent.open(unused);
  await assert.rejects(agent.open(used), /403/);
  assert.equal((await audit(restarted, 'renew')).length, 2);
});

test('who may not renew is refused with a code, counted and audited', async (context) => {
  const { controller, agent } = await oneHost(context);
  const good = agent.credentials;
  const stranger = await openAuthority(temporaryDirectory(context), Date.now);
  const past = await openAuthority(controller.directory, () => Date.now() - 100 * hour);
  const own = await openAuthority(controller.directory, Date.now);
  const from = async (authority: typeof own, workload = 'web-1') => {
    const { key, csr } = await clientKey();
    const issued = await issueClientCertificate(authority, csr, { workload, lifetime: hour });
    return { key, certificate: issued?.certificate ?? '' };
  };
  const cases: readonly (readonly [string, Partial<Credentials>, string])[] = [
    ['no certificate', {}, 'certificate-missing'],
    ['the certificate of another authority', await from(stranger), 'certificate-invalid'],
    ['a certificate that expired', await from(past), 'certificate-expired'],
    ['one that was never issued', await from(own), 'certificate-revoked'],
    ['one of a workload that is not there', await from(own, 'db-9'), 'certificate-revoked'],
    ['one of no workload', await from(own, '../web-1'), 'certificate-foreign'],
  ];
  for (const [title, client, code] of cases) assert.deepEqual(await refused(controller, client), [403, code], title);
  const counts = await codes(controller);
  assert.deepEqual([counts['certificate-expired'], counts['certificate-revoked']], [1, 2]);
  const entries = await audit(controller, 'renew.refused');
  assert.deepEqual(
    entries.map((entry: { detail: { code: string } }) => entry.detail.code).reverse(),
    cases.map(([, , code]) => code),
  );
  await assert.rejects(agent.open(await from(past)), /403/);
  assert.equal((await codes(controller))['certificate-expired'], 2, 'a session says the same');
  await renewed(controller, good);
});

test('a workload that was removed or enrolled anew renews nothing', async (context) => {
  const { controller, agent } = await oneHost(context);
  const unused = await renewed(controller, agent.credentials);
  const successor = await enrolled(controller, 'web-1', { replace: true });
  for (const ended of [agent.credentials, unused])
    assert.deepEqual(await refused(controller, ended), [403, 'certificate-revoked']);
  const next = await renewed(controller, successor.credentials);
  assert.equal((await controller.api('DELETE', '/workloads/web-1')).status, 204);
  for (const ended of [successor.credentials, next])
    assert.deepEqual(await refused(controller, ended), [403, 'certificate-revoked']);
  assert.equal((await controller.api('PUT', '/workloads/web-1', { addresses: [] })).status, 201);
  assert.deepEqual(await refused(controller, next), [403, 'certificate-revoked']);
});

test('bodies that are no renewal are refused and change nothing', async (context) => {
  const { controller, agent } = await oneHost(context);
  const { csr } = await clientKey();
  const cases: readonly (readonly [string, number, string])[] = [
    ['', 400, 'wire-malformed'],
    ['{', 400, 'wire-malformed'],
    ['[]', 400, 'wire-field'],
    ['{"csr":1}', 400, 'wire-field'],
    [JSON.stringify({ csr: 'x'.repeat(9000) }), 400, 'wire-field'],
    [JSON.stringify({ csr: csr.slice(0, 200) }), 400, 'csr-invalid'],
    [JSON.stringify({ csr: 'hello' }), 400, 'csr-invalid'],
    [' '.repeat(200_000), 413, 'wire-too-large'],
  ];
  for (const [body, status, code] of cases) {
    assert.deepEqual(await refused(controller, agent.credentials, body), [status, code], body.slice(0, 40));
  }
  assert.equal((await audit(controller, 'renew.refused')).length, cases.length);
  assert.deepEqual([await audit(controller, 'renew'), (await codes(controller))['csr-invalid']], [[], 2]);
  await agent.open();
});

test('one host that asks without end is told to wait; the others are not', async (context) => {
  const { controller, agent } = await oneHost(context);
  const other = await enrolled(controller, 'db-1');
  const { csr } = await clientKey();
  const answers: unknown[] = [];
  for (let i = 0; i < 12; i++) answers.push((await refused(controller, agent.credentials, JSON.stringify({ csr })))[1]);
  assert.deepEqual(answers.slice(-3), ['renewed', 'too-many-attempts', 'too-many-attempts']);
  for (let i = 0; i < 12; i++) await refused(controller, {});
  assert.ok((await audit(controller, 'renew.refused')).length <= 10, 'strangers do not fill the audit log');
  await renewed(controller, other.credentials);
});

for (const [text, expected] of [
  ['30d', 720 * hour],
  ['12h', 12 * hour],
  ['90min', 1.5 * hour],
  ['5s', 5000],
  ['4s', null],
  ['398d', null],
  ['0d', null],
  ['1.5d', null],
  ['-3d', null],
  ['30', null],
  ['d', null],
  ['1e3s', null],
] as const)
  test(`certificates for ${text}: ${expected ?? 'refused'}`, () => {
    const options = parseUpOptions([`--certificate-lifetime=${text}`]);
    if (typeof options === 'string') assert.ok(expected === null && options.includes(`"${text}"`), options);
    else assert.equal(options.certificateLifetime, expected);
  });

test('the lifetime of certificates is in the help, and 30 days unless said otherwise', () => {
  const options = parseUpOptions([]);
  assert.ok(typeof options !== 'string' && options.certificateLifetime === 720 * hour);
  assert.match(usage, /--certificate-lifetime DURATION .*default 30d/);
});
