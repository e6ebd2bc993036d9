import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nftablesBackEnd } from '@bulkhead/enforce/nftables/driver.ts';
import { defaultNftOptions } from '@bulkhead/enforce/nftables/options.ts';
import type { NetworkNamespace } from '@bulkhead/testkit/network-namespace.ts';
import { built, ended } from './cable.ts';
import { contentOf, firstPort, numbered, type Permission, peerAddress, permissionsOf } from './ruleset.ts';

/** One way of making a host enforce the policy of so many peers, in both families and both hooks. */
export type Firewall = {
  readonly name: string;
  /** Answers with what takes it away again where closing the namespace does not. */
  readonly load: (host: NetworkNamespace, peers: number) => Promise<() => Promise<void>>;
  /** Peers up to which it can be loaded in a time that a bench can wait for. */
  readonly most: number;
};

const nothingLeft = async (): Promise<void> => {};

export const noRules: Firewall = { name: 'no rules', most: Number.POSITIVE_INFINITY, load: async () => nothingLeft };

/** What everything is compared with: the least that a stateful firewall does. */
export const twoRules: Firewall = {
  name: 'two rules',
  most: Number.POSITIVE_INFINITY,
  load: (host) => loadScript(host, tableOf('two', `tcp dport ${firstPort} accept`, `tcp dport ${firstPort} accept`)),
};

/** The same, with a counter and a log record for every connection at both its ends, as ours has: what telemetry costs anybody. */
export const twoLoggedRules: Firewall = {
  name: 'two rules, counted and logged',
  most: Number.POSITIVE_INFINITY,
  load: async (host) => {
    const logged = `tcp dport ${firstPort} counter log prefix "two rules" group ${defaultNftOptions.logGroup} accept`;
    await loadScript(host, tableOf('two', logged, logged));
    const reader = await readLog(host);
    return () => ended(reader);
  },
};

/** Counters and logging on, and the helper that reads the log. */
export const bulkhead: Firewall = {
  name: 'bulkhead',
  most: Number.POSITIVE_INFINITY,
  load: async (host, peers) => {
    const backEnd = nftablesBackEnd({
      command: [...host.enter, 'nft'],
      helper: [...host.enter, built('bulkhead-helper')],
      timeout: 120_000,
    });
    const done = await backEnd.replace(numbered(contentOf(peers, [4, 6]), 1));
    if (done.kind === 'failed') throw new Error(done.message);
    const reader = await readLog(host);
    return () => ended(reader);
  },
};

/** A rule per rule of the policy, its peers in a set: what most agents make of a policy. */
export const setPerRule: Firewall = {
  name: 'an ipset per rule',
  most: 10_000,
  load: async (host, peers) => {
    const permissions = permissionsOf(peers);
    const sets = permissions.flatMap(({ peers: members }, rule) =>
      ([4, 6] as const).flatMap((family) => [
        `create r${rule}-${family} hash:ip family ${family === 4 ? 'inet' : 'inet6'} hashsize 64 maxelem 1000000`,
        ...members.map((peer) => `add r${rule}-${family} ${peerAddress(family, peer)}`),
      ]),
    );
    await fromFile(host, ['ipset', 'restore', '-f'], `${sets.join('\n')}\n`);
    for (const family of [4, 6] as const) {
      const lists = [
        ['INPUT', 'src'],
        ['OUTPUT', 'dst'],
      ].flatMap(([chain, side]) => [
        `-A ${chain} -m conntrack --ctstate ESTABLISHED -j ACCEPT`,
        ...permissions.map(
          ({ port }, rule) =>
            `-A ${chain} -p tcp --dport ${port} -m set --match-set r${rule}-${family} ${side} -j ACCEPT`,
        ),
        ...(family === 6 ? [`-A ${chain} -p icmpv6 -j ACCEPT`] : []),
        `-A ${chain} -j DROP`,
      ]);
      const text = ['*filter', ':INPUT ACCEPT', ':FORWARD ACCEPT', ':OUTPUT ACCEPT', ...lists, 'COMMIT', ''].join('\n');
      await fromFile(host, [family === 4 ? 'iptables-restore' : 'ip6tables-restore'], text);
    }
    return nothingLeft;
  },
};

/** A rule per peer and port: what people write by hand. */
export const rulePerPeer: Firewall = {
  name: 'a rule per peer and port',
  most: 1_000,
  load: (host, peers) => {
    const permissions = permissionsOf(peers);
    return loadScript(host, tableOf('naive', listOf(permissions, 'saddr'), listOf(permissions, 'daddr')));
  },
};

function listOf(permissions: readonly Permission[], field: 'saddr' | 'daddr'): string {
  const lines = permissions.flatMap(({ peers, port }) =>
    peers.flatMap((peer) => [
      `ip ${field} ${peerAddress(4, peer)} tcp dport ${port} accept`,
      `ip6 ${field} ${peerAddress(6, peer)} tcp dport ${port} accept`,
    ]),
  );
  return [...lines, 'meta l4proto ipv6-icmp accept', 'drop'].join('\n');
}

const tableOf = (name: string, input: string, output: string): string => `table inet ${name} {
  chain input { type filter hook input priority 0; ct state established accept
    ${input}
  }
  chain output { type filter hook output priority 0; ct state established accept
    ${output}
  }
}
`;

async function loadScript(host: NetworkNamespace, script: string): Promise<() => Promise<void>> {
  await fromFile(host, ['nft', '-f'], script);
  return nothingLeft;
}

async function fromFile(host: NetworkNamespace, command: readonly string[], text: string): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'bulkhead-bench-'));
  const [program = '', ...args] = command;
  try {
    await writeFile(join(directory, 'script'), text);
    await host.run(program, ...args, join(directory, 'script'));
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** The product's own reader, its records thrown away. */
async function readLog(host: NetworkNamespace): Promise<ChildProcess> {
  const [program = '', ...args] = [
    ...host.enter,
    built('bulkhead-helper'),
    'nflog',
    String(defaultNftOptions.logGroup),
  ];
  const reader = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(reader.stdout, 'data');
  reader.stdout.resume();
  return reader;
}
