import type { FileTree } from '@bulkhead/sensors/procfs/file-tree.ts';

/** Resident bytes of a process, 0 when there is none. */
export function residentBytes(files: FileTree, pid: number | null): number {
  const text = pid === null ? null : files.readText(`/proc/${pid}/status`);
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(text ?? '');
  return match === null ? 0 : Number(match[1]) * 1024;
}
