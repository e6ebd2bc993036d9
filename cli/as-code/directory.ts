import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import {
  canonicalContent,
  type LabelAssignment,
  type PolicyContent,
  type PolicyFile,
} from '@bulkhead/model/policy-content.ts';
import { labelsFile } from '@bulkhead/model/policy-path.ts';
import { badInput } from '../failure.ts';
import { policyEndings, readInputs } from '../offline/read-inputs.ts';
import { readAssignments } from './labels-file.ts';
import { type Lock, readLock } from './lock.ts';
import { statOf, wrongPath } from './safe-path.ts';

/** A policy as it lies in a directory. */
export type PolicyDirectory = {
  /** Paths are relative to the directory. */
  readonly files: readonly PolicyFile[];
  /** Null: the directory says nothing of labels, they stay as they are. */
  readonly labels: readonly LabelAssignment[] | null;
  readonly lock: Lock | null;
};

/** Throws where something in it cannot be used. Files whose names are not those of policy count where they were pulled. */
export function readPolicyDirectory(directory: string): PolicyDirectory {
  if (statOf(directory) === null || !statSync(directory).isDirectory()) {
    const message = `Cannot read "${directory}": there is no such directory, one with policy files is needed`;
    throw badInput('no-such-file', message);
  }
  refuseLinks(directory);
  const lock = readLock(directory);
  if (lock !== null && lock.pending.length > 0) {
    const message = `Cannot read "${directory}": a pull into it ended half-way, a whole version is needed`;
    throw badInput('half-pulled', message, 'pull again: what it wrote is known as its own');
  }
  const pulled = [...(lock?.files.keys() ?? [])].filter((path) => path !== labelsFile && isThere(directory, path));
  const found = readFound(directory, lock);
  const known = new Set(found.map(({ path }) => path));
  const others = pulled.filter((path) => !known.has(path));
  const files = [...found, ...others.map((path) => ({ path, text: readFileSync(join(directory, path), 'utf8') }))];
  return { files, labels: readAssignments(directory), lock };
}

/** A directory that nothing was pulled into and that has no policy is a mistake; an empty policy is not. */
function readFound(directory: string, lock: Lock | null): readonly PolicyFile[] {
  if (lock !== null && !hasPolicyFiles(directory)) return [];
  return readInputs([directory]).map(({ file, text }) => ({ path: relative(directory, file), text }));
}

function isThere(directory: string, path: string): boolean {
  const wrong = wrongPath(directory, path);
  if (wrong === null) return statOf(join(directory, path)) !== null;
  throw badInput('unsafe-path', `Cannot read the policy file "${path}": ${wrong}, a file below it is needed`);
}

const isPolicyName = (name: string): boolean =>
  !name.startsWith('.') && policyEndings.some((ending) => name.endsWith(ending));

const hasPolicyFiles = (directory: string): boolean =>
  readdirSync(directory, { withFileTypes: true, recursive: true }).some(
    (entry) => entry.isFile() && isPolicyName(entry.name) && !isHidden(directory, entry.parentPath),
  );

const isHidden = (directory: string, path: string): boolean =>
  relative(directory, path)
    .split('/')
    .some((part) => part.startsWith('.'));

/** What a link leads to may lie outside, and would be read on whatever machine looks at the directory. */
function refuseLinks(directory: string): void {
  const entries = readdirSync(directory, { withFileTypes: true, recursive: true });
  const link = entries.find(
    (entry) => entry.isSymbolicLink() && !isHidden(directory, join(entry.parentPath, entry.name)),
  );
  if (link === undefined) return;
  const path = join(link.parentPath, link.name);
  throw badInput('is-a-link', `Cannot read "${path}": it is a link, a policy directory of files alone is needed`);
}

export const contentHash = (content: PolicyContent): string =>
  createHash('sha256').update(canonicalContent(content)).digest('hex');
