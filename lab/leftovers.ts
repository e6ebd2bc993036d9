import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { cgroupMount } from './site.ts';

export type Leftovers = {
  readonly processes: readonly string[];
  readonly namespaces: readonly string[];
  readonly mounts: readonly string[];
  readonly cgroups: readonly string[];
  readonly directories: readonly string[];
};

/**
 * What of a lab is still on the machine, seen from the root namespaces. `namespaces` are the network namespaces it had:
 * others come and go beside it. A process is the lab's when its command line or its cgroup names the run directory.
 */
export function leftovers(run: string, namespaces: ReadonlySet<string>): Leftovers {
  const mount = cgroupMount(readFileSync('/proc/self/mountinfo', 'utf8'));
  const cgroup = `${mount}/${basename(run)}`;
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  return {
    processes: processesOf(run).map(({ pid, command }) => `${pid} ${command}`),
    namespaces: [...new Set(pids().flatMap(networkNamespace))].filter((name) => namespaces.has(name)),
    mounts: mounts.filter((line) => line.includes(run)),
    cgroups: existsSync(cgroup) ? [cgroup] : [],
    directories: existsSync(run) ? [run] : [],
  };
}

export const isClean = (left: Leftovers): boolean => Object.values(left).every((list) => list.length === 0);

/** The network namespaces of a running lab: the router's and every host's. */
export function networkNamespaces(run: string): Set<string> {
  const [own] = networkNamespace(String(process.pid));
  const all = processesOf(run).flatMap(({ pid }) => networkNamespace(pid));
  return new Set(all.filter((name) => name !== own));
}

function processesOf(run: string): { pid: string; command: string }[] {
  return pids().flatMap((pid) =>
    attempt(() => {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      const inCgroup = readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(`0::/${basename(run)}/`);
      return pid !== String(process.pid) && (inCgroup || command.includes(`${run}/`)) ? [{ pid, command }] : [];
    }).flat(),
  );
}

const networkNamespace = (pid: string): string[] => attempt(() => readlinkSync(`/proc/${pid}/ns/net`));
const pids = (): string[] => readdirSync('/proc').filter((name) => /^\d+$/.test(name));

/** A process may end while it is looked at. */
function attempt<T>(read: () => T): T[] {
  try {
    return [read()];
  } catch {
    return [];
  }
}
