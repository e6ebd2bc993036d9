import { readFileSync } from 'node:fs';

/** A process that cannot be confused with a later one of the same number: its PID and start time in clock ticks. */
export type ProcessIdentity = { readonly pid: number; readonly start: string };

/** Null when there is no such process, or only a zombie of it. */
export function identify(pid: number): ProcessIdentity | null {
  const stat = readStat(pid);
  return stat === null || stat.state === 'Z' ? null : { pid, start: stat.start };
}

export const isAlive = (process: ProcessIdentity): boolean => identify(process.pid)?.start === process.start;

/** The parent, and further ancestors as long as each is a launcher (npm, sh, node) that started the next. */
export function launchers(pid: number): ProcessIdentity[] {
  const found: ProcessIdentity[] = [];
  for (let at = readStat(pid)?.parent ?? 0; at > 1; at = readStat(at)?.parent ?? 0) {
    const process = identify(at);
    if (process === null) break;
    if (found.length > 0 && !/^(npm|npx|node|sh|dash|MainThread)/.test(readStat(at)?.name ?? '')) break;
    found.push(process);
  }
  return found;
}

/** Calls back once, within half a second of the first of them ending. */
export function whenGone(processes: readonly ProcessIdentity[], callback: () => void): void {
  const timer = setInterval(() => {
    if (processes.every(isAlive)) return;
    clearInterval(timer);
    callback();
  }, 500);
  timer.unref();
}

function readStat(pid: number): { name: string; state: string; parent: number; start: string } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name stands in parentheses and may hold anything, also parentheses.
    const end = text.lastIndexOf(')');
    const fields = text.slice(end + 2).split(' ');
    const name = text.slice(text.indexOf('(') + 1, end);
    return { name, state: fields[0] ?? '', parent: Number(fields[1]), start: fields[19] ?? '' };
  } catch {
    return null;
  }
}
