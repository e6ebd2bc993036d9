import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { askController } from './control.ts';

const repository = join(import.meta.dirname, '..');
export const bulkhead = join(repository, 'bulkhead');
const run = '/run/bulkhead-lab-bench';

/** What a bench needs of GET /hosts. */
export type Host = {
  readonly name: string;
  readonly connected: boolean;
  readonly proven: boolean;
  readonly memory: { readonly agent: number; readonly helper: number } | null;
};

/** The running example estate with its controller; asked through the control socket and the lab's own commands. */
export type RunningEstate = {
  readonly controllerPid: number;
  readonly ask: <T>(method: string, path: string, body?: unknown) => Promise<T>;
  /** One connection from a lab host to another, whatever becomes of it. */
  readonly connect: (from: string, to: string, service: string) => Promise<void>;
  readonly hosts: () => Promise<readonly Host[]>;
};

/** Brings up controller and lab, and takes both down whatever happens. Both end with this process, even by SIGKILL. */
export async function withEstate<T>(
  say: (text: string) => void,
  work: (estate: RunningEstate) => Promise<T>,
): Promise<T> {
  const data = mkdtempSync(join(tmpdir(), 'bulkhead-bench-'));
  const children: ChildProcess[] = [];
  try {
    const controller = startBound([
      'up',
      '--data',
      data,
      '--listen',
      '127.0.0.1:0',
      '--listen-agents',
      `unix:${data}/agents.sock`,
      // All hosts at once: what is measured is how long that takes, not how long is waited on purpose.
      '--waves',
      'off',
    ]);
    children.push(controller);
    const estate = estateOf(data, controller.pid ?? 0);
    await until('the controller to answer', 60, () => estate.ask('GET', '/status'));
    say('the controller is up');
    const sockets = ['--controller-socket', `${data}/control.sock`, '--agents-socket', `${data}/agents.sock`];
    const lab = startBound(['lab', 'up', '--foreground', '--run', run, ...sockets]);
    children.unshift(lab);
    await untilSaid(lab, 'the lab is up');
    say('the lab is up');
    return await work(estate);
  } finally {
    for (const child of children) await end(child);
    rmSync(data, { recursive: true, force: true });
  }
}

/** What is missing for an estate; null when it can be started. */
export function whyNoEstate(): string | null {
  if (process.getuid?.() !== 0) return 'Cannot start the estate: not root, uid 0 is needed for network namespaces';
  return spawnSync('setpriv', ['--version']).status === 0
    ? null
    : 'Cannot start the estate: setpriv is missing, util-linux is needed';
}

/** Asks again every `pause` milliseconds until the answer is no exception and not null. */
export async function until<T>(what: string, seconds: number, ask: () => Promise<T | null>, pause = 100): Promise<T> {
  let last = '';
  for (const deadline = Date.now() + seconds * 1000; Date.now() < deadline; await sleep(pause)) {
    try {
      const answer = await ask();
      if (answer !== null) return answer;
    } catch (thrown) {
      last = thrown instanceof Error ? thrown.message : String(thrown);
    }
  }
  throw new Error(`Waited ${seconds} s for ${what}: ${last}`);
}

function estateOf(data: string, controllerPid: number): RunningEstate {
  const ask: RunningEstate['ask'] = (method, path, body) => askController(`${data}/control.sock`, method, path, body);
  return {
    controllerPid,
    ask,
    connect: (from, to, service) =>
      ended(spawn(bulkhead, ['lab', 'connect', from, to, service, '--run', run], { stdio: 'ignore' })),
    hosts: async () => (await ask<{ items: readonly Host[] }>('GET', '/hosts?limit=500')).items,
  };
}

/** `./bulkhead` with these words; the kernel ends it when this process is gone. */
export function startBound(words: readonly string[]): ChildProcess {
  return spawn('setpriv', ['--pdeathsig', 'TERM', bulkhead, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** All that it said until then; an exception when it ended first. */
export function untilSaid(child: ChildProcess, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stdout?.on('data', (part: Buffer) => {
      said = (said + part.toString()).slice(-4096);
      if (said.includes(text)) resolve(said);
    });
    child.once('exit', (code) => reject(new Error(`it ended with ${code} before it said "${text}": ${said}`)));
  });
}

export function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

export async function end(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM');
  await ended(child);
}

export const examplePolicy = (modes: 'test' | 'enforce'): { path: string; text: string }[] =>
  ['policy/guardrails.yaml', 'policy/ops.yaml', 'policy/shop.yaml', `modes/${modes}.yaml`].map((file) => ({
    path: file.slice(file.indexOf('/') + 1),
    text: readFileSync(join(repository, 'examples', file), 'utf8'),
  }));
