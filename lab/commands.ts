import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { identify, whenGone } from '@bulkhead/sensors/procfs/process-identity.ts';
import { askOnce } from './control-client.ts';
import { estateDocuments } from './estate-documents.ts';
import { type Parsed, parseFile, printProblems } from './lab-input.ts';
import type { Request } from './operations.ts';
import { defaultFile, type Options } from './options.ts';
import { formatAnswer, isYes } from './output.ts';
import { missingRequirements } from './requirements.ts';
import { runScenario } from './scenario.ts';
import { cgroupOf } from './site.ts';
import { synth } from './synth/synth.ts';
import { clean, up } from './up.ts';

/** Exit codes: 0 ok, 1 the answer is no, 2 bad input, 3 cannot reach or do. */
export type Command = (options: Options) => Promise<number>;

export const commands: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['up', upCommand],
  ['down', downCommand],
  ['estate', estateCommand],
  ['run', runCommand],
  ['synth', synth],
  ['status', request(() => ({ op: 'status' }))],
  ['traffic', request(({ reset }) => ({ op: 'traffic', reset }))],
  ['trigger', request(({ words: [job] }) => ({ op: 'trigger', job }))],
  ['attack', request(({ words: [kind, from] }) => ({ op: 'attack', kind, ...(from === undefined ? {} : { from }) }))],
  ['connect', request(({ words: [from, to, service], family }) => ({ op: 'connect', from, to, service, family }))],
  ['hold', request(holdRequest)],
  ['agent', request(({ words: [action, host] }) => ({ op: 'agent', action, host }))],
  ['run-on', request(({ words: [host, ...command] }) => ({ op: 'run-on', host, command }))],
]);

function holdRequest({ words, family }: Options): Request {
  const [first, second, third] = words;
  if (first === 'check' || first === 'close') return { op: 'hold', action: first, id: Number(second) };
  return { op: 'hold', action: 'open', from: first, to: second, service: third, family };
}

/** A command that is one question to the running lab. */
function request(build: (options: Options) => Request): Command {
  return async (options) => {
    const asked = build(options);
    const reply = await askOnce(options.run, asked);
    if (reply === null) return say(3, `Cannot reach the lab in ${options.run}: none is running, start it with lab up`);
    if (!reply.ok) return options.json ? print(2, JSON.stringify(reply.problem)) : say(2, reply.problem.message);
    const text = options.json ? `${JSON.stringify(reply.result)}\n` : formatAnswer(asked.op, reply.result);
    process.stdout.write(text);
    return isYes(asked.op, reply.result) ? 0 : 1;
  };
}

async function upCommand(options: Options): Promise<number> {
  const input = labOf(options);
  const cgroup = cgroupOf(options.run);
  const missing = input.lab === null ? [] : missingRequirements(input.lab, cgroup);
  const problems = [...input.problems, ...missing];
  if (problems.length > 0 || cgroup === null) {
    printProblems(problems, options.json);
    return missing.length > 0 ? 3 : 2;
  }
  const began = performance.now();
  const progress = (text: string): void => {
    if (!options.json) process.stderr.write(`${((performance.now() - began) / 1000).toFixed(1)} s  ${text}\n`);
  };
  const watch = options.foreground ? 'owned' : 'detached';
  const sockets = options.agents ? options : { controllerSocket: null, agentsSocket: null };
  const { controllerSocket, agentsSocket } = sockets;
  const outcome = await up({
    file: input.file,
    run: options.run,
    cgroup,
    watch,
    controllerSocket,
    agentsSocket,
    stop: watch === 'owned' ? ownersEnd() : new AbortController().signal,
    say: progress,
  });
  if (outcome.kind === 'already') return print(0, options.json ? '{"already":true}' : 'the lab is already up');
  if (outcome.kind === 'failed') return say(3, outcome.message);
  print(0, options.json ? JSON.stringify(outcome.result) : `the lab is up: ${input.lab?.hosts.length} hosts`);
  if (watch === 'detached') return 0;
  await outcome.ended;
  return 0;
}

/** Aborts when this process is asked to end or whoever started it is gone. */
function ownersEnd(): AbortSignal {
  const stop = new AbortController();
  const parent = identify(process.ppid);
  if (parent !== null) whenGone([parent], () => stop.abort());
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  return stop.signal;
}

async function downCommand(options: Options): Promise<number> {
  const cgroup = cgroupOf(options.run);
  if (process.getuid?.() !== 0) return say(3, 'Cannot end the lab: not root, uid 0 is needed');
  const reply = await askOnce(options.run, { op: 'down' });
  if (reply !== null) {
    // The estate's own cleaner is at work now; what it does not manage is done below.
    for (let i = 0; i < 300 && existsSync(options.run); i++) await delay(50);
  }
  const left = existsSync(options.run) || (cgroup !== null && existsSync(cgroup));
  if (left && cgroup !== null) clean(options.run, cgroup);
  const text = reply === null && !left ? 'no lab was up' : 'the lab is down';
  return print(0, options.json ? JSON.stringify({ down: true, was: reply !== null }) : text);
}

async function estateCommand(options: Options): Promise<number> {
  const { lab, problems } = labOf(options);
  if (lab === null) {
    printProblems(problems, options.json);
    return 2;
  }
  process.stdout.write(estateDocuments(lab));
  return 0;
}

async function runCommand(options: Options): Promise<number> {
  const [file] = options.words;
  if (file === undefined) return say(2, 'Cannot run a scenario: its file is needed');
  return runScenario(readFileSync(file, 'utf8'), file, options);
}

const labOf = (options: Options): Parsed => parseFile(options.words[0] ?? defaultFile);

function print(code: number, text: string): number {
  process.stdout.write(`${text}\n`);
  return code;
}

function say(code: number, text: string): number {
  process.stderr.write(`${text}\n`);
  return code;
}
