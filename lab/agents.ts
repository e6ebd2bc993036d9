import { mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { controllerBody } from './controller-request.ts';
import type { Estate, Say } from './estate.ts';
import { guestsOf } from './guests.ts';
import { compileCache, hostFolder } from './host-folder.ts';
import { type HostCommand, signalUnit, startUnit, unitProcesses } from './host-process.ts';
import type { Guest, Host } from './lab-file.ts';
import { pathOnMachine } from './mount-plan.ts';
import { relay } from './relay.ts';
import type { Site } from './site.ts';

export const agentUnit = 'bulkhead-agent.service';
const keyFile = '/run/bulkhead/pairing-key';
const keyHours = 24;
const connectSeconds = 60;

/** Enrols every managed host with the controller, names the unmanaged ones to it, and waits until agents connected. */
export async function startAgents(estate: Estate, controller: string, agentsSocket: string, say: Say): Promise<void> {
  const { site } = estate;
  const { v4, v6, port } = site.lab.control;
  await Promise.all([relay(v4, port, agentsSocket), relay(v6, port, agentsSocket)]);
  const managed = site.lab.hosts.filter((host) => host.managed);
  for (const host of site.lab.hosts) {
    if (!host.managed) await nameUnmanaged(controller, host);
    else {
      await pair(site, controller, host);
      startAgent(estate, host);
    }
  }
  say(`${managed.length} agents are starting`);
  await untilConnected(controller, managed, say);
  for (const { host, guest } of guestsOf(site.lab.hosts)) await nameGuest(controller, host, guest);
}

/** Starts the agent of a host that was paired; true when it runs now and did not before. */
export function startAgent(estate: Estate, host: Host): boolean {
  const running = estate.runningHost(host.name);
  if (running === null || unitProcesses(estate.site, host, agentUnit).length > 0) return false;
  startUnit(estate.site, running, agentCommand(estate.site));
  return true;
}

/** `stop` ends the agent in order, `kill` is SIGKILL to the agent and what it started; how many processes there were. */
export const endAgent = (estate: Estate, host: Host, how: 'stop' | 'kill'): number =>
  signalUnit(estate.site, host, agentUnit, how === 'stop' ? 'SIGTERM' : 'SIGKILL');

function agentCommand(site: Site): HostCommand {
  const controller = `https://${site.lab.control.v4}:${site.lab.control.port}`;
  const program = [site.node, `${site.repository}/agent/main.ts`];
  const options = ['--controller', controller, '--pairing-key-file', keyFile, '--data', '/var/lib/bulkhead'];
  return {
    unit: agentUnit,
    user: 'root',
    command: [...program, ...options],
    env: { NODE_COMPILE_CACHE: compileCache(site) },
  };
}

/** The key fixes name, labels and mode, also of a host that an earlier lab enrolled; it is used once and lies only in the host's own /run. */
async function pair(site: Site, controller: string, host: Host): Promise<void> {
  const expires = new Date(Date.now() + keyHours * 3_600_000).toISOString();
  const asked = { name: host.name, labels: host.labels, mode: 'observe', uses: 1, expires, replace: true };
  const body = (await controllerBody(controller, 'POST', '/pairing-keys', asked)) as { key?: unknown };
  if (typeof body.key !== 'string') throw new Error('Cannot pair: the controller answered without a key');
  const path = pathOnMachine(hostFolder(site, host), keyFile);
  mkdirSync(pathOnMachine(hostFolder(site, host), '/run/bulkhead'), { recursive: true, mode: 0o700 });
  mkdirSync(pathOnMachine(hostFolder(site, host), '/var/lib/bulkhead'), { recursive: true, mode: 0o700 });
  writeFileSync(path, `${body.key}\n`, { mode: 0o600 });
}

async function nameUnmanaged(controller: string, host: Host): Promise<void> {
  const workload = { labels: host.labels, addresses: [host.v4, host.v6] };
  await controllerBody(controller, 'PUT', `/workloads/${host.name}`, workload);
}

/** All that makes a guest one: its host's agent does the rest. */
async function nameGuest(controller: string, host: Host, { name, labels, v4, v6 }: Guest): Promise<void> {
  const workload = { labels, addresses: [v4, v6], ...(host.managed && { host: host.name, mode: 'observe' }) };
  await controllerBody(controller, 'PUT', `/workloads/${name}`, workload);
}

async function untilConnected(controller: string, managed: readonly Host[], say: Say): Promise<void> {
  const deadline = Date.now() + connectSeconds * 1000;
  for (;;) {
    const connected = await connectedHosts(controller);
    const missing = managed.filter((host) => !connected.has(host.name)).map((host) => host.name);
    if (missing.length === 0) return say(`${managed.length} agents are connected`);
    if (Date.now() > deadline) throw new Error(`Cannot connect the agents of ${missing.join(', ')}: see their logs`);
    await delay(200);
  }
}

/** Reads what a list of hosts has in common whichever way it is wrapped. */
async function connectedHosts(controller: string): Promise<Set<string>> {
  const body = (await controllerBody(controller, 'GET', '/hosts?limit=500')) as { items?: HostEntry[] };
  return new Set((body.items ?? []).filter((host) => host.connected === true).flatMap((host) => host.name ?? []));
}

type HostEntry = { readonly name?: string; readonly connected?: boolean };
