import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { InputFile } from '@bulkhead/model/parse.ts';
import { badInput } from '../failure.ts';

/** A named limit of the formats: bytes in one file. */
const fileLimit = 64 * 1024 * 1024;
const filesLimit = 10_000;
export const policyEndings = ['.yaml', '.yml', '.json'];

/**
 * The text of every given file, and of every YAML or JSON file under every given directory, in name order. A file
 * given by itself is read whatever its name; a file reached twice is read once.
 */
export function readInputs(paths: readonly string[]): readonly InputFile[] {
  const files = new Set(paths.flatMap((path) => listFiles(path)));
  if (files.size > filesLimit) {
    throw badInput(
      'too-many-files',
      `Cannot read "${paths.join(' ')}": ${files.size} files, at most ${filesLimit} can be read`,
    );
  }
  return [...files].map(readInput);
}

function listFiles(path: string): readonly string[] {
  const stat = statOf(path);
  if (stat === null) {
    throw badInput(
      'no-such-file',
      `Cannot read "${path}": there is no such file or directory, a YAML document is needed`,
    );
  }
  if (stat.isFile()) return [path];
  if (!stat.isDirectory()) {
    // A pipe might never say anything, and never end.
    throw badInput('not-a-file', `Cannot read "${path}": it is no file and no directory, a YAML document is needed`);
  }
  const found = walk(path);
  if (found.length > 0) return found;
  throw badInput(
    'no-documents',
    `Cannot read "${path}": no file in it ends in ${policyEndings.join(', ')}, a YAML document is needed`,
  );
}

/** Null: there is nothing, or nothing that can be followed. */
function statOf(path: string) {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

function walk(directory: string): readonly string[] {
  const entries = readdirSync(directory, { withFileTypes: true }).filter((entry) => !entry.name.startsWith('.'));
  const sorted = entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  return sorted.flatMap((entry) => {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return walk(path);
    return entry.isFile() && policyEndings.some((ending) => entry.name.endsWith(ending)) ? [path] : [];
  });
}

function readInput(file: string): InputFile {
  const { size } = statSync(file);
  if (size > fileLimit) {
    throw badInput('file-too-large', `Cannot read "${file}": ${size} bytes, at most ${fileLimit} can be read`);
  }
  return { file, text: readFileSync(file, 'utf8') };
}
