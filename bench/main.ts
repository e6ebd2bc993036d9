/** `npm run bench -- NAME [--repeats N] [--sizes N,N] [--json] [--write]`: every bench is a file of this folder and a line of this table. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { enforce } from './enforce.ts';
import { type Bench, brokenPromise, type Figure, formatFigure } from './figure.ts';
import { flows } from './flows.ts';
import { history } from './history.ts';
import { live } from './live.ts';
import { describeMachine, type Machine } from './machine.ts';
import { policy } from './policy.ts';
import { provision } from './provision.ts';
import { withRows } from './rows.ts';
import { size } from './size.ts';
import { skeleton } from './skeleton.ts';
import { ui } from './ui.ts';

const benches: Readonly<Record<string, Bench>> = {
  enforce,
  flows,
  history,
  live,
  policy,
  provision,
  size,
  skeleton,
  ui,
};
const mostRepeats = 1000;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      repeats: { type: 'string' },
      sizes: { type: 'string' },
      json: { type: 'boolean' },
      write: { type: 'boolean' },
    },
  });
  const [name = ''] = positionals;
  const bench = Object.hasOwn(benches, name) ? benches[name] : undefined;
  if (bench === undefined) {
    const known = Object.entries(benches).map(([key, { about }]) => `  ${key.padEnd(10)} ${about}`);
    const message = `Cannot run bench "${name}": there is none of that name, choose one of`;
    process.stderr.write(`${[message, ...known].join('\n')}\n`);
    return 2;
  }
  const repeats = Number(values.repeats ?? bench.defaultRepeats);
  if (!Number.isInteger(repeats) || repeats < 1 || repeats > mostRepeats) {
    process.stderr.write(
      `Cannot use --repeats "${values.repeats}": a whole number from 1 to ${mostRepeats} is needed\n`,
    );
    return 2;
  }
  const sizes = values.sizes?.split(',').map(Number) ?? null;
  const machine = describeMachine(new Date());
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  say(`${name}: ${bench.about}\nmachine  ${machine.text}\ncommit   ${machine.commit}\nrepeats  ${repeats}\n`);
  const figures = await bench.run(repeats, say, { sizes });
  process.stdout.write(
    values.json ? `${JSON.stringify({ name, machine, figures })}\n` : asTable(name, figures, machine),
  );
  if (values.write && figures.length > 0) writeRows(asTable(name, figures, machine));
  const broken = figures.flatMap((figure) => brokenPromise(figure) ?? []);
  for (const text of broken) say(text);
  return broken.length > 0 ? 1 : figures.length === 0 ? 3 : 0;
}

/** Puts the rows in place of those of the same figures; new ones come last. */
function writeRows(table: string): void {
  const file = join(import.meta.dirname, 'README.md');
  writeFileSync(file, withRows(readFileSync(file, 'utf8'), table));
}

/** Rows of bench/README.md. */
function asTable(bench: string, figures: readonly Figure[], { text, commit, date }: Machine): string {
  return figures
    .map((figure) => `| ${bench}: ${figure.name} | ${formatFigure(figure)} | ${commit} | ${text} | ${date} |\n`)
    .join('');
}

process.exitCode = await main();
