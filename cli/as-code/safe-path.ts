import { lstatSync, type Stats } from 'node:fs';
import { join } from 'node:path';

/** The state of a directory, and where version control keeps what it would run: neither is policy. */
export const lockFile = '.bulkhead.json';
const reserved = /^(\.git|\.hg|\.svn|\.bulkhead\.json)$/i;

/**
 * Why a path that a controller or a file names may not be used below a directory; null: it may. What it leads through
 * must be directories, not links: a repository of others may hold a link to anywhere.
 */
export function wrongPath(directory: string, path: string): string | null {
  const parts = path.split('/');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (/[\u0000-\u001f\u007f\\]/.test(path)) return 'it has characters that paths do not have';
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return 'it leads out of the directory';
  if (parts.some((part) => reserved.test(part))) return 'that name is not for policy';
  const above = parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1));
  for (const folder of above) {
    const stat = statOf(join(directory, ...folder));
    if (stat !== null && !stat.isDirectory()) return `"${folder.join('/')}" is no directory`;
  }
  const stat = statOf(join(directory, ...parts));
  return stat === null || stat.isFile() ? null : 'what is there is no file';
}

/** Of the path itself, where it is a link; null: there is nothing. */
export function statOf(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
}
