import { type Finding, fail, ok, warn } from './finding.ts';
import type { Machine } from './machine.ts';

const gigabyte = 1024 ** 3;
/** The oldest nft whose rendering of our table was verified to load and to list back. */
const nftNeeded = [1, 0, 6] as const;

const capabilities: readonly (readonly [bit: number, name: string])[] = [
  [12, 'CAP_NET_ADMIN'],
  [21, 'CAP_SYS_ADMIN'],
];

export function checkRoot(machine: Machine): Finding {
  if (machine.userId !== 0) {
    return fail('root', `user ${machine.userId}`, 'agents and the lab need root; the offline commands do not');
  }
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(machine.read('/proc/self/status') ?? '')?.[1] ?? '0'}`);
  const absent = capabilities.filter(([bit]) => ((effective >> BigInt(bit)) & 1n) === 0n).map(([, name]) => name);
  if (absent.length === 0) return ok('root', 'with the capabilities that are needed');
  return fail('root', `without ${absent.join(' and ')}`, 'the container or unit must grant these capabilities');
}

export function checkNftVersion(machine: Machine): Finding {
  const text = machine.run('nft', ['--version']);
  const found = /v(\d+)\.(\d+)(?:\.(\d+))?/.exec(text ?? '');
  if (found === null) return fail('nft', 'not installed', 'apt-get install nftables');
  const version = [1, 2, 3].map((part) => Number(found[part] ?? 0));
  const difference = version.map((part, index) => part - (nftNeeded[index] ?? 0)).find((part) => part !== 0) ?? 0;
  if (difference >= 0) return ok('nft', version.join('.'));
  return warn(
    'nft',
    `${version.join('.')} is older than ${nftNeeded.join('.')}`,
    'host rulesets may not load; install a newer nftables',
  );
}

/** Loads a table like ours in a network namespace that ends with the command, so nothing of it stays. */
const probe = [
  'add table inet bulkhead_probe',
  'add map inet bulkhead_probe m { typeof ip saddr : meta priority; }',
  'add chain inet bulkhead_probe c { type filter hook input priority 0; }',
  'add rule inet bulkhead_probe c ct state new log prefix "probe" group 5',
  'add rule inet bulkhead_probe c meta priority set ip saddr map @m',
  'add rule inet bulkhead_probe c ct mark set ct mark and 0xffff0000 or 0x1',
].join('; ');

export function checkKernel(machine: Machine): Finding {
  const release = (machine.read('/proc/sys/kernel/osrelease') ?? 'unknown').trim();
  if (machine.userId !== 0)
    return warn('kernel', `${release}, not tried`, 'run bulkhead doctor as root to try nftables and NFLOG');
  if (machine.run('unshare', ['--net', 'nft', probe]) !== null)
    return ok('kernel', `${release}, nftables maps and NFLOG work`);
  if (machine.run('unshare', ['--net', 'true']) === null) {
    return fail(
      'kernel',
      `${release}, no network namespaces`,
      'the lab cannot run here; CAP_SYS_ADMIN or the kernel option is missing',
    );
  }
  return fail(
    'kernel',
    `${release}, nftables with maps and NFLOG does not load`,
    'modules nf_tables, nft_log and nfnetlink_log are needed',
  );
}

export function checkCgroup(machine: Machine): Finding {
  const mounted = /^\S+ (\S+) cgroup2 /m.exec(machine.read('/proc/self/mounts') ?? '')?.[1];
  if (mounted !== undefined) return ok('cgroup2', `mounted at ${mounted}`);
  const known = /\bcgroup2\b/.test(machine.read('/proc/filesystems') ?? '');
  if (known)
    return warn('cgroup2', 'not mounted', 'services are reported by process only; mount cgroup2 at /sys/fs/cgroup');
  return warn('cgroup2', 'not in this kernel', 'services are reported by process only, not by unit');
}

export function checkHelper(machine: Machine, path: string): Finding {
  if (machine.isExecutable(path)) return ok('helper', path);
  return fail('helper', 'the native helper is not built', 'run tools/setup.sh; it needs gcc and make');
}

export function checkDisk(machine: Machine, directory: string): Finding {
  const free = machine.freeBytes(directory);
  if (free === null) return warn('disk', `${directory} cannot be looked at`);
  const text = `${(free / gigabyte).toFixed(1)} GB free for ${directory}`;
  if (free < 0.1 * gigabyte) return fail('disk', text, 'the controller stops storing flows; enforcement goes on');
  return free < gigabyte ? warn('disk', text, 'less than 1 GB: history may not fit') : ok('disk', text);
}

export function checkConntrack(machine: Machine): Finding {
  const count = Number(machine.read('/proc/sys/net/netfilter/nf_conntrack_count') ?? Number.NaN);
  const most = Number(machine.read('/proc/sys/net/netfilter/nf_conntrack_max') ?? Number.NaN);
  if (Number.isNaN(count) || Number.isNaN(most)) return ok('conntrack', 'not loaded yet');
  const text = `${count} of ${most} connections`;
  if (count < 0.8 * most) return ok('conntrack', text);
  return warn('conntrack', text, 'new connections are dropped when it is full; raise net.netfilter.nf_conntrack_max');
}

/** What the agent on this machine said last; it writes it down itself, so nobody has to be asked. */
export function checkAgent(machine: Machine, path: string): Finding {
  const text = machine.read(path);
  if (text === null) return ok('agent', 'none keeps its state here');
  const { problems, pid } = readAgentState(text);
  if (pid === null || machine.read(`/proc/${pid}/status`) === null) {
    return warn('agent', 'not running', 'rules stay as they were; start it again');
  }
  if (problems.length === 0) return ok('agent', `process ${pid}, no problems`);
  return warn('agent', problems.join('; '), 'each says what is so and what is needed');
}

function readAgentState(text: string): { readonly problems: readonly string[]; readonly pid: number | null } {
  try {
    const { problems, pid } = JSON.parse(text) as { readonly problems?: unknown; readonly pid?: unknown };
    const list = Array.isArray(problems) ? problems.filter((one): one is string => typeof one === 'string') : [];
    return { problems: list, pid: typeof pid === 'number' ? pid : null };
  } catch {
    // Cut off or of another program: the agent that would say more does not run.
    return { problems: [], pid: null };
  }
}

/** `seconds`: the controller's clock minus this one; null when no controller was reached. */
export function checkClock(seconds: number | null): Finding {
  if (seconds === null) return warn('clock', 'not compared, no controller was reached');
  const text = `${Math.abs(seconds).toFixed(0)} s from the controller's`;
  return Math.abs(seconds) <= 5
    ? ok('clock', text)
    : warn('clock', text, 'flows land at the wrong time; check time synchronisation');
}
