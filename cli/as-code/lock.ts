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
  /** What a pull is about to write, until all of it is: where it ended half-way, old and new are ours. Empty: it is done. */
  readonly pending: readonly Hashed[];
};

/** `sha256` is empty where there is no file. */
export type Hashed = { readonly path: string; readonly sha256: string };

const format = 1;

export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

export function lockText({ version, hash, files, pending }: Lock): string {
  const said = { format, version, hash, files: listOf(files), ...(pending.length > 0 && { pending }) };
  return `${JSON.stringify(said, null, 2)}\n`;
}

const listOf = (files: ReadonlyMap<string, string>): readonly Hashed[] =>
  [...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, sha256]) => ({ path, sha256 }));

const mapOf = (files: readonly Hashed[]): ReadonlyMap<string, string> =>
  new Map(files.map(({ path, sha256 }) => [path, sha256]));

/** Null: nothing was pulled into the directory. */
export function readLock(directory: string): Lock | null {
  const file = join(directory, lockFile);
  if (statOf(file)?.isFile() !== true) return null;
  const said = parse(readFileSync(file, 'utf8'));
  if (said?.format === format && isLock(said)) {
    const { version, hash, files, pending = [] } = said;
    return { version, hash, files: mapOf(files), pending };
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
  readonly files: readonly Hashed[];
  readonly pending?: readonly Hashed[];
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
  const { version, hash, files, pending = [] } = said;
  return Number.isSafeInteger(version) && typeof hash === 'string' && areHashed(files) && areHashed(pending);
}

const areHashed = (value: unknown): value is readonly Hashed[] =>
  Array.isArray(value) &&
  value.every((one: unknown) => {
    const { path, sha256 } = (one ?? {}) as Record<string, unknown>;
    return typeof path === 'string' && typeof sha256 === 'string';
  });
