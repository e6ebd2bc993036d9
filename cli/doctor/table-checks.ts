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

/** Somebody else who writes the conntrack mark could undo the revision stamp, or be undone by it. */
export function checkMarks(tables: Tables): Finding {
  const writers = tables.flatMap(({ rule }) => {
    if (rule === undefined || isOurs(rule.family, rule.table) || !(rule.expr ?? []).some(writesConntrackMark))
      return [];
    return [`${rule.family} ${rule.table} ${rule.chain}`];
  });
  if (writers.length === 0) return ok('conntrack mark', 'written by nobody else');
  const hint = 'bulkhead keeps its revision in the low 16 bits; the other must leave them alone';
  return warn('conntrack mark', `also written by ${[...new Set(writers)].join(', ')}`, hint);
}

function writesConntrackMark(expression: unknown): boolean {
  const text = JSON.stringify(expression);
  return text.includes('"mangle":{"key":{"ct":{"key":"mark"') || text.includes('"CONNMARK"');
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
