import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Where a file is prepared before it takes its place. */
export const stagedPath = (path: string): string => `${path}.next`;

/** Writes and syncs the next version beside the file, readable by its owner alone. Throws on a full disk. */
export function stageFile(path: string, text: string): void {
  const file = openSync(stagedPath(path), 'w', 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** The staged version takes its place, whole, and the rename itself is on disk when this returns. */
export function commitFile(path: string): void {
  renameSync(stagedPath(path), path);
  syncDirectory(path);
}

function syncDirectory(path: string): void {
  const directory = openSync(dirname(path), 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

export function writeFileAtomically(path: string, text: string): void {
  stageFile(path, text);
  commitFile(path);
}

/** Gone, and on disk so, when this returns; one that is not there is gone. */
export function removeFile(path: string): void {
  rmSync(path, { force: true });
  syncDirectory(path);
}

/** Whole or not at all for a reader and after a kill; a power cut may bring the older version back. */
export function replaceFile(path: string, text: string): void {
  writeFileSync(stagedPath(path), text, { mode: 0o600 });
  renameSync(stagedPath(path), path);
}

/** Null when there is no such file; other failures throw, because an unreadable file is not an absent one. */
export function readFileIfPresent(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

export const errorCode = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
export const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error));
