import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const setting = '/proc/sys/net/netfilter/nf_conntrack_max';
const lock = join(tmpdir(), 'bulkhead-conntrack-limit.lock');

/** Who has the lock says so, lowers the limit, and puts back what it found when its input ends, however that ends. */
const script = `before=$(cat ${setting}) && echo "$1" > ${setting} && echo lowered && cat > /dev/null; echo "$before" > ${setting}`;

/** The limit is the whole machine's, and belongs to its first network namespace. Answers what puts it back. */
export async function lowerConntrackLimit(flows: number): Promise<() => Promise<void>> {
  const words = [lock, 'sh', '-c', script, 'sh', String(flows)];
  const child: ChildProcess = spawn('flock', words, { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  const { stdout } = child;
  if (stdout === null) throw new Error('No output');
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`Cannot lower "${setting}": it ended with ${code}, root of the machine's own network is needed`);
  });
  ended.catch(() => {});
  await Promise.race([once(stdout, 'data'), ended]);
  return async () => {
    child.stdin?.end();
    if (child.exitCode === null) await once(child, 'exit');
  };
}
