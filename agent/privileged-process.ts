import { spawn } from 'node:child_process';
import type { BackEnd, Done } from '@bulkhead/enforce/back-end.ts';
import { errorText } from './atomic-file.ts';
import { connectionsOf } from './connections.ts';
import type { HelperEvents, Privileged, RunningHelper } from './privileged.ts';

export type PrivilegedOptions = {
  readonly kernel: BackEnd;
  readonly helper: string;
  readonly logGroup: number;
  readonly reversed: number;
};

/** The privileged calls made by this process itself. */
export function privilegedInProcess({ kernel, helper, logGroup, reversed }: PrivilegedOptions): Privileged {
  return {
    kernel: failing(kernel),
    connections: connectionsOf(helper),
    reversed,
    startHelper: (events) => startHelper(helper, logGroup, events),
  };
}

/** A back end's own work may meet a full disk or a lack of processes: a failure like any other of the host. */
function failing(kernel: BackEnd): BackEnd {
  return {
    replace: (ruleset) => attempt(() => kernel.replace(ruleset)),
    amend: (change) => attempt(() => kernel.amend(change)),
    held: () => attempt(() => kernel.held()),
    compare: (ruleset, depth) => attempt(() => kernel.compare(ruleset, depth)),
    counts: () => attempt(() => kernel.counts()),
    remove: () => attempt(() => kernel.remove()),
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
function startHelper(path: string, logGroup: number, events: HelperEvents): RunningHelper {
  const child = spawn(path, ['nflog', String(logGroup)], { stdio: ['pipe', 'pipe', 'pipe'] });
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
