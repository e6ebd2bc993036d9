import { argv, exit } from 'node:process';
import { commands } from './commands.ts';
import { helpText, parseOptions } from './options.ts';

// Who reads may go before a lab in the foreground does; ending in order matters more than being heard.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const parsed = parseOptions(argv.slice(2));
if (parsed.kind === 'bad') {
  process.stderr.write(`${parsed.message}\n`);
  exit(2);
}
const [name = 'help', ...words] = parsed.options.words;
if (name === 'help' || parsed.options.help) {
  process.stdout.write(helpText);
  exit(0);
}
const command = commands.get(name);
if (command === undefined) {
  process.stderr.write(`Cannot do "lab ${name}": no such command, see bulkhead lab --help\n`);
  exit(2);
}
try {
  exit(await command({ ...parsed.options, words }));
} catch (error) {
  process.stderr.write(`Cannot do "lab ${name}": ${error instanceof Error ? error.message : String(error)}\n`);
  exit(3);
}
