import { existsSync, readFileSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import type { Lab } from './lab-file.ts';

/** Where an estate lies on the machine. Paths are absolute. */
export type Site = {
  readonly lab: Lab;
  /** Everything the estate writes; made by `up`, removed with it. */
  readonly run: string;
  /** The estate's directory in the cgroup2 hierarchy. */
  readonly cgroup: string;
  readonly repository: string;
  readonly node: string;
  readonly controllerSocket: string | null;
  readonly agentsSocket: string | null;
};

export const defaultRun = '/run/bulkhead-lab';
export const repository = resolve(import.meta.dirname, '..');

/** Removing the directory later is only safe where the name says that it is a lab's. Null when it does not. */
export function checkedRun(path: string): string | null {
  const run = resolve(path);
  return basename(run).startsWith('bulkhead-lab') && /^[\w./-]+$/.test(run) ? run : null;
}

/** Two run directories of equal base name would share their cgroup, and are refused by it. */
export function cgroupOf(run: string): string | null {
  const mount = cgroupMount(readFileSync('/proc/self/mountinfo', 'utf8'));
  return mount === null ? null : `${mount}/${basename(run)}`;
}

/** Where cgroup2 is mounted: /sys/fs/cgroup, or /sys/fs/cgroup/unified beside the older hierarchies. */
export function cgroupMount(mountinfo: string): string | null {
  const mounts = mountinfo.split('\n').filter((line) => line.includes(' - cgroup2 '));
  return mounts.map((line) => line.split(' ')[4] ?? '').find((path) => existsSync(`${path}/cgroup.procs`)) ?? null;
}

/** Where hosts and what belongs to all of them write; visible only inside the estate's mount namespace. */
export const estateFolder = (site: Site): string => `${site.run}/estate`;
export const controlSocket = (run: string): string => `${run}/control.sock`;
export const labLog = (run: string): string => `${run}/lab.log`;
