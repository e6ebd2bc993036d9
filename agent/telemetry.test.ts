import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import type { ConnectionReport } from '@bulkhead/model/connection.ts';
import { type Address, addressBits } from '@bulkhead/net/address.ts';
import { type KnownListener, ListenerTable } from '@bulkhead/sensors/procfs/listener-table.ts';
import { decodeFlowBatch } from '@bulkhead/wire/flow-batch.ts';
import { silentLog } from './log.ts';
import { nameListener } from './name-listener.ts';
import type { HelperEvents } from './privileged.ts';
import { Problems } from './problems.ts';
import { Spool } from './spool.ts';
import { Telemetry } from './telemetry.ts';
import { temporaryDirectory } from './testkit/temporary-directory.ts';

const nginx: KnownListener = {
  protocol: 'tcp',
  address: '0.0.0.0' as Address,
  port: 8080,
  process: '/usr/sbin/nginx',
  unit: 'nginx.service',
  package: 'nginx',
  user: 'root',
};
const table = new ListenerTable([nginx]);

/** An agent's telemetry with helpers made of a function call each. */
function telemetry(t: TestContext, mostReports = 100) {
  const problems = new Problems(silentLog);
  const directory = join(temporaryDirectory(t), 'spool');
  const spool = new Spool(directory, problems);
  const helpers: HelperEvents[] = [];
  let stopped = 0;
  let begin: () => void = () => {};
  const privileged = {
    startHelper: (events: HelperEvents) => {
      helpers.push(events);
      begin();
      return { pid: helpers.length, stop: () => stopped++ };
    },
  };
  const attempts = { network: 'main', decisionOf: () => null, userName: String, mostReports };
  const sensor = new Telemetry({
    privileged,
    attempts,
    listeners: () => table,
    rulesChanged: () => {},
    stuck: () => {},
    spool,
    received: 0,
    problems,
    random: () => 0,
  });
  t.after(() => sensor.stop());
  sensor.start();
  const reports = (): ConnectionReport[] =>
    spool.after(0, 100).flatMap(({ bytes }) => {
      const batch = decodeFlowBatch(bytes);
      return batch.kind === 'decoded' ? batch.value.reports : [];
    });
  const started = (count: number) =>
    new Promise<void>((resolve) => {
      begin = () => (helpers.length >= count ? resolve() : undefined);
      begin();
    });
  return { sensor, spool, helpers, problems, reports, started, stopped: () => stopped };
}

type Packet = { readonly from: string; readonly to: string; readonly port: number; readonly prefix: string };
const hello = Uint8Array.of(4, 0, 3, 1, 0xb7, 0x10);

/** A log record of the first packet of a TCP connection, as the helper writes it. */
function record({ from, to, port, prefix }: Packet): Buffer {
  const text = Buffer.from(prefix);
  const frame = Buffer.alloc(62 + text.length);
  frame.writeUInt16LE(60 + text.length, 0);
  frame.set([1, 4, 6, 1, 6, 2], 2);
  frame.writeUInt16LE(40000, 8);
  frame.writeUInt16LE(port, 10);
  frame.writeUInt32LE(port * 1000 + frame.length, 18);
  frame.writeBigUInt64LE(1_795_000_000_000_000_000n, 22);
  frame.writeUInt32BE(Number(addressBits(from as Address)), 30);
  frame.writeUInt32BE(Number(addressBits(to as Address)), 46);
  frame.set(text, 62);
  return frame;
}

const allowed = { from: '10.0.1.11', to: '10.0.2.12', port: 8080, prefix: '5:1:AAi:shop/web-to-api' };

