import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { controllerBody, controllerRequest } from './controller-request.ts';
import type { DemoOptions } from './demo-options.ts';
import type { Lab } from './lab-file.ts';
import { repository } from './site.ts';

const readySeconds = 60;

export type DemoController = {
  readonly socket: string;
  readonly agentsSocket: string;
  readonly log: string;
  /** Resolves when the controller has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Ends it; resolves when it and a temporary data directory are gone. */
  readonly end: () => Promise<void>;
};

/** Starts a controller that ends with this process, and waits until it answers. */
export async function startController(options: DemoOptions, lab: Lab | null): Promise<DemoController> {
  const { data, temporary, listen } = options;
  const [socket, agentsSocket, log] = [`${data}/control.sock`, `${data}/agents.sock`, `${data}/controller.log`];
  const program = [process.execPath, `${repository}/controller/main.ts`, 'up', '--data', data];
  const command = [...program, '--listen', listen, '--listen-agents', `unix:${agentsSocket}`, ...lifelines(lab)];
  const script = [`${repository}/lab/attended.sh`, temporary ? data : '', log];
  const child = spawn('sh', [...script, ...command], {
    detached: true,
    stdio: ['pipe', 'inherit', 'inherit', 'ignore', 'pipe'],
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const alive = child.stdio[4];
  const ended = new Promise<void>((resolve) => alive?.once('close', () => resolve()).once('error', () => {}));
  alive?.on('data', () => {});
  const end = async (): Promise<void> => {
    child.stdin?.end();
    await gone;
  };
  const controller = { socket, agentsSocket, log, ended, end };
  await untilAnswers(controller);
  return controller;
}

/** Hosts of the lab reach the controller by relays, which it cannot know of. */
function lifelines(lab: Lab | null): string[] {
  if (lab === null) return [];
  const { v4, v6, port } = lab.control;
  return [v4, v6].flatMap((address) => ['--lifeline-controller', `${address}/${port}`]);
}

async function untilAnswers({ socket, log, ended, end }: DemoController): Promise<void> {
  let running = true;
  void ended.then(() => {
    running = false;
  });
  for (const deadline = Date.now() + readySeconds * 1000; running && Date.now() < deadline; await delay(100)) {
    const answer = await controllerRequest(socket, 'GET', '/status').catch(() => null);
    if (answer?.status === 200) return;
  }
  const said = logEnd(log);
  await end();
  const hint = said.includes('EADDRINUSE') ? '\nhint: name another address: npm start -- --listen 127.0.0.1:9443' : '';
  throw new Error(`Cannot start the controller: ${running ? 'it does not answer' : 'it ended'}\n${said}${hint}`);
}

/** What the controller said last. */
export function logEnd(log: string): string {
  try {
    return readFileSync(log, 'utf8').slice(-2000).trimEnd();
  } catch {
    return 'nothing';
  }
}

/** Puts policy files into a draft of that name; provisions nothing. */
export async function putDraft(socket: string, name: string, files: readonly string[]): Promise<void> {
  const content = files.map((path) => ({ path: path.split('/').at(-1), text: readFileSync(path, 'utf8') }));
  await controllerBody(socket, 'PUT', `/drafts/${name}`, { files: content });
}
