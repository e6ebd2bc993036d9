import { execFile } from 'node:child_process';
import { closeSync, openSync, readlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { guestBatch, guestHostBatch } from './address-plan.ts';
import { unitLog } from './host-folder.ts';
import { type RunningHost, spawnOnHost, unitProcesses } from './host-process.ts';
import type { Guest, Host } from './lab-file.ts';
import { estateFolder, type Site } from './site.ts';

const run = promisify(execFile);
const readySeconds = 20;
export const guestPort = 8080;

/**
 * A network namespace inside a host's others, as a container engine makes one: the host forwards for it. Nothing in it
 * speaks to the controller. What is returned stands for the guest wherever something is run on a host.
 */
export async function startGuest(site: Site, running: RunningHost, guest: Guest): Promise<RunningHost> {
  const { host } = running;
  const unit = `guest-${guest.name}.service`;
  const log = openSync(unitLog(site, host, unit), 'a', 0o600);
  const serve = ['/opt/shop/node', '/opt/shop/app/guest.ts', String(guestPort)];
  const command = ['unshare', '--net', 'sh', '-c', 'read -r _; exec "$@"', 'sh', ...serve];
  const child = spawnOnHost(site, running, { unit, user: 'root', command, env: {} }, ['pipe', log, log]);
  closeSync(log);
  const pid = await untilItStands(site, running, { unit, guest });
  await forwardFor(running.pid);
  await apply(site, running.pid, { name: guest.name, text: guestHostBatch(host, guest, pid) });
  await apply(site, pid, { name: guest.name, text: guestBatch(host, guest) });
  child.stdin?.end('go\n');
  await untilAnswers(guest);
  return { host, pid, configureNetwork: async () => {} };
}

type Asked = { readonly unit: string; readonly guest: Guest };

/** The process that has a namespace of its own: its number here is another than in the host. */
async function untilItStands(site: Site, { host, pid }: RunningHost, { unit, guest }: Asked): Promise<number> {
  const others = [networkOf(process.pid), networkOf(pid)];
  for (const deadline = Date.now() + readySeconds * 1000; Date.now() < deadline; await delay(20)) {
    const found = unitProcesses(site, host, unit).find((candidate) => {
      const network = networkOf(candidate);
      return network !== null && !others.includes(network);
    });
    if (found !== undefined) return found;
  }
  throw new Error(`Cannot start guest "${guest.name}" on ${host.name}: it has no namespace, see ${unit}.log`);
}

/** Null: it has ended. */
function networkOf(pid: number): string | null {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return null;
  }
}

const forwardFor = (pid: number) =>
  inNetwork(pid, [
    'sh',
    '-c',
    'echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding',
  ]);

async function apply(site: Site, pid: number, { name, text }: { readonly name: string; readonly text: string }) {
  const path = `${estateFolder(site)}/network-${name}-${pid}`;
  writeFileSync(path, text);
  await inNetwork(pid, ['ip', '-batch', path]);
}

const inNetwork = (pid: number, command: readonly string[]) => run('nsenter', [`--target=${pid}`, '--net', ...command]);

async function untilAnswers({ name, v4, v6 }: Guest): Promise<void> {
  for (const deadline = Date.now() + readySeconds * 1000; Date.now() < deadline; await delay(50)) {
    if ((await answers(v4)) && (await answers(v6))) return;
  }
  throw new Error(`Cannot reach guest "${name}": port ${guestPort} does not answer`);
}

function answers(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: guestPort, timeout: 1000 });
    const finish = (answer: boolean) => (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', finish(true)).once('error', finish(false)).once('timeout', finish(false));
  });
}

/** Guests and the hosts they are on. */
export const guestsOf = (hosts: readonly Host[]): { readonly host: Host; readonly guest: Guest }[] =>
  hosts.flatMap((host) => host.guests.map((guest) => ({ host, guest })));
