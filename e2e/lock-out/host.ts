import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createServer } from 'node:net';
import { bulkhead } from '../scenario.ts';

/** A host in a network namespace of its own, and this process's as the world: controller, name server, an administrator. */
export const [worldAddress, hostAddress, agentsPort] = ['10.9.0.2', '10.9.0.1', 8444];
export type Way = 'controller' | 'dns' | 'ssh';

const accepting = `require('node:net').createServer((s) => s.on('error', () => {}))`;

export async function openHost() {
  const holder = spawn('unshare', ['--net', 'sh', '-c', 'echo ready; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(holder.stdout, 'data');
  const enter = [`--net=/proc/${holder.pid}/ns/net`];
  const inHost = (command: string): string =>
    execFileSync('nsenter', [...enter, 'sh', '-c', command], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const quiet = 'ip link set lo up; echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6';
  execFileSync('sh', [
    '-c',
    `${quiet}; ip link add world type veth peer name host; ip link set host netns ${holder.pid}
     ip addr add ${worldAddress}/24 dev world; ip link set world up`,
  ]);
  inHost(`${quiet}; ip addr add ${hostAddress}/24 dev host; ip link set host up`);
  const dns = createServer((socket) => socket.on('error', () => {})).listen(53, worldAddress);
  const ssh = spawn('nsenter', [
    ...enter,
    process.execPath,
    '-e',
    `${accepting}.listen(22, () => console.log('ready'))`,
  ]);
  await once(ssh.stdout, 'data');

  /** Whether a connection of its own comes about, from the host or to it. */
  const reaches = (way: Way): boolean => {
    const [prefix, address, port] = {
      controller: [['nsenter', ...enter], worldAddress, agentsPort],
      dns: [['nsenter', ...enter], worldAddress, 53],
      ssh: [[], hostAddress, 22],
    }[way] as [string[], string, number];
    const words = [...prefix, 'timeout', '0.4', 'bash', '-c', `: > /dev/tcp/${address}/${port}`];
    return spawnSync(words[0] as string, words.slice(1), { stdio: 'ignore' }).status === 0;
  };
  const startAgent = (log: string, words: readonly string[]): ChildProcess => {
    const output = openSync(log, 'a', 0o600);
    const command = ['--pdeathsig', 'KILL', 'nsenter', ...enter, bulkhead, 'agent', ...words];
    const child = spawn('setpriv', command, { stdio: ['ignore', output, output] });
    closeSync(output);
    return child;
  };
  const runAgent = (words: readonly string[]) => {
    const { status, stdout } = spawnSync('nsenter', [...enter, bulkhead, 'agent', ...words], { encoding: 'utf8' });
    return { code: status, text: stdout };
  };
  /** What the kernel says it holds; null: nothing of ours. */
  const generation = (): number | null => {
    const held = inHost('nft list chain inet bulkhead held 2>/dev/null || true');
    const found = /\bg=(\d+) /.exec(held)?.[1];
    return found === undefined ? null : Number(found);
  };
  const close = () => {
    ssh.kill('SIGKILL');
    dns.close();
    holder.stdin.end();
  };
  return { inHost, reaches, startAgent, runAgent, generation, close };
}
