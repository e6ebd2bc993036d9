import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from './temporary-directory.ts';

const helper = fileURLToPath(new URL('../../native/build/bulkhead-helper', import.meta.url));

/** Why a scenario with a real kernel cannot be run here, false where it can. */
export function missing(): string | false {
  if (process.getuid?.() !== 0) return 'needs root for a network namespace';
  if (spawnSync('nft', ['--version']).error !== undefined) return 'nft is not installed';
  if (!existsSync(helper)) return 'native/build/bulkhead-helper is not built';
  return spawnSync('unshare', ['-n', 'true']).status === 0 ? false : 'network namespaces cannot be made here';
}

/** What a scenario of this folder printed, run in a network namespace of its own. It is given a folder, then `words`. */
export async function runScenario(t: TestContext, name: string, ...words: readonly string[]): Promise<unknown> {
  const file = fileURLToPath(new URL(`./${name}-scenario.ts`, import.meta.url));
  // A clean environment: the agent must become small by itself.
  const { NODE_COMPILE_CACHE: _, ...env } = process.env;
  const child = spawn('unshare', ['-n', process.execPath, file, temporaryDirectory(t), ...words], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  let text = '';
  child.stdout.on('data', (piece) => {
    text += piece;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`the scenario ${name} ended with ${code}`);
  return JSON.parse(text);
}
