import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from './finding.ts';
import {
  checkAgent,
  checkCgroup,
  checkClock,
  checkConntrack,
  checkDisk,
  checkHelper,
  checkKernel,
  checkNftVersion,
  checkRoot,
} from './host-checks.ts';
import type { Machine } from './machine.ts';
import {
  checkFlush,
  checkForeignDrops,
  checkForwarding,
  checkMarks,
  checkOwnTable,
  readTables,
} from './table-checks.ts';

type Told = {
  readonly userId?: number;
  readonly files?: Record<string, string>;
  readonly programs?: Record<string, string>;
  readonly free?: number;
};

/** A machine made of texts: files by path, outputs by the whole command line. */
function machine(told: Told): Machine {
  return {
    userId: told.userId ?? 0,
    read: (path) => told.files?.[path] ?? null,
    isExecutable: (path) => told.files?.[path] !== undefined,
    run: (program, args) => told.programs?.[[program, ...args].join(' ')] ?? null,
    freeBytes: () => told.free ?? null,
  };
}

const status = (hex: string) => ({ files: { '/proc/self/status': `Name:\tx\nCapEff:\t${hex}\n` } });
const nft = (version: string) => ({ programs: { 'nft --version': `nftables v${version} (Lester Gooch #5)\n` } });
const conntrack = (count: string, most: string) => ({
  files: { '/proc/sys/net/netfilter/nf_conntrack_count': count, '/proc/sys/net/netfilter/nf_conntrack_max': most },
});
const probing = (userId: number, outcome: 'works' | 'no namespaces' | 'no nftables'): Machine => ({
  ...machine({ userId }),
  run: (_program, args) => {
    if (outcome === 'works') return '';
    return outcome === 'no nftables' && args.at(-1) === 'true' ? '' : null;
  },
});

const forwards = { '/proc/sys/net/ipv4/ip_forward': '1\n' };
const bridge4 = '/proc/sys/net/bridge/bridge-nf-call-iptables';
const bridge6 = '/proc/sys/net/bridge/bridge-nf-call-ip6tables';
const agentSays = (...problems: string[]) => JSON.stringify({ pid: 7, problems });

const cases: readonly (readonly [what: string, found: Finding, state: Finding['state']])[] = [
  ['root with everything', checkRoot(machine(status('000001ffffffffff'))), 'ok'],
  ['root without CAP_SYS_ADMIN', checkRoot(machine(status('00000000a80435fb'))), 'fail'],
  ['root whose capabilities are unknown', checkRoot(machine({})), 'fail'],
  ['an ordinary user', checkRoot(machine({ ...status('000001ffffffffff'), userId: 1000 })), 'fail'],
  ['nft as verified', checkNftVersion(machine(nft('1.0.6'))), 'ok'],
  ['a newer nft', checkNftVersion(machine(nft('1.1.0'))), 'ok'],
  ['nft without a third number', checkNftVersion(machine(nft('2.0'))), 'ok'],
  ['an older nft', checkNftVersion(machine(nft('1.0.5'))), 'warn'],
  ['a much older nft', checkNftVersion(machine(nft('0.9.8'))), 'warn'],
  ['no nft', checkNftVersion(machine({})), 'fail'],
  ['a kernel that loads our shape', checkKernel(probing(0, 'works')), 'ok'],
  ['a kernel not tried', checkKernel(probing(1000, 'works')), 'warn'],
  ['a kernel without nftables', checkKernel(probing(0, 'no nftables')), 'fail'],
  ['a kernel without namespaces', checkKernel(probing(0, 'no namespaces')), 'fail'],
  [
    'cgroup2',
    checkCgroup(machine({ files: { '/proc/self/mounts': 'cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n' } })),
    'ok',
  ],
  ['cgroup2 not mounted', checkCgroup(machine({ files: { '/proc/filesystems': 'nodev\tcgroup2\n' } })), 'warn'],
  ['no cgroup2', checkCgroup(machine({ files: { '/proc/filesystems': 'nodev\tcgroup\n' } })), 'warn'],
  ['the helper', checkHelper(machine({ files: { '/x': '' } }), '/x'), 'ok'],
  ['no helper', checkHelper(machine({}), '/x'), 'fail'],
  ['no agent', checkAgent(machine({}), '/s'), 'ok'],
  ['an agent at peace', checkAgent(machine({ files: { '/s': agentSays(), '/proc/7/status': '' } }), '/s'), 'ok'],
  [
    'an agent with problems',
    checkAgent(machine({ files: { '/s': agentSays('x'), '/proc/7/status': '' } }), '/s'),
    'warn',
  ],
  ['an agent that is gone', checkAgent(machine({ files: { '/s': agentSays() } }), '/s'), 'warn'],
  ['an agent whose state is cut off', checkAgent(machine({ files: { '/s': '{"pid":7' } }), '/s'), 'warn'],
  ['a big disk', checkDisk(machine({ free: 5e9 }), '/var'), 'ok'],
  ['a small disk', checkDisk(machine({ free: 5e8 }), '/var'), 'warn'],
  ['a full disk', checkDisk(machine({ free: 5e6 }), '/var'), 'fail'],
  ['a disk nobody can look at', checkDisk(machine({}), '/var'), 'warn'],
  ['few connections', checkConntrack(machine(conntrack('10', '100'))), 'ok'],
  ['many connections', checkConntrack(machine(conntrack('80', '100'))), 'warn'],
  ['no conntrack yet', checkConntrack(machine({})), 'ok'],
  ['an equal clock', checkClock(0.4), 'ok'],
  ['a clock ahead', checkClock(-6), 'warn'],
  ['a clock behind', checkClock(6), 'warn'],
  ['no clock to compare', checkClock(null), 'warn'],
  ['no forwarding', checkForwarding(machine({ files: { '/proc/sys/net/ipv4/ip_forward': '0\n' } })), 'ok'],
  ['forwarding', checkForwarding(machine({ files: forwards })), 'warn'],
  [
    'forwarding, a bridge seen for one family',
    checkForwarding(machine({ files: { ...forwards, [bridge4]: '1\n' } })),
    'warn',
  ],
  [
    'forwarding, bridges hidden',
    checkForwarding(machine({ files: { ...forwards, [bridge4]: '0\n', [bridge6]: '0\n' } })),
    'warn',
  ],
  [
    'forwarding, bridges seen',
    checkForwarding(machine({ files: { ...forwards, [bridge4]: '1\n', [bridge6]: '1\n' } })),
    'ok',
  ],
  ['no nftables service', checkFlush(machine({})), 'ok'],
];

