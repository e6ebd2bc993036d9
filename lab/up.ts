import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { identify, isAlive, type ProcessIdentity } from '@bulkhead/sensors/procfs/process-identity.ts';
import { ask, openControl, type Reply } from './control-client.ts';
import { labLog, repository } from './site.ts';

export type UpOptions = {
  readonly file: string;
  readonly run: string;
  readonly cgroup: string;
  /** `owned`: the estate ends with this process. `detached`: it stays until `down`. */
  readonly watch: 'owned' | 'detached';
  readonly controllerSocket: string | null;
  readonly agentsSocket: string | null;
  /** Ends an owned estate, also one that is still starting. */
  readonly stop: AbortSignal;
  readonly say: (progress: string) => void;
};

export type Up =
  | { readonly kind: 'already' }
  | { readonly kind: 'failed'; readonly message: string }
  /** `ended` resolves when the estate and everything it left are gone. */
  | { readonly kind: 'up'; readonly result: unknown; readonly ended: Promise<void> };

const socketSeconds = 15;

/** Brings an estate up in a run directory of its own, after removing what a crashed one may have left there. */
export async function up(options: UpOptions): Promise<Up> {
  if ((await openControl(options.run))?.destroy() !== undefined) return { kind: 'already' };
  if (starterAlive(options.run)) return { kind: 'failed', message: 'Cannot start the lab: another `lab up` is at it' };
  if (existsSync(options.run) || existsSync(options.cgroup)) {
    options.say('removing what an earlier lab left');
    clean(options.run, options.cgroup);
  }
  mkdirSync(`${options.run}/estate`, { recursive: true, mode: 0o700 });
  chmodSync(options.run, 0o700);
  mkdirSync(options.cgroup);
  copyFileSync(options.file, `${options.run}/lab.yaml`);
  const child = spawnEstate(options);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const end = (): void => void child.stdin?.end();
  options.stop.addEventListener('abort', end);
  const reply = await untilReady(options, child);
  if (reply?.ok === true) {
    if (options.watch === 'detached') child.unref();
    return { kind: 'up', result: reply.result, ended };
  }
  const log = logTail(options.run);
  end();
  await ended;
  if (options.stop.aborted) return { kind: 'failed', message: 'the lab was ended while it started' };
  const why = reply === null ? 'Cannot start the lab: it ended at once' : reply.problem.message;
  return { kind: 'failed', message: `${why}\n${log}` };
}

/** Ends what runs in the estate's cgroup and removes its directories. */
export function clean(run: string, cgroup: string): void {
  execFileSync('sh', [`${repository}/lab/clean.sh`, run, cgroup], { stdio: 'inherit' });
}

function spawnEstate(options: UpOptions): ChildProcess {
  const { run, cgroup, controllerSocket, agentsSocket, watch } = options;
  const file = `${run}/lab.yaml`;
  const site = { file, run, cgroup, repository, node: process.execPath, controllerSocket, agentsSocket };
  const command = [process.execPath, `${repository}/lab/supervisor.ts`, JSON.stringify(site)];
  const log = openSync(labLog(run), 'a', 0o600);
  const child = spawn('sh', [`${repository}/lab/estate.sh`, run, cgroup, watch, ...command], {
    detached: true,
    stdio: [watch === 'owned' ? 'pipe' : 'ignore', log, log],
    cwd: '/',
  });
  closeSync(log);
  const starter = child.pid === undefined ? null : identify(child.pid);
  writeFileSync(`${run}/estate.json`, JSON.stringify(starter));
  return child;
}

/** Follows the start; null when the estate ended before it said anything. Hands an owned estate's end on to its owner. */
async function untilReady(options: UpOptions, child: ChildProcess): Promise<Reply | null> {
  const socket = await untilControl(options.run, child);
  if (socket === null) return null;
  if (options.watch === 'owned') socket.once('close', () => child.stdin?.end());
  const reply = await ask(socket, { op: 'ready' }, options.say);
  if (options.watch === 'detached') socket.destroy();
  return reply;
}

async function untilControl(run: string, child: ChildProcess): Promise<Socket | null> {
  for (const deadline = Date.now() + socketSeconds * 1000; Date.now() < deadline; await delay(50)) {
    const socket = await openControl(run);
    if (socket !== null) return socket;
    if (child.exitCode !== null || !existsSync(labLog(run))) return null;
  }
  return null;
}

function starterAlive(run: string): boolean {
  try {
    const starter = JSON.parse(readFileSync(`${run}/estate.json`, 'utf8')) as ProcessIdentity | null;
    return starter !== null && isAlive(starter);
  } catch {
    return false;
  }
}

function logTail(run: string): string {
  try {
    return readFileSync(labLog(run), 'utf8').slice(-2000);
  } catch {
    return '';
  }
}
