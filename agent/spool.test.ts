import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { silentLog } from './log.ts';
import { Problems } from './problems.ts';
import { Spool, type SpoolLimits } from './spool.ts';
import { temporaryDirectory } from './testkit/temporary-directory.ts';

const small: SpoolLimits = { total: 2000, segment: 500, memory: 200 };

const open = (directory: string, limits = small, problems = new Problems(silentLog)) =>
  new Spool(directory, problems, limits);
const batch = (spool: Spool, size = 20) => spool.append(Buffer.alloc(size, spool.nextSequence), spool.received + 3);
const waiting = (spool: Spool) => spool.after(0, 1000).map(({ sequence }) => sequence);

test('batches come back in order with their bytes', (t) => {
  const spool = open(temporaryDirectory(t));
  for (let i = 0; i < 3; i++) batch(spool);
  assert.deepEqual(spool.after(1, 10), [
    { sequence: 2, bytes: Buffer.alloc(20, 2) },
    { sequence: 3, bytes: Buffer.alloc(20, 3) },
  ]);
  assert.deepEqual(
    spool.after(0, 1).map(({ sequence }) => sequence),
    [1],
  );
  assert.deepEqual(spool.after(3, 10), []);
});

test('an acknowledgement takes away all before it', (t) => {
  const spool = open(temporaryDirectory(t));
  for (let i = 0; i < 5; i++) batch(spool);
  spool.after(0, 5);
  spool.acknowledge(3);
  assert.deepEqual(waiting(spool), [4, 5]);
  spool.acknowledge(2);
  assert.deepEqual([waiting(spool), spool.dropped], [[4, 5], 0]);
});

test('what was not acknowledged is there after a restart, with numbers and records going on', (t) => {
  const directory = temporaryDirectory(t);
  const spool = open(directory);
  for (let i = 0; i < 40; i++) batch(spool);
  spool.after(0, 40);
  spool.acknowledge(10);
  const again = open(directory);
  again.acknowledge(10);
  assert.equal(again.dropped, 0);
  assert.deepEqual(
    waiting(again),
    Array.from({ length: 30 }, (_, i) => i + 11),
  );
  assert.deepEqual([again.nextSequence, again.received], [41, 120]);
});

test('a restart sends at most one segment again, and goes on with its numbers', (t) => {
  const directory = temporaryDirectory(t);
  const spool = open(directory);
  for (let i = 0; i < 45; i++) batch(spool);
  spool.after(0, 45);
  spool.acknowledge(45);
  assert.equal(readdirSync(directory).length, 1);
  const again = open(directory);
  assert.deepEqual([again.nextSequence, again.received], [46, 135]);
  assert.ok(again.length <= 12, String(again.length));
});

test('an empty segment knows the numbers to go on with', (t) => {
  const directory = temporaryDirectory(t);
  const spool = open(directory);
  for (let i = 0; i < 12; i++) batch(spool);
  spool.after(0, 12);
  spool.acknowledge(12);
  const again = open(directory);
  assert.deepEqual([again.nextSequence, again.received, again.length], [13, 36, 0]);
});

for (const cut of [1, 10, 43, 44, 45, 60])
  test(`a last segment cut short by ${cut} bytes loses only what was cut`, (t) => {
    const directory = temporaryDirectory(t);
    const spool = open(directory);
    for (let i = 0; i < 5; i++) batch(spool);
    const path = join(directory, readdirSync(directory)[0] as string);
    truncateSync(path, statSync(path).size - cut);
    const problems = new Problems(silentLog);
    const again = open(directory, small, problems);
    const whole = 5 - Math.ceil(cut / 44);
    assert.deepEqual([again.length, again.nextSequence, again.received], [whole, whole + 1, whole * 3]);
    assert.equal(problems.texts().length, cut % 44 === 0 ? 0 : 1);
    batch(again);
    assert.equal(open(directory).length, whole + 1);
  });

test('a damaged byte cuts from its batch on', (t) => {
  const directory = temporaryDirectory(t);
  const spool = open(directory);
  for (let i = 0; i < 3; i++) batch(spool);
  const path = join(directory, readdirSync(directory)[0] as string);
  const bytes = readFileSync(path);
  bytes[50] = (bytes[50] as number) ^ 1;
  writeFileSync(path, bytes);
  assert.deepEqual(waiting(open(directory)), [1]);
});

test('bytes after the end and files of others are no batches', (t) => {
  const directory = temporaryDirectory(t);
  batch(open(directory));
  appendFileSync(join(directory, readdirSync(directory)[0] as string), Buffer.alloc(100, 255));
  writeFileSync(join(directory, 'note.txt'), 'x');
  mkdirSync(join(directory, 'lost+found'));
  assert.deepEqual(waiting(open(directory)), [1]);
});

test('beyond the limit the oldest go, are counted and said', (t) => {
  const problems = new Problems(silentLog);
  const spool = open(temporaryDirectory(t), small, problems);
  for (let i = 0; i < 100; i++) batch(spool);
  assert.ok(spool.length <= 50 && spool.length >= 30, String(spool.length));
  assert.equal(spool.dropped + spool.length, 100);
  assert.equal(waiting(spool).at(-1), 100);
  assert.match(problems.texts().join(), /^Dropped \d+ batches/);
});

test('numbers that the controller knows better are not given again', (t) => {
  const spool = open(temporaryDirectory(t));
  batch(spool);
  spool.acknowledge(7);
  assert.deepEqual([spool.nextSequence, spool.length, spool.dropped], [8, 0, 1]);
});

const isRoot = process.getuid?.() === 0;

test('a full disk: memory first, then counted losses, and it recovers', {
  skip: isRoot ? false : 'mounting needs root',
}, (t) => {
  const mountPoint = mkdtempSync(join(tmpdir(), 'bulkhead-spool-'));
  t.after(() => {
    spawnSync('umount', ['-l', mountPoint]);
    rmSync(mountPoint, { recursive: true, force: true });
  });
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', mountPoint]);
  if (mounted.status !== 0) return t.skip('this system does not let us mount a tmpfs');
  const problems = new Problems(silentLog);
  const spool = open(join(mountPoint, 'spool'), { total: 1 << 20, segment: 1 << 19, memory: 3000 }, problems);
  for (let i = 0; i < 10; i++) batch(spool, 1000);
  assert.equal(spool.dropped, 0);
  writeFileSync(join(mountPoint, 'filler'), Buffer.alloc(1), { flush: true });
  for (let i = 0; i < 20; i++) batch(spool, 1000);
  assert.match(problems.texts().join(), /Cannot write the spool .*ENOSPC/);
  assert.ok(spool.dropped > 0);
  assert.equal(spool.dropped + spool.length, 30);
  assert.ok(spool.after(0, 100).every(({ sequence, bytes }) => bytes.every((byte) => byte === sequence)));
  spool.acknowledge(30);
  rmSync(join(mountPoint, 'filler'));
  batch(spool, 1000);
  assert.deepEqual(waiting(spool), [31]);
  spool.close();
});
