import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BackEnd } from '@bulkhead/enforce/back-end.ts';
import { errorText } from './atomic-file.ts';
import type { AgentDirectory } from './directory.ts';
import { readState } from './readiness.ts';

export type UninstallParts = {
  readonly directory: AgentDirectory;
  readonly kernel: Pick<BackEnd, 'remove' | 'others'>;
  /** Keys, certificate, rulesets and reports go too. */
  readonly purge: boolean;
  readonly isAlive: (pid: number) => boolean;
  /** Where units of this host's own are. */
  readonly units: string;
  /** Tells the service manager; false where there is none. */
  readonly manager: (...words: readonly string[]) => Promise<boolean>;
};

export type Uninstalled =
  | { readonly kind: 'done'; readonly removed: readonly string[]; readonly before: string; readonly after: string }
  | { readonly kind: 'refused' | 'failed'; readonly message: string };

const unitNames = ['bulkhead-agent.service', 'bulkhead-load.service'];

/**
 * Takes away exactly what is ours, and says by hashes that the rest of the firewall is what it was. Marks that flows carry
 * stay until these end; nobody reads them.
 */
export async function uninstall(parts: UninstallParts): Promise<Uninstalled> {
  const { directory, kernel, units, manager } = parts;
  const installed = unitNames.filter((name) => existsSync(join(units, name)));
  if (installed.length > 0) await manager('disable', '--now', ...installed);
  const running = readState(directory.state, parts.isAlive);
  if (running !== null) {
    const message = `Cannot uninstall: the agent runs as process ${running.pid}, end it first`;
    return { kind: 'refused', message };
  }
  const before = await kernel.others();
  if (before.kind === 'failed') return before;
  const gone = await kernel.remove();
  if (gone.kind === 'failed') return gone;
  const after = await kernel.others();
  if (after.kind === 'failed') return after;
  try {
    const removed = removeFiles(parts, installed);
    if (installed.length > 0) await manager('daemon-reload');
    return {
      kind: 'done',
      removed: ['table inet bulkhead', ...removed],
      before: sha256(before.value),
      after: sha256(after.value),
    };
  } catch (error) {
    return { kind: 'failed', message: `Cannot remove what is on disk: ${errorText(error)}, it is left there` };
  }
}

function removeFiles({ directory, units, purge }: UninstallParts, installed: readonly string[]): string[] {
  const paths = [...installed.map((name) => join(units, name)), ...(purge ? [directory.path] : [])];
  for (const path of paths) rmSync(path, { recursive: true, force: true });
  return paths;
}

export function tellSystemd(...words: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    execFile('systemctl', words, { timeout: 60_000 }, (error) => resolve(error === null));
  });
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
