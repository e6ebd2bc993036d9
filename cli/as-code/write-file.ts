import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { cannot } from '../failure.ts';

/** Whole or not at all, with the directories that it lies in. */
export function writeWhole(path: string, text: string): void {
  const staged = `${path}.${process.pid}.new`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(staged, text, { flag: 'wx' });
    renameSync(staged, path);
  } catch (error) {
    rmSync(staged, { force: true });
    const so = error instanceof Error ? error.message : String(error);
    throw cannot('cannot-write', `Cannot write "${path}": ${so}, a writable directory is needed`);
  }
}
