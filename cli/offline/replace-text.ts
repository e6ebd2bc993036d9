import { closeSync, fsyncSync, openSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cannot } from '../failure.ts';

/**
 * Puts a text in the place of a file's: whole or not at all, with the rights that it had. A link stays a link to what
 * it leads to.
 */
export function replaceText(file: string, text: string): void {
  try {
    const path = realpathSync(file);
    replace(path, `${path}.${process.pid}.new`, text);
  } catch (error) {
    const so = error instanceof Error ? error.message : String(error);
    throw cannot('cannot-write', `Cannot write "${file}": ${so}, a writable file and folder are needed`);
  }
}

function replace(path: string, staged: string, text: string): void {
  try {
    const out = openSync(staged, 'wx', statSync(path).mode & 0o7777);
    try {
      writeFileSync(out, text);
      fsyncSync(out);
    } finally {
      closeSync(out);
    }
    renameSync(staged, path);
  } catch (error) {
    rmSync(staged, { force: true });
    throw error;
  }
}
