import { parseFlags, usage } from './flags.ts';
import { runCached } from './run-cached.ts';

const words = process.argv.slice(2);
const flags = parseFlags(words);
if (words.includes('--help')) {
  process.stdout.write(usage);
} else if (typeof flags === 'string') {
  process.stderr.write(`${flags}\n${usage}`);
  process.exitCode = 2;
} else {
  process.exitCode = await runCached(flags);
}
