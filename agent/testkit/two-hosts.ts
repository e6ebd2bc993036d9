import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/**
 * For a process in a network namespace of its own, which is the world with the controller at 10.9.0.2: a host beside it,
 * at 10.9.0.1, that ends with this process.
 */
export const [worldAddress, hostAddress] = ['10.9.0.2', '10.9.0.1'];
const main = fileURLToPath(new URL('../main.ts', import.meta.url));

export async function openHost() {
  const holder = spawn('unshare', ['-n', 'sh', '-c', 'echo ready; exec cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(holder.stdout, 'data');
  const enter = [`--net=/proc/${holder.pid}/ns/net`];
  const inHost = (command: string): string =>
    execFileSync('nsenter', [...enter, 'sh', '-c', command], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  // Without IPv6, whose neighbour discovery would be reported at moments of its own.
  const quiet = 'ip link set lo up; echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6';
  const world = (command: string) => execFileSync('sh', ['-c', command], { encoding: 'utf8' });
  world(`${quiet}
    ip link add world type veth peer name host
    ip link set host netns ${holder.pid}
    ip addr add ${worldAddress}/24 dev world
    ip link set world up`);
  inHost(`${quiet}; ip addr add ${hostAddress}/24 dev host; ip link set host up`);
  const start = (program: string, ...words: readonly string[]): ChildProcess =>
    spawn('nsenter', [...enter, program, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  const startAgent = (...words: readonly string[]): ChildProcess => {
    const agent = spawn('nsenter', [...enter, process.execPath, main, ...words], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    process.on('exit', () => agent.kill('SIGKILL'));
    return agent;
  };
  return { pid: holder.pid, inHost, world, start, startAgent, close: () => holder.stdin.end() };
}

export const ended = async (child: ChildProcess): Promise<unknown> =>
  child.exitCode ?? child.signalCode ?? (await once(child, 'exit'))[0];
