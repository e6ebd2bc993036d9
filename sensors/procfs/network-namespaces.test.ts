import assert from 'node:assert/strict';
import test from 'node:test';
import { type Address, parseAddress } from '@bulkhead/net/address.ts';
import { noNetworkNamespaces, openNetworkNamespace } from '@bulkhead/testkit/network-namespace.ts';
import { fakeFiles, hostFiles } from './file-tree.ts';
import { namespaceAddresses, namespacesWith } from './network-namespaces.ts';

const trie = (...addresses: readonly string[]) =>
  `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
${addresses.map((address) => `     |-- ${address}\n        /32 host LOCAL\n`).join('')}     |-- 10.0.0.255
        /32 link BROADCAST
Local:
${addresses.map((address) => `     |-- ${address}\n        /24 link UNICAST\n        /32 host LOCAL\n`).join('')}`;
const files = fakeFiles({
  '/proc/self/ns/net': '-> net:[1]',
  '/proc/1/ns/net': '-> net:[1]',
  '/proc/1/net/fib_trie': trie('10.0.0.1'),
  '/proc/20/ns/net': '-> net:[2]',
  '/proc/20/net/fib_trie': trie('127.0.0.1', '10.0.0.9'),
  '/proc/20/net/if_inet6': 'fd000000000000000000000000000009 02 40 00 80     eth0\n',
  '/proc/21/ns/net': '-> net:[2]',
  '/proc/21/net/fib_trie': trie('10.0.0.9'),
  '/proc/30/ns/net': '-> net:[3]',
  '/proc/30/net/fib_trie': trie('10.0.0.8'),
  '/proc/40/net/fib_trie': trie('10.0.0.9'),
  '/proc/meminfo': '',
});
const of = (...texts: readonly string[]) => new Set(texts.map((text) => parseAddress(text) as Address));

for (const [why, addresses, pids] of [
  ['by IPv4, one process of each namespace', of('10.0.0.9'), ['20']],
  ['by IPv6', of('fd00::9'), ['20']],
  ['by any of several', of('10.0.0.7', '10.0.0.8'), ['30']],
  ['our own is not another', of('10.0.0.1'), []],
  ['a broadcast address is nobody', of('10.0.0.255'), []],
  ['nobody has it', of('10.0.0.7'), []],
] as const)
  test(why, () => assert.deepEqual(namespacesWith(addresses, files), pids));

test('addresses are those of the namespace', () =>
  assert.deepEqual(namespaceAddresses('20', files), ['127.0.0.1', '10.0.0.9', 'fd00::9']));

test('a kernel lists it so', { skip: (await noNetworkNamespaces()) ?? false }, async () => {
  const namespace = await openNetworkNamespace();
  await namespace.run('ip', 'link', 'set', 'lo', 'up');
  await namespace.run('ip', 'addr', 'add', '203.0.113.77/32', 'dev', 'lo');
  await namespace.run('ip', 'addr', 'add', '2001:db8::77/128', 'dev', 'lo');
  for (const text of ['203.0.113.77', '2001:db8::77'])
    assert.deepEqual(namespacesWith(of(text), hostFiles), [String(namespace.pid)]);
  await namespace.close();
});
