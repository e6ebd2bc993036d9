import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Address } from '@bulkhead/net/address.ts';
import { Probes } from './probe.ts';

const scenario = fileURLToPath(new URL('./testkit/probe-scenario.ts', import.meta.url));

function missing(): string | false {
  if (process.getuid?.() !== 0) return 'needs root for a network namespace';
  const ran = spawnSync('unshare', ['-n', 'nft', 'list', 'tables']);
  return ran.status === 0 ? false : 'network namespaces or nft are not to be had here';
}

/** Whether it is known at once: what is denied here, or refused there, is not waited for. */
const expected: readonly (readonly [cell: string, outcome: string, rule: string | null, quick: boolean])[] = [
  ['127.0.0.1 tcp/80', 'connected', null, true],
  ['::1 tcp/80', 'connected', null, true],
  ['127.0.0.1 tcp/85', 'refused', null, true],
  ['127.0.0.1 tcp/81', 'silent', null, false],
  ['127.0.0.1 tcp/82', 'silent', null, false],
  ['127.0.0.1 tcp/84', 'denied', 'shop/no', true],
  ['::1 tcp/82', 'silent', null, false],
  ['127.0.0.1 udp/81', 'denied', null, true],
  ['127.0.0.1 udp/82', 'sent', null, false],
  ['127.0.0.1 udp/85', 'refused', null, true],
  ['10.99.0.1 tcp/80', 'unreachable', null, true],
  ['10.99.0.1 udp/80', 'unreachable', null, true],
  ['127.0.0.9 tcp/80', 'skipped', null, true],
  ['127.0.0.1 icmp/8/0', 'skipped', null, true],
];

test('what became of a cell is what the kernel did with it', { skip: missing(), timeout: 30_000 }, () => {
  const cells = expected.map(([cell]) => cell);
  const output = execFileSync('unshare', ['-n', process.execPath, scenario, ...cells], { encoding: 'utf8' });
  const seen = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .map(([address, service, ...rest]) => [`${address} ${service}`, ...rest]);
  assert.deepEqual(seen, expected);
});

test('orders beyond those that may wait are answered as skipped', async () => {
  const probes = new Probes({ knows: () => false, now: () => 0 });
  const order = (id: number) => ({ id, cells: [{ address: '10.0.0.1' as Address, service: 6 * 65_536 + 22 }] });
  const answers = await Promise.all([1, 2, 3, 4, 5, 6].map((id) => probes.run(order(id))));
  assert.deepEqual(
    answers.map(({ id, results }) => [id, results.map(({ outcome }) => outcome)]),
    [1, 2, 3, 4, 5, 6].map((id) => [id, ['skipped']]),
  );
});
