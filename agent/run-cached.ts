import { mkdirSync, readdirSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { errorText } from './atomic-file.ts';
import type { Flags } from './flags.ts';

/** How often this process has replaced itself: once to be small, once more when the cache was cold. */
const stageName = 'BULKHEAD_AGENT_STAGE';
/** A young generation of 1 MB instead of 16: an agent makes little garbage and lives long. */
const smallFlags = ['--max-semi-space-size=1', '--optimize-for-size'];
const smallEnvironment = { MALLOC_ARENA_MAX: '1', UV_THREADPOOL_SIZE: '2' };

/**
 * Runs the agent small: 125 MB become 75. Most of it is the compiler for TypeScript, which stays in memory unless every
 * module comes from Node's compile cache. The cache must be on before the first module is read and warm when the last
 * one is, so a process that finds it otherwise replaces itself, keeping its number, before it has done anything. The
 * directory is in the data directory, which is root's alone, because what is in it is run; whoever starts many agents
 * may share one by NODE_COMPILE_CACHE.
 */
export async function runCached(flags: Flags): Promise<number> {
  const stage = Number(process.env[stageName] ?? 0);
  if (flags.task !== 'run' || process.execve === undefined) return (await import('./run.ts')).run(flags);
  const problem = makeDirectory(flags.data);
  if (problem !== null) {
    process.stderr.write(`${problem}\n`);
    return 3;
  }
  const cache = process.env.NODE_COMPILE_CACHE ?? join(flags.data, 'compile-cache');
  if (stage === 0) startAgain({ ...smallEnvironment, NODE_COMPILE_CACHE: cache, [stageName]: '1' });
  const before = countEntries(cache);
  const { run } = await import('./run.ts');
  flushCompileCache();
  if (stage === 1 && countEntries(cache) > before) startAgain({ [stageName]: '2' });
  return run(flags);
}

function makeDirectory(path: string): string | null {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return null;
  } catch (error) {
    const hint = process.getuid?.() === 0 ? 'another --data DIR is needed' : 'the agent has to run as root';
    return `Cannot start the agent: its directory "${path}" cannot be made: ${errorText(error)}; ${hint}`;
  }
}

/** Does not return. */
function startAgain(more: Readonly<Record<string, string>>): void {
  const words = [process.execPath, ...smallFlags, ...process.argv.slice(1)];
  process.execve?.(process.execPath, words, { ...process.env, ...more });
}

function countEntries(directory: string): number {
  try {
    return readdirSync(directory, { recursive: true }).length;
  } catch {
    return 0;
  }
}
