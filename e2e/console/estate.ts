/** The lab estate and the controller that serves the console, both of this run alone. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Edge } from '@bulkhead/flows/edge.ts';
import { traces } from '../left-behind.ts';
import { answer, product, type Running, said, start, until } from '../scenario.ts';
import { endName, policyFiles, readShop } from '../shop.ts';

type HostRow = {
  readonly name: string;
  readonly connected: boolean;
  readonly generation: { readonly intended: number; readonly proven: number };
};
export type Connected = 'open' | 'closed' | 'filtered';
/** Names of lab hosts, and a service as `tcp/80`. */
export type Connection = { readonly from: string; readonly to: string; readonly service: string };

const managed = readShop().managed.size;
const data = mkdtempSync(join(tmpdir(), 'bulkhead-console-'));
const run = `/run/bulkhead-lab-console-${process.pid}`;
const machine = traces(run);
const log = join(data, 'controller.log');
const online = ['--data', data];
let controller: Running | null = null;
let address = '127.0.0.1:0';

/** A controller that knows of nothing yet; answers the one-time link. */
export async function bringUp(): Promise<URL> {
  await startController();
  const link = /https:\/\/\S+\/setup#\S+/.exec(readFileSync(log, 'utf8'))?.[0];
  if (link === undefined) throw new Error(`The controller printed no link: ${readFileSync(log, 'utf8')}`);
  address = new URL(link).host;
  return new URL(link);
}

export async function bringUpTheLab(): Promise<void> {
  const sockets = ['--controller-socket', `${data}/control.sock`, '--agents-socket', `${data}/agents.sock`];
  const estate = start(['lab', 'up', '--foreground', ...sockets, '--run', run], join(data, 'lab.log'));
  await said(estate, 'the lab is up', 120);
  machine.lookAround();
  await allProven();
}

/** At the address it had before. */
export async function startController(): Promise<void> {
  const { addresses, service } = readShop().control;
  const relays = addresses.flatMap((relay) => ['--lifeline-controller', `${relay}/${service.slice('tcp/'.length)}`]);
  const listen = ['--listen', address, '--listen-agents', `unix:${data}/agents.sock`, ...relays];
  controller = start(['up', ...online, ...listen], log);
  await until('the controller answers', async () => ((await product(['status', ...online])).code === 0 ? true : null));
}

export async function killController(): Promise<void> {
  const killed = controller?.process;
  killed?.kill('SIGKILL');
  await until('the controller to be dead', async () => (killed?.signalCode === 'SIGKILL' ? true : null));
}

/** Waits until every managed host holds, proven, what the controller intends. */
export function allProven(): Promise<true> {
  let rows: HostRow[] = [];
  return until(
    'every managed host to be proven',
    async () => {
      rows = await answer<HostRow[]>(['hosts', ...online]);
      const done = rows.filter(({ connected, generation: { proven, intended } }) => connected && proven === intended);
      return done.length === managed ? true : null;
    },
    { seconds: 60, seen: () => rows },
  );
}

/** Puts the example policy, enforced everywhere, into the draft. */
export async function putExamplePolicy(draft: string): Promise<void> {
  const folder = mkdtempSync(join(data, 'draft-'));
  for (const { path, text } of policyFiles('enforce')) writeFileSync(join(folder, path), text);
  await answer(['draft', 'put', draft, folder, ...online]);
}

export async function connect({ from, to, service }: Connection): Promise<Connected> {
  const ran = await product(['lab', 'connect', from, to, service, '--run', run, '--json']);
  return (JSON.parse(ran.stdout) as { state: Connected }).state;
}

export const scan = () => product(['lab', 'attack', 'scan', '--run', run, '--json'], { seconds: 120 });

export const edges = (): Promise<Edge[]> => answer<Edge[]>(['flows', ...online]);

/** The edge of the connection, once the controller has it in the state. */
export function edgeOf({ from, to, service }: Connection, latest: Edge['latest']): Promise<Edge> {
  let seen: Edge | undefined;
  return until(
    `${from} -> ${to} ${service} to be ${latest}`,
    async () => {
      const all = await edges();
      seen = all.find((edge) => endName(edge.from) === from && endName(edge.to) === to && edge.serviceText === service);
      return seen?.latest === latest ? seen : null;
    },
    { seconds: 20, seen: () => seen },
  );
}

/** The one-time link of somebody who may only look. */
export async function inviteViewer(name: string): Promise<string> {
  return (await answer<{ link: string }>(['user', 'invite', name, '--role', 'viewer', ...online])).link;
}

/** Answers what is left behind, which should be nothing. */
export async function takeDown(): Promise<string[]> {
  await product(['lab', 'down', '--run', run]);
  const ended = controller?.process;
  ended?.kill('SIGTERM');
  // What it writes on its way out would be left behind.
  const isGone = () => ended === undefined || ended.exitCode !== null || ended.signalCode !== null;
  await until('the controller to end', async () => (isGone() ? true : null));
  const left = machine.left();
  if (process.env.BULKHEAD_KEEP === undefined) rmSync(data, { recursive: true, force: true });
  return left;
}
