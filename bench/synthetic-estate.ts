import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bulkhead, end, ended, startBound, untilSaid } from './estate.ts';

export type EstateSize = { readonly workloads: number; readonly apps: number; readonly edges: number };

export type SyntheticEstate = {
  /** `https://127.0.0.1:PORT` */
  readonly base: string;
  /** Path and secret of the page that makes the first account; works once. */
  readonly setup: string;
};

/** A controller with an estate that `lab synth` made, gone afterwards whatever happens. */
export async function withSyntheticEstate<T>(
  size: EstateSize,
  say: (text: string) => void,
  work: (estate: SyntheticEstate) => Promise<T>,
): Promise<T> {
  const data = mkdtempSync(join(tmpdir(), 'bulkhead-bench-'));
  const doors = ['--listen', '127.0.0.1:0', '--listen-agents', `unix:${data}/agents.sock`];
  const words = ['up', '--data', data, '--waves', 'off', ...doors];
  const controller = startBound(words);
  try {
    const said = await untilSaid(controller, '(works once)');
    const began = Date.now();
    await feed(data, size);
    say(`${size.workloads} workloads were fed in ${Math.round((Date.now() - began) / 1000)} s`);
    // What enrolment and reports set off is over, so that the controller leaves the machine to the browser.
    await sleep(quietMilliseconds);
    return await work(addressIn(said));
  } finally {
    await end(controller);
    rmSync(data, { recursive: true, force: true });
  }
}

const quietMilliseconds = 3000;

/** `--reporters 0`: as few sessions as the edges allow, for each costs the controller a compilation. */
async function feed(data: string, { workloads, apps, edges }: EstateSize): Promise<void> {
  const sizes = ['--workloads', `${workloads}`, '--apps', `${apps}`, '--edges', `${edges}`];
  const words = ['--pdeathsig', 'TERM', bulkhead, 'lab', 'synth', '--data', data, '--reporters', '0', ...sizes];
  const child: ChildProcess = spawn('setpriv', words, { stdio: ['ignore', 'ignore', 'inherit'] });
  await ended(child);
  if (child.exitCode !== 0) throw new Error(`Cannot feed ${workloads} workloads: lab synth exited ${child.exitCode}`);
}

export function addressIn(said: string): SyntheticEstate {
  const found = /(https:\/\/[\d.:]+)(\/setup#\S+)/.exec(said);
  if (found?.[1] === undefined || found[2] === undefined) throw new Error(`Cannot find the set-up link in "${said}"`);
  return { base: found[1], setup: found[2] };
}