for (const [what, found, state] of cases) {
  test(`doctor: ${what} is ${state}`, () => {
    assert.equal(found.state, state);
    assert.equal(found.hint === null && state === 'fail', false, 'a failure says what to do');
  });
}

const table = (family: string, name: string) => ({ table: { family, name } });
const chain = (family: string, name: string, policy?: string) => ({
  chain: { family, table: name, name: 'input', hook: 'input', ...(policy && { policy }) },
});
const rule = (family: string, name: string, ...expr: unknown[]) => ({
  rule: { family, table: name, chain: 'input', expr },
});
const setsMark = { mangle: { key: { ct: { key: 'mark' } }, value: 1 } };

test('doctor: what the agent says drops an allowed flow is repeated', () => {
  const problem =
    'Another firewall drops what rule shop/web allows, by the rule "drop" of chain in in table inet theirs';
  const files = { '/s': agentSays(problem), '/proc/7/status': '' };
  assert.equal(checkAgent(machine({ files }), '/s').text, problem);
});

test('doctor: a chain of another table that drops by default is named', () => {
  const found = checkForeignDrops([table('inet', 'filter'), chain('inet', 'filter', 'drop')]);
  assert.deepEqual([found.state, found.text], ['warn', 'drop by default: inet filter input (input)']);
});

test('doctor: our own chains, and others that accept, are not', () => {
  const tables = [chain('inet', 'bulkhead', 'drop'), chain('inet', 'filter', 'accept'), chain('ip', 'filter')];
  assert.equal(checkForeignDrops(tables).state, 'ok');
  assert.equal(checkForeignDrops([chain('ip', 'bulkhead', 'drop')]).state, 'warn');
});

const listed = (...entries: readonly object[]) => ({
  'nft --json --terse list ruleset': JSON.stringify({ nftables: entries }),
});

test('doctor: whoever else uses our bits of the conntrack mark is named once', () => {
  const found = checkMarks(
    machine({ programs: listed(rule('ip', 'mangle', setsMark), rule('ip', 'mangle', setsMark)) }),
  );
  assert.deepEqual([found.state, found.text], ['warn', 'our bits are written by nft ip mangle input (0xffff)']);
  assert.equal(checkMarks(machine({ programs: listed(rule('inet', 'bulkhead', setsMark)) })).state, 'ok');
  assert.equal(checkMarks(machine({})).state, 'warn', 'what cannot be listed is not fine');
});

test('doctor: rules of iptables are asked for where there are any', () => {
  const saved = { 'iptables-save': '*mangle\n-A OUTPUT -j CONNMARK --set-xmark 0x1/0xff\nCOMMIT\n' };
  const translated = listed(rule('ip', 'mangle', { xt: null }));
  const found = checkMarks(machine({ programs: { ...translated, ...saved } }));
  assert.deepEqual([found.state, found.text], ['warn', 'our bits are written by iptables mangle OUTPUT (0xff)']);
  const older = { files: { '/proc/net/ip_tables_names': 'mangle\n' }, programs: { ...listed(), ...saved } };
  assert.equal(checkMarks(machine(older)).state, 'warn');
  assert.equal(checkMarks(machine({ programs: { ...listed(), ...saved } })).state, 'ok', 'nobody asked');
});

test('doctor: our table is found by family and name', () => {
  assert.match(checkOwnTable([table('inet', 'bulkhead'), chain('inet', 'bulkhead')]).text, /1 chains/);
  assert.match(checkOwnTable([table('ip', 'bulkhead')]).text, /not loaded/);
});

test('doctor: tables that cannot be listed are null, not an empty list', () => {
  const list = 'nft --json --terse list ruleset';
  assert.equal(readTables(machine({})), null);
  assert.equal(readTables(machine({ programs: { [list]: 'not json' } })), null);
  assert.deepEqual(readTables(machine({ programs: { [list]: '{"nftables":[]}' } })), []);
});

test('doctor: a boot that flushes every table', () => {
  const files = { '/etc/nftables.conf': '#!/usr/sbin/nft -f\n\nflush ruleset\n' };
  const enabled = { 'systemctl is-enabled nftables.service': 'enabled\n' };
  assert.equal(checkFlush(machine({ files, programs: enabled })).state, 'warn');
  assert.equal(checkFlush(machine({ files })).state, 'ok');
  assert.equal(
    checkFlush(machine({ files: { '/etc/nftables.conf': '# flush ruleset\n' }, programs: enabled })).state,
    'ok',
  );
});
