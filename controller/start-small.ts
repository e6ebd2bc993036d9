import { readdirSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';

/** How often this process has replaced itself: once to be small, once more when the cache was cold. */
const stageName = 'BULKHEAD_CONTROLLER_STAGE';
/** A young generation of 4 MB instead of 16: batches are short-lived and come in small numbers. */
const smallFlags = ['--max-semi-space-size=4', '--expose-gc'];
/** Every thread of the flow database would keep memory of its own. */
const smallEnvironment = { MALLOC_ARENA_MAX: '2' };

/**
 * Loads a module the small way: 320 MB under load become 260. Part of it is the compiler for TypeScript, which stays
 * in memory, once per thread, unless every module comes from Node's compile cache. The cache must be on before the
 * first module is read, so the process replaces itself, keeping its number, before it has opened anything. The cache
 * lies in the data directory, which is its owner's alone, because what is in it is run.
 */
export async function importSmall<T>(data: string, load: () => Promise<T>): Promise<T> {
  if (process.execve === undefined) return load();
  const stage = Number(process.env[stageName] ?? 0);
  const cache = process.env.NODE_COMPILE_CACHE ?? join(data, 'compile-cache');
  if (stage === 0) startAgain({ ...smallEnvironment, NODE_COMPILE_CACHE: cache, [stageName]: '1' });
  const before = countEntries(cache);
  const loaded = await load();
  flushCompileCache();
  if (stage === 1 && countEntries(cache) > before) startAgain({ [stageName]: '2' });
  delete process.env[stageName];
  return loaded;
}

/** Look at the heap so often; a collection of what the product holds takes well under a tenth of a second. */
const heapInterval = 10_000;
/** Garbage up to this much is left alone. */
const garbageAllowed = 32 << 20;

/**
 * V8 lets garbage lie while the machine has memory to spare: previews and compilations of sixty provisionings left
 * 370 MB resident where 200 were in use. So what has piled up is collected every now and then.
 */
export function keepHeapSmall(): void {
  const { gc } = globalThis;
  if (gc === undefined) return;
  let inUse = 0;
  const look = () => {
    if (process.memoryUsage().heapUsed < inUse + garbageAllowed) return;
    gc();
    inUse = process.memoryUsage().heapUsed;
  };
  setInterval(look, heapInterval).unref();
}

/** Does not return. */
function startAgain(more: Readonly<Record<string, string>>): void {
  const flags = process.execArgv.filter((flag) => !smallFlags.includes(flag));
  const words = [process.execPath, ...flags, ...smallFlags, ...process.argv.slice(1)];
  process.execve?.(process.execPath, words, { ...process.env, ...more });
}

function countEntries(directory: string): number {
  try {
    return readdirSync(directory, { recursive: true }).length;
  } catch {
    // There is none yet.
    return 0;
  }
}
