import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What this room reads a host through; null and empty where something is absent, gone, or not ours to read. */
export type FileTree = {
  readText(path: string): string | null;
  readLink(path: string): string | null;
  list(path: string): readonly string[];
};

/** Synchronous on purpose: /proc answers from memory, and a hop to a worker thread costs more than the read. */
export const hostFiles: FileTree = {
  readText: (path) => attempt(() => readFileSync(path, 'utf8')) ?? null,
  readLink: (path) => attempt(() => readlinkSync(path)) ?? null,
  list: (path) => attempt(() => readdirSync(path)) ?? [],
};

/** A file tree from memory: paths to texts; a value that starts with `-> ` is a link. */
export function fakeFiles(entries: Readonly<Record<string, string>>): FileTree {
  return {
    readText: (path) => entries[path] ?? null,
    readLink: (path) => (entries[path]?.startsWith('-> ') ? (entries[path]?.slice(3) ?? null) : null),
    list: (path) => [
      ...new Set(
        Object.keys(entries)
          .filter((name) => name.startsWith(`${path}/`))
          .map((name) => name.slice(path.length + 1).split('/')[0] as string),
      ),
    ],
  };
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    // Processes end while they are looked at; what is gone is not listed.
    return undefined;
  }
}
