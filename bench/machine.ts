import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';

/** What figures are worth nothing without. */
export type Machine = { readonly text: string; readonly commit: string; readonly date: string };

export function describeMachine(now: Date): Machine {
  const model = cpus()[0]?.model.trim() || process.arch;
  const memory = `${Math.round(totalmem() / 2 ** 30)} GB`;
  const text = `${cpus().length} x ${model}, ${memory}, Linux ${release().split('-')[0]}, Node ${process.version.slice(1)}, load ${loadavg()[0]?.toFixed(1)}`;
  return { text, commit: commitOf(), date: now.toISOString().slice(0, 10) };
}

/** `+` after it: files differ from the commit. */
function commitOf(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no').trim() !== '';
    return `${git('rev-parse', '--short', 'HEAD').trim()}${changed ? '+' : ''}`;
  } catch {
    return 'no commit';
  }
}

/** Resident bytes of a process; null when it is gone. */
export function residentBytes(pid: number): number | null {
  try {
    const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return line === null ? null : Number(line[1]) * 1024;
  } catch {
    return null;
  }
}
