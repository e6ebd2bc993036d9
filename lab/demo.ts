import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { launchers, whenGone } from '@bulkhead/sensors/procfs/process-identity.ts';
import { controllerRequest } from './controller-request.ts';
import { type DemoController, logEnd, putDraft, startController } from './demo-controller.ts';
import { type DemoOptions, parseDemoOptions } from './demo-options.ts';
import { statusLine, whereToLook } from './demo-text.ts';
import { parseFile, printProblems } from './lab-input.ts';
import { defaultFile } from './options.ts';
import { missingRequirements } from './requirements.ts';
import { cgroupOf, repository } from './site.ts';

async function demo(options: DemoOptions): Promise<number> {
  mkdirSync(options.data, { recursive: true, mode: 0o700 });
  const stop = stopSignal();
  const started: Started = { controller: null, lab: null };
  try {
    await Promise.race([run(options, started), stop]);
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 3;
  } finally {
    say('ending, and removing everything this made');
    await end(started.lab);
    await started.controller?.end();
    if (options.temporary) rmSync(options.data, { recursive: true, force: true });
  }
}

type Started = { controller: DemoController | null; lab: ChildProcess | null };

/** Throws when a part of the demo ends by itself. */
async function run(options: DemoOptions, started: Started): Promise<void> {
  say('starting the controller');
  const controller = await startController(options, parseFile(defaultFile).lab);
  started.controller = controller;
  const estate = estateIsPossible(options);
  if (estate) {
    say('starting the estate: 14 hosts with daemons, agents and traffic');
    started.lab = startLab(options, controller);
    await untilUp(started.lab);
    await putDraft(controller.socket, 'shop', policyFiles());
  }
  process.stdout.write(whereToLook(options, controller.log, estate));
  if (options.exitAfterReady) return;
  const parts = [controller.ended.then(() => partEnded(controller)), untilEnd(started.lab).then(estateEnded)];
  await Promise.race([watch(controller), ...parts]);
}

function partEnded({ log }: DemoController): never {
  throw new Error(`the demo ends because its controller ended; the last it said:\n${logEnd(log)}`);
}

function estateEnded(): never {
  throw new Error('the demo ends because its estate ended; bulkhead lab down was called, or it was killed');
}

/** Says what is missing for the estate; the controller runs without it. */
function estateIsPossible(options: DemoOptions): boolean {
  const { lab, problems } = parseFile(defaultFile);
  const missing = lab === null ? problems : missingRequirements(lab, cgroupOf(options.run));
  if (missing.length > 0) {
    printProblems(missing, false);
    say('the controller runs alone: the demo estate needs what is named above');
  }
  return missing.length === 0;
}

/** The lab ends with this process: it watches its parent. */
function startLab(options: DemoOptions, controller: DemoController): ChildProcess {
  const sockets = ['--controller-socket', controller.socket, '--agents-socket', controller.agentsSocket];
  const words = [`${repository}/lab/main.ts`, 'up', '--foreground', '--run', options.run, ...sockets];
  return spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Resolves when every host and agent is there. */
function untilUp(lab: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    lab.once('exit', () => reject(new Error('Cannot start the estate: see above')));
    lab.stdout?.on('data', (text: Buffer) => {
      process.stdout.write(text);
      // An estate of somebody else's is left alone, and this child ends at once.
      if (text.includes('the lab is up')) resolve();
    });
  });
}

async function end(child: ChildProcess | null): Promise<void> {
  if (child === null) return;
  child.kill('SIGTERM');
  await untilEnd(child);
}

function untilEnd(child: ChildProcess | null): Promise<void> {
  if (child === null) return new Promise(() => {});
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

/** How it goes, every few seconds: on a terminal always in the last line, so that the address above stays in sight. */
async function watch(controller: DemoController): Promise<never> {
  for (; ; await delay(5000)) {
    const answer = await controllerRequest(controller.socket, 'GET', '/status').catch(() => null);
    if (answer?.status !== 200) continue;
    const line = `demo: ${statusLine(answer.body)}`;
    process.stdout.write(process.stdout.isTTY ? `\r\u001b[K${line.slice(0, process.stdout.columns - 1)}` : `${line}\n`);
  }
}

const policyFiles = (): string[] => {
  const folder = `${repository}/examples/policy`;
  return [...readdirSync(folder).map((name) => `${folder}/${name}`), `${repository}/examples/modes/test.yaml`];
};

/** Resolves when somebody wants the demo to end, or when those who started it are gone. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve());
    whenGone(launchers(process.pid), resolve);
  });
}

function say(text: string): void {
  process.stdout.write(`demo: ${text}\n`);
}

/** The program behind `npm start`: controller, estate and policy draft. Ends when any of them does. */
// Who reads may go before the demo does; ending in order matters more than being heard.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
const options = parseDemoOptions(process.argv.slice(2));
if ('text' in options) {
  process.stdout.write(options.text);
  process.exit(options.exit);
}
process.exit(await demo(options));
