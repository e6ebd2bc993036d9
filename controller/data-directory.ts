import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Makes the directory, its owner's alone, where it is not there; null, or why it cannot be used. */
export function makeDataDirectory(path: string): string | null {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory() === true) return null;
    if (stat !== undefined) return `Cannot keep data in "${path}": it is no directory, one is needed`;
    // One by one: in some file systems, /proc for one, making all of them at once never ends.
    const above = makeDataDirectory(dirname(resolve(path)));
    if (above !== null) return above;
    mkdirSync(path, { mode: 0o700 });
    return null;
  } catch (error) {
    return `Cannot keep data in "${path}": ${error instanceof Error ? error.message : String(error)}`;
  }
}
