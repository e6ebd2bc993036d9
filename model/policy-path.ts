import { utf8Length } from './utf8.ts';

/** The state of a policy directory, beside its files. */
export const lockFile = '.bulkhead.json';
/** Beside the policy in its directory: the labels that people have assigned. */
export const labelsFile = 'labels.txt';

/** Characters. */
export const policyPathLimit = 500;
/** Bytes of a name: file systems take 255, and what is written beside a file for a moment is named after it. */
const nameByteLimit = 240;

/** Where version control keeps what it would run, and the state of the directory: neither is policy. */
const reserved = /^(\.git|\.hg|\.svn|\.bulkhead\.json)$/i;
/** Control and format characters, separators of lines, half of a pair, and the separator of other systems. */
const forbidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\\]/u;

/**
 * Why a policy file cannot have the path, which is relative and has slashes: it could not be written below a directory,
 * or would not be seen for what it is. Null: it can.
 */
export function wrongPolicyPath(path: string): string | null {
  const parts = path.split('/');
  if (path.length > policyPathLimit) return `it has ${path.length} characters`;
  if (forbidden.test(path)) return 'it has characters that paths do not have';
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return 'it leads out of the directory';
  if (parts.some((part) => reserved.test(part))) return 'that name is not for policy';
  if (path === labelsFile) return 'label assignments are written to that name';
  const longest = Math.max(...parts.map(utf8Length));
  return longest > nameByteLimit ? `one of its names has ${longest} bytes` : null;
}

/** The paths of one policy that are wrong, and why; one that is a file and a folder at once is wrong as a file. */
export function wrongPolicyPaths(paths: readonly string[]): ReadonlyMap<string, string> {
  const folders = new Set(paths.flatMap(foldersOf));
  const wrong = new Map<string, string>();
  for (const path of paths) {
    const why = wrongPolicyPath(path) ?? (folders.has(path) ? 'another file lies below it' : null);
    if (why !== null) wrong.set(path, why);
  }
  return wrong;
}

function foldersOf(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}
