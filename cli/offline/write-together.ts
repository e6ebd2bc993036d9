import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { badInput, cannot } from '../failure.ts';

export type NamedText = { readonly name: string; readonly text: string };

/** Refuses a folder that has one of the files already, before anything costs time. */
export function refuseExisting(folder: string, names: readonly string[]): void {
  const there = names.map((name) => join(folder, name)).filter((path) => existsSync(path));
  if (there.length === 0) return;
  const [so, needed] = ['there is one already', 'another folder is needed'];
  throw badInput('file-exists', `Cannot write "${there[0]}": ${so}, ${needed}`, '--force replaces it');
}

/** Writes all of the texts into the folder, or none: what was there before comes back where one cannot be written. */
export function writeTogether(folder: string, texts: readonly NamedText[]): void {
  const files = texts.map(({ name, text }) => {
    const path = join(folder, name);
    return { path, staged: `${path}.${process.pid}.new`, kept: `${path}.${process.pid}.old`, text };
  });
  const staged: string[] = [];
  try {
    mkdirSync(folder, { recursive: true });
    for (const { path } of files)
      if (existsSync(path) && !statSync(path).isFile()) throw new Error(`${path} is no file`);
    for (const file of files) {
      writeDurably(file.staged, file.text);
      staged.push(file.staged);
    }
    replaceAll(files);
  } catch (error) {
    const so = error instanceof Error ? error.message : String(error);
    throw cannot('cannot-write', `Cannot write to "${folder}": ${so}, a writable folder is needed`);
  } finally {
    for (const path of staged) rmSync(path, { force: true });
  }
}

type Staged = { readonly path: string; readonly staged: string; readonly kept: string };

function replaceAll(files: readonly Staged[]): void {
  const undo: (() => void)[] = [];
  try {
    for (const { path, staged, kept } of files) {
      const before = existsSync(path);
      if (before) renameSync(path, kept);
      if (before) undo.unshift(() => renameSync(kept, path));
      renameSync(staged, path);
      undo.unshift(() => rmSync(path, { force: true }));
    }
  } catch (error) {
    for (const step of undo) step();
    throw error;
  }
  for (const { kept } of files) rmSync(kept, { force: true });
}

function writeDurably(path: string, text: string): void {
  const out = openSync(path, 'wx', 0o644);
  try {
    writeFileSync(out, text);
    fsyncSync(out);
  } finally {
    closeSync(out);
  }
}
