/** `npm run fuzz -- [--cases N] [--seed N] [--only INDEX]`: breaks the example documents and looks at how that is taken. */
import { parseArgs } from 'node:util';
import { readCorpus } from './corpus.ts';
import { fuzz, type Outcome } from './fuzz.ts';

/** Also of a seed: more bits than a generator keeps would be cut off without a word. */
const most = 2 ** 31 - 1;

function main(): number {
  const { values } = parseArgs({
    options: { cases: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string' } },
  });
  const [cases, seed] = [Number(values.cases ?? 100_000), Number(values.seed ?? Date.now() % 1_000_000)];
  const only = values.only === undefined ? null : Number(values.only);
  const numbers = [cases, seed, only ?? 0];
  if (!numbers.every((value) => Number.isInteger(value) && value >= 0 && value <= most) || cases === 0) {
    process.stderr.write(`Cannot use the numbers ${numbers.join(', ')}: whole ones up to ${most} are needed\n`);
    return 2;
  }
  const start = performance.now();
  const range = only === null ? { seed, first: 0, count: cases } : { seed, first: only, count: 1 };
  const outcome = fuzz(readCorpus(), range, processorTime);
  process.stdout.write(`${lines(outcome, seed).join('\n')}\n`);
  process.stdout.write(`seed ${seed}, ${Math.round((performance.now() - start) / 1000)} s\n`);
  return outcome.failures.length === 0 ? 0 : 1;
}

/** A machine that does something else as well is not a slow parser. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function lines({ failures, tallies }: Outcome, seed: number): readonly string[] {
  const rows = [...tallies]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([mutation, { cases, refused, slowest }]) => {
      const counts = `${String(cases).padStart(8)} cases ${String(refused).padStart(8)} refused`;
      return `${mutation.padEnd(28)}${counts}   slowest ${slowest.toFixed(0)} ms`;
    });
  const failed = failures.map(
    ({ index, mutation, complaint, text }) =>
      `--- ${mutation}, again with --seed ${seed} --only ${index}\n${text}\n${complaint}`,
  );
  return [
    ...failed,
    ...rows,
    failures.length === 0 ? 'nothing was taken wrongly' : `${failures.length} were taken wrongly`,
  ];
}

process.exitCode = main();
