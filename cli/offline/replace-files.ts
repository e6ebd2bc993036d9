import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { InputFile } from '@bulkhead/model/parse.ts';
import { badInput, cannot, Failure } from '../failure.ts';

type Ours = {
  /** Names that files of ours may have: of those that are not written again nothing stays. */
  readonly names: readonly string[];
  /** How the text of a file of ours begins. */
  readonly mark: string;
  readonly force: boolean;
};

/** Writes all files into the directory, or none. A file that is not ours is never replaced, one that is only by force. */
export function replaceFiles(directory: string, files: readonly InputFile[], ours: Ours): void {
  for (const name of ours.names) checkReplaceable(join(directory, name), ours);
  const staged = files.map(({ file, text }) => ({ path: join(directory, file), text }));
  const temporary = (path: string) => `${path}.${process.pid}.new`;
  try {
    mkdirSync(directory, { recursive: true });
    for (const { path, text } of staged) writeNew(temporary(path), text);
    for (const { path } of staged) renameSync(temporary(path), path);
    const kept = new Set(files.map(({ file }) => file));
    for (const name of ours.names) if (!kept.has(name)) rmSync(join(directory, name), { force: true });
  } catch (error) {
    for (const { path } of staged) rmSync(temporary(path), { force: true });
    const so = error instanceof Error ? error.message : String(error);
    throw cannot('cannot-write', `Cannot write into "${directory}": ${so}, a writable directory is needed`);
  }
}

function checkReplaceable(path: string, { mark, force }: Ours): void {
  const found = textAt(path);
  if (found === null) return;
  if (!found.startsWith(mark))
    throw badInput(
      'not-ours',
      `Cannot replace "${path}": it was not written by an export, another directory is needed`,
    );
  if (!force) throw badInput('file-exists', `Cannot replace "${path}": it is there already, --force is needed`);
}

/** Null: there is no such file. */
function textAt(path: string): string | null {
  if (!existsSync(path)) return null;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const so = error instanceof Error ? error.message : String(error);
    throw new Failure(`Cannot read "${path}": ${so}, a file is needed`, { code: 'cannot-read', exit: 3 });
  }
}

function writeNew(path: string, text: string): void {
  const out = openSync(path, 'wx');
  try {
    writeFileSync(out, text);
    fsyncSync(out);
  } finally {
    closeSync(out);
  }
}
