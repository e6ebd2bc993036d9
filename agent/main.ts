import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { parseFlags, usage } from './flags.ts';

// Only what is needed to read the flags is imported before the cache is on: with it, the rest costs half the memory.
// The cache is in the data directory, which is root's alone, because what is in it is run.
const words = process.argv.slice(2);
if (words.includes('--help')) {
  process.stdout.write(usage);
} else {
  const flags = parseFlags(words);
  if (typeof flags === 'string') {
    process.stderr.write(`${flags}\n${usage}`);
    process.exitCode = 2;
  } else {
    enableCompileCache(join(flags.data, 'compile-cache'));
    const { run } = await import('./run.ts');
    process.exitCode = await run(flags);
  }
}
