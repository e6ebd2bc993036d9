/** What a run of the lab left on this machine, looked at from outside of it and without the lab's own words. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

export type Traces = {
  /** While the lab is up: remembers its network namespaces. */
  readonly lookAround: () => void;
  /** A line for everything that is still there; nothing of it should be. */
  readonly left: () => string[];
};

/** `run`: the lab's run directory. To be called before it is up. */
export function traces(run: string): Traces {
  const tables = rootTables();
  const namespaces = new Set<string>();
  return {
    lookAround: () => {
      const own = networkNamespace('self');
      for (const { pid } of processesOf(run)) {
        const namespace = networkNamespace(pid);
        if (namespace !== null && namespace !== own) namespaces.add(namespace);
      }
      if (namespaces.size === 0) throw new Error(`Cannot look around: nothing of ${run} has a namespace of its own`);
    },
    left: () => [
      ...processesOf(run).map(({ pid, command }) => `process ${pid} ${command}`),
      ...heldBySomebody(namespaces).map((name) => `namespace ${name}`),
      ...linesWith('/proc/self/mounts', run).map((line) => `mount ${line}`),
      ...[run, ...cgroups(run)].filter((path) => existsSync(path)).map((path) => `directory ${path}`),
      ...rootTables()
        .filter((table) => !tables.includes(table))
        .map((table) => `nftables ${table}`),
    ],
  };
}

const cgroups = (run: string): string[] =>
  ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].map((mount) => `${mount}/${basename(run)}`);

/** Tables of the machine's own network, which a lab has no business in. */
const rootTables = (): string[] => spawnSync('nft', ['list', 'tables']).stdout.toString().trim().split('\n');

const linesWith = (path: string, text: string): string[] =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.includes(text));

function heldBySomebody(namespaces: ReadonlySet<string>): string[] {
  const held = new Set(pids().map(networkNamespace));
  return [...namespaces].filter((name) => held.has(name));
}

const pids = (): string[] => readdirSync('/proc').filter((name) => /^\d+$/.test(name));

function processesOf(run: string): { readonly pid: string; readonly command: string }[] {
  return pids().flatMap((pid) => {
    const [command, cgroup] = [readOrNothing(`/proc/${pid}/cmdline`), readOrNothing(`/proc/${pid}/cgroup`)];
    const isIts = command.includes(`${run}/`) || cgroup.includes(`0::/${basename(run)}/`);
    return isIts && pid !== String(process.pid) ? [{ pid, command: command.replaceAll('\0', ' ').trim() }] : [];
  });
}

/** A process may end while it is looked at. */
function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function networkNamespace(pid: string): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return null;
  }
}
