import { clashesInRuleset, clashesInSaved } from '@bulkhead/enforce/nftables/mark-clashes.ts';
import { defaultNftOptions } from '@bulkhead/enforce/nftables/options.ts';
import { type Finding, ok, warn } from './finding.ts';
import type { Machine } from './machine.ts';

/** The part of `nft --json list ruleset` that the checks read. */
type Entry = {
  readonly table?: { readonly family: string; readonly name: string };
  readonly chain?: {
    readonly family: string;
    readonly table: string;
    readonly name: string;
    readonly hook?: string;
    readonly policy?: string;
  };
  readonly rule?: {
    readonly family: string;
    readonly table: string;
    readonly chain: string;
    readonly expr?: readonly unknown[];
  };
};

export type Tables = readonly Entry[];

const isOurs = (family: string, table: string): boolean => family === 'inet' && table === 'bulkhead';

/** Every table of this network namespace without set contents; null when it cannot be listed. */
export function readTables(machine: Machine): Tables | null {
  const text = machine.run('nft', ['--json', '--terse', 'list', 'ruleset']);
  if (text === null) return null;
  try {
    return (JSON.parse(text) as { nftables?: Tables }).nftables ?? [];
  } catch {
    return null;
  }
}

export function checkOwnTable(tables: Tables): Finding {
  const chains = tables.filter((entry) => entry.chain && isOurs(entry.chain.family, entry.chain.table)).length;
  const present = tables.some((entry) => entry.table && isOurs(entry.table.family, entry.table.name));
  if (present) return ok('own table', `inet bulkhead with ${chains} chains`);
  return ok('own table', 'inet bulkhead is not loaded: this host is not enforced');
}

/** A chain of somebody else's that drops by default: our accept cannot override it. */
export function checkForeignDrops(tables: Tables): Finding {
  const drops = tables.flatMap(({ chain }) => {
    if (chain?.policy !== 'drop' || isOurs(chain.family, chain.table)) return [];
    return [`${chain.family} ${chain.table} ${chain.name} (${chain.hook ?? 'no hook'})`];
  });
  if (drops.length === 0) return ok('other tables', 'none drops by default');
  const hint = 'what bulkhead allows can still be dropped there; allow it in that table too';
  return warn('other tables', `drop by default: ${drops.join(', ')}`, hint);
}

/** Somebody else who writes our bits of the conntrack mark undoes the stamps of flows; who reads them is misled. */
export function checkMarks(machine: Machine): Finding {
  const json = machine.run('nft', ['--json', '--terse', 'list', 'ruleset']);
  const inRuleset = json === null ? null : clashesInRuleset(json, defaultNftOptions);
  if (inRuleset === null) return warn('conntrack mark', 'cannot be looked for', 'run as root, with nftables installed');
  const clashes = [
    ...inRuleset,
    ...savedTables(machine, json ?? '').flatMap((text) => clashesInSaved(text, defaultNftOptions)),
  ];
  if (clashes.length === 0) return ok('conntrack mark', 'our bits are used by nobody else');
  const hint = 'have the other leave 0x0000ffff alone, or give the agent other bits with --mark-mask';
  const said = clashes.map(
    ({ by, does, bits }) => `${does === 'writes' ? 'written' : 'read'} by ${by} (0x${bits.toString(16)})`,
  );
  return warn('conntrack mark', `our bits are ${said.join(', ')}`, hint);
}

/** Only where there are rules of iptables: the older one would make tables to list them. */
function savedTables(machine: Machine, json: string): string[] {
  const older = ['/proc/net/ip_tables_names', '/proc/net/ip6_tables_names'].some((path) => machine.read(path)?.trim());
  if (!older && !json.includes('"xt"')) return [];
  const programs = ['iptables-save', 'ip6tables-save', ...(older ? ['iptables-legacy-save'] : [])];
  return programs.flatMap((program) => machine.run(program, []) ?? []);
}

/** Something that would wipe our table at the next boot or reload. */
export function checkFlush(machine: Machine): Finding {
  const flushes = /^\s*flush\s+ruleset/m.test(machine.read('/etc/nftables.conf') ?? '');
  const enabled = machine.run('systemctl', ['is-enabled', 'nftables.service'])?.trim() === 'enabled';
  if (!flushes || !enabled) return ok('flush', 'nothing found that flushes every table');
  return warn(
    'flush',
    'nftables.service is enabled and /etc/nftables.conf begins with "flush ruleset"',
    'flush its own tables only, or disable the service',
  );
}

/** Containers behind a bridge are forwarded, and enforced for where they are declared and the kernel shows their packets. */
export function checkForwarding(machine: Machine): Finding {
  const forwards = (machine.read('/proc/sys/net/ipv4/ip_forward') ?? '0').trim() === '1';
  if (!forwards) return ok('forwarding', 'off');
  const isShown = (setting: string) => (machine.read(`/proc/sys/net/bridge/${setting}`) ?? '').trim() === '1';
  if (isShown('bridge-nf-call-iptables') && isShown('bridge-nf-call-ip6tables'))
    return ok('forwarding', 'on: guests of this host are enforced for once they are declared');
  return warn(
    'forwarding',
    'on, and what a bridge hands from one of its ports to another is not seen',
    'set net.bridge.bridge-nf-call-iptables and net.bridge.bridge-nf-call-ip6tables to 1 where containers share a bridge',
  );
}
