import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockFile } from '@bulkhead/model/policy-path.ts';
import { badInput } from '../failure.ts';
import { statOf } from './safe-path.ts';

/** What a directory came from, and every file that was written there, by the SHA-256 of its text. */
export type Lock = {
  readonly version: number;
  /** Of the content of that version. */
  readonly hash: string;
  readonly files: ReadonlyMap<string, string>;
};

const format = 1;

export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

export function lockText({ version, hash, files }: Lock): string {
  const listed = [...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, sha256]) => ({ path, sha256 }));
  return `${JSON.stringify({ format, version, hash, files: listed }, null, 2)}\n`;
}

/** Null: nothing was pulled into the directory. */
export function readLock(directory: string): Lock | null {
  const file = join(directory, lockFile);
  if (statOf(file)?.isFile() !== true) return null;
  const said = parse(readFileSync(file, 'utf8'));
  if (said?.format === format && isLock(said)) {
    return { version: said.version, hash: said.hash, files: new Map(said.files.map((one) => [one.path, one.sha256])) };
  }
  const isNewer = typeof said?.format === 'number' && said.format > format;
  const so = isNewer ? 'a newer bulkhead wrote it' : 'it is not what bulkhead policy pull writes';
  throw badInput(
    'bad-lock-file',
    `Cannot read "${file}": ${so}, one of this version is needed`,
    'pull again elsewhere',
  );
}

type Said = { readonly format?: unknown } & Readonly<Record<string, unknown>>;
type Written = {
  readonly version: number;
  readonly hash: string;
  readonly files: readonly { readonly path: string; readonly sha256: string }[];
};

function parse(text: string): Said | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Said) : null;
  } catch {
    return null;
  }
}

function isLock(said: Said): said is Said & Written {
  if (!Number.isSafeInteger(said.version) || typeof said.hash !== 'string' || !Array.isArray(said.files)) return false;
  return said.files.every((one: unknown) => {
    const { path, sha256 } = (one ?? {}) as Record<string, unknown>;
    return typeof path === 'string' && typeof sha256 === 'string';
  });
}
