import { lstatSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { labelsFile, wrongPolicyPath } from '@bulkhead/model/policy-path.ts';

/**
 * Why a path that a controller or a file names may not be used below a directory; null: it may. What it leads through
 * must be directories, not links: a repository of others may hold a link to anywhere.
 */
export function wrongPath(directory: string, path: string): string | null {
  const wrong = path === labelsFile ? null : wrongPolicyPath(path);
  if (wrong !== null) return wrong;
  const parts = path.split('/');
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
