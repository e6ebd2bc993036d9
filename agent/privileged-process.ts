import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import type { BackEnd, Done } from '@bulkhead/enforce/back-end.ts';
import type { NameTable } from '@bulkhead/enforce/name-table.ts';
import { errorText } from './atomic-file.ts';
import { flowDestinations } from './flow-destinations.ts';
import type { FlowAccess, GuestKernels, HelperEvents, Privileged, RunningHelper } from './privileged.ts';

export type PrivilegedOptions = {
  readonly features: Privileged['features'];
  readonly kernel: BackEnd;
  readonly guests: GuestKernels;
  readonly names: NameTable;
  readonly flows: FlowAccess;
  readonly helper: string;
  readonly logGroup: number;
  readonly answerGroup: number;
};

/** The privileged calls made by this process itself. */
export function privilegedInProcess(options: PrivilegedOptions): Privileged {
  const { features, kernel, guests, names, flows, helper, logGroup, answerGroup } = options;
  return {
    features: () => attempt(features),
    kernel: failing(kernel),
    guests: { at: (place) => failing(guests.at(place)), places: () => attempt(() => guests.places()) },
    flows,
    startHelper: (events) => startHelper(helper, ['nflog', String(logGroup)], events),
    names,
    startAnswers: (events) => startHelper(helper, ['packets', String(answerGroup)], events),
    flowDestinations: () => flowDestinations(helper),
    startWatchdog: (seconds, script) => startWatchdog(helper, seconds, script),
  };
}

/** A back end's own work may meet a full disk or a lack of processes: a failure like any other of the host. */
function failing(kernel: BackEnd): BackEnd {
  return {
    replace: (ruleset, undo) => attempt(() => kernel.replace(ruleset, undo)),
    amend: (change, undo) => attempt(() => kernel.amend(change, undo)),
    settle: () => attempt(() => kernel.settle()),
    revert: (path) => attempt(() => kernel.revert(path)),
    held: () => attempt(() => kernel.held()),
    compare: (ruleset, depth) => attempt(() => kernel.compare(ruleset, depth)),
    glance: (ruleset, turn) => attempt(() => kernel.glance(ruleset, turn)),
    counts: () => attempt(() => kernel.counts()),
    remove: () => attempt(() => kernel.remove()),
    whoDrops: (flow, milliseconds) => attempt(() => kernel.whoDrops(flow, milliseconds)),
    others: () => attempt(() => kernel.others()),
  };
}

async function attempt<T>(call: () => Promise<Done<T>>): Promise<Done<T>> {
  try {
    return await call();
  } catch (error) {
    return { kind: 'failed', code: 'enforce-refused', message: `Cannot use the kernel: ${errorText(error)}` };
  }
}

/** Standard input is a pipe that nobody writes: its end tells the helper that we are gone. */
function startHelper(path: string, words: readonly string[], events: HelperEvents): RunningHelper {
  const child = spawn(path, words, { stdio: ['pipe', 'pipe', 'pipe'] });
  let why = 'ended';
  child.stdout.on('data', (bytes: Buffer) => events.bytes(bytes));
  child.stderr.on('data', (bytes: Buffer) => events.complaint(bytes.toString('utf8').trim().slice(0, 500)));
  child.on('error', (error) => {
    why = error.message;
    if (child.pid === undefined) events.ended(why);
  });
  child.on('close', (code, signal) => events.ended(signal === null ? `${why} with ${code}` : `${why} by ${signal}`));
  return { pid: child.pid ?? null, stop: () => child.kill('SIGTERM') };
}

/** Its first line says that nothing that happens to us can end it any more. */
function startWatchdog(path: string, seconds: number, script: string): Promise<Done<null>> {
  const words = ['watchdog', String(seconds), resolve(script)];
  const child = spawn(path, words, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  return new Promise((settle) => {
    const failed = (why: string) => {
      const message = `Cannot try a change out: the watchdog ${why}, "${path}" is needed`;
      settle({ kind: 'failed', code: 'enforce-missing', message });
    };
    child.on('error', (error) => failed(error.message));
    child.on('exit', (code) => failed(`ended with ${code}`));
    child.stdout.once('data', () => {
      settle({ kind: 'done', value: null });
      child.stdout.destroy();
      child.unref();
    });
  });
}
