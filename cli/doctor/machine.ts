import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, statfsSync } from 'node:fs';

/** What the checks may look at on this machine; a test gives one made of texts. */
export type Machine = {
  readonly userId: number;
  /** A small file's text; null when it cannot be read. */
  readonly read: (path: string) => string | null;
  readonly isExecutable: (path: string) => boolean;
  /** Standard output of a program that ended well; null when it is not there or failed. Argument vectors, never a shell. */
  readonly run: (program: string, args: readonly string[]) => string | null;
  /** Bytes free to an ordinary user on the file system of the nearest directory that exists. */
  readonly freeBytes: (path: string) => number | null;
};

const patienceMs = 10_000;
const outputLimit = 64 * 1024 * 1024;

export function thisMachine(): Machine {
  return {
    userId: process.getuid?.() ?? -1,
    read: (path) => orNull(() => readFileSync(path, 'utf8')),
    isExecutable: (path) => orNull(() => accessSync(path, constants.X_OK) ?? true) === true,
    run: (program, args) =>
      orNull(() =>
        execFileSync(program, args, {
          encoding: 'utf8',
          timeout: patienceMs,
          maxBuffer: outputLimit,
          stdio: ['ignore', 'pipe', 'ignore'],
          // Where nft and its like are, which ordinary users do not search.
          env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
        }),
      ),
    freeBytes: (path) => orNull(() => freeBytes(path)),
  };
}

function freeBytes(path: string): number {
  let directory = path;
  while (directory !== '/' && !existsSync(directory)) directory = directory.slice(0, directory.lastIndexOf('/')) || '/';
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize;
}

function orNull<T>(attempt: () => T): T | null {
  try {
    return attempt();
  } catch {
    return null;
  }
}
