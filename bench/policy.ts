import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Bench, Figure } from './figure.ts';

type Size = { readonly workloads: number; readonly apps: number; readonly rules: number };

/** What is promised is promised for the last two. */
const sizes: readonly Size[] = [
  { workloads: 10_000, apps: 200, rules: 5500 },
  { workloads: 100_000, apps: 1000, rules: 55_000 },
  { workloads: 1_000_000, apps: 2000, rules: 100_000 },
];

/** Of the heap, in megabytes: what is promised for a million workloads, and no collection before there is something to collect. */
const limits = ['--max-old-space-size=6144', '--initial-old-space-size=1024', '--max-semi-space-size=64'];

/** A process of its own per size and repeat: memory is a figure, and no size warms up the code for the next. */
const program = join(import.meta.dirname, 'policy/measure.ts');

export const policy: Bench = {
  about: 'compile, changes to deltas and decisions on a company of 10,000, 100,000 and 1,000,000 workloads, one thread',
  defaultRepeats: 1,
  run: async (repeats, say, { sizes: chosen }) => {
    const figures: Figure[] = [];
    for (const size of sizes.filter(({ workloads }) => chosen?.includes(workloads) ?? true)) {
      const rounds: (readonly Figure[])[] = [];
      for (let repeat = 0; repeat < repeats; repeat++) {
        const words = [...limits, program, JSON.stringify({ ...size, seed: repeat + 1 })];
        const { stdout, stderr } = await promisify(execFile)(process.execPath, words, { maxBuffer: 2 ** 28 });
        if (stderr !== '') say(stderr.trimEnd());
        rounds.push(JSON.parse(stdout) as Figure[]);
        say(`${size.workloads} workloads: repeat ${repeat + 1} of ${repeats} done`);
      }
      figures.push(...joined(`${size.workloads} workloads`, rounds));
    }
    return figures;
  },
};

/** The values of all repeats under one name. */
function joined(of: string, rounds: readonly (readonly Figure[])[]): Figure[] {
  const [first = []] = rounds;
  return first.map((figure) => ({
    ...figure,
    name: `${of}: ${figure.name}`,
    values: rounds.flatMap((round) => round.find(({ name }) => name === figure.name)?.values ?? []),
  }));
}