test('records become a numbered batch with the process that listens', (t) => {
  const { sensor, spool, helpers, reports } = telemetry(t);
  helpers[0]?.bytes(Buffer.concat([hello, record(allowed), record({ ...allowed, port: 9090, prefix: '5:0:DDi:-' })]));
  assert.equal(sensor.closeWindow(), true);
  assert.deepEqual(
    reports().map((r) => [r.service & 0xffff, r.effective, r.intendedRule, r.process, r.unit, r.user, r.count]),
    [
      [8080, 'allow', 'shop/web-to-api', '/usr/sbin/nginx', 'nginx.service', 'root', 1],
      [9090, 'deny', null, null, null, null, 1],
    ],
  );
  assert.deepEqual([spool.length, spool.received, sensor.received], [1, 2, 2]);
  assert.equal(sensor.closeWindow(), false);
});

test("others' records and repetitions are no reports, and only ours are received", (t) => {
  const { sensor, helpers, reports } = telemetry(t);
  const denied = { ...allowed, prefix: '5:0:DDi:-' };
  helpers[0]?.bytes(Buffer.concat([hello, record({ ...allowed, prefix: 'docker: ' }), record(denied), record(denied)]));
  sensor.closeWindow();
  assert.deepEqual(
    reports().map((r) => [r.count, r.records]),
    [[1, 2]],
  );
  helpers[0]?.bytes(record(denied));
  assert.deepEqual([sensor.closeWindow(), sensor.received], [false, 3]);
});

test('what finds no room in a window is not received, and said', (t) => {
  const { sensor, helpers, problems } = telemetry(t, 2);
  for (let port = 1; port <= 5; port++) helpers[0]?.bytes(record({ ...allowed, port }));
  sensor.closeWindow();
  assert.equal(sensor.received, 2);
  assert.match(problems.texts().join(), /^3 log records found no room/);
});

test('a helper that dies is said, started again, and continued', async (t) => {
  const { sensor, helpers, problems, started, reports } = telemetry(t);
  helpers[0]?.bytes(Buffer.concat([hello, record(allowed).subarray(0, 30)]));
  helpers[0]?.ended('was ended by SIGKILL');
  assert.match(problems.texts().join(), /the helper was ended by SIGKILL/);
  await started(2);
  helpers[1]?.bytes(Buffer.concat([hello, record(allowed)]));
  assert.deepEqual(problems.texts(), []);
  sensor.closeWindow();
  assert.deepEqual([reports().length, sensor.received], [1, 1]);
});

test('a stream that makes no sense ends its helper', (t) => {
  const { helpers, stopped } = telemetry(t);
  helpers[0]?.bytes(Buffer.alloc(100, 0xff));
  assert.equal(stopped(), 1);
});

test('a stopped agent starts no helper and has everything on disk', (t) => {
  const { sensor, helpers, spool } = telemetry(t);
  helpers[0]?.bytes(record(allowed));
  sensor.stop();
  helpers[0]?.ended('ended');
  assert.deepEqual([helpers.length, spool.length], [1, 1]);
});

const report: ConnectionReport = {
  first: 1,
  last: 1,
  direction: 'inbound',
  network: 'main',
  local: '10.0.2.12' as Address,
  peer: '10.0.1.11' as Address,
  service: 6 * 65536 + 8080,
  effective: 'allow',
  intended: 'allow',
  effectiveRule: null,
  intendedRule: null,
  generation: 1,
  count: 1,
  records: 1,
  process: null,
  unit: null,
  user: null,
};

for (const [name, change, process] of [
  ['inbound to a listener', {}, '/usr/sbin/nginx'],
  ['outbound to the same port elsewhere', { direction: 'outbound' }, null],
  ['inbound to another port', { service: 6 * 65536 + 8081 }, null],
  ['inbound by another protocol', { service: 17 * 65536 + 8080 }, null],
  ['inbound without ports', { service: 47 * 65536 }, null],
  ['inbound with a process that the record knew', { process: '/usr/bin/other' }, '/usr/bin/other'],
] as const)
  test(`${name}: ${process ?? 'nobody is named'}`, () =>
    assert.equal(nameListener({ ...report, ...change }, table).process, process));
