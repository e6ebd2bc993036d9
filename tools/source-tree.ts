import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The repository this file lies in. */
export const repository = join(import.meta.dirname, '..');

export type SourceFile = { readonly path: string; readonly text: string };

const skipped = new Set(['node_modules', 'testdata', 'build', 'dist']);

/** Whatever holds code that could import, also what nobody writes here and somebody may bring. */
export const codeEndings: readonly string[] = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs'];

/** Every file under `root` whose name ends in one of `endings`, sorted, paths relative to `root`. */
export function readSources(root: string, endings: readonly string[]): readonly SourceFile[] {
  const entries = readdirSync(root, { withFileTypes: true }).filter((entry) => !isSkipped(entry.name));
  const nested = entries.flatMap((entry) => {
    const path = join(root, entry.name);
    if (entry.isDirectory())
      return readSources(path, endings).map((file) => ({ ...file, path: join(entry.name, file.path) }));
    if (!entry.isFile() || !endings.some((ending) => entry.name.endsWith(ending))) return [];
    return [{ path: entry.name, text: readFileSync(path, 'utf8') }];
  });
  return nested.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Tests, and the contract suites, fixtures and test tools that only tests import. */
export function isTestFile(path: string): boolean {
  return /\.test\.ts$|(^|[/-])(contract|testkit|fixtures?)\.ts$/.test(path);
}

function isSkipped(name: string): boolean {
  return skipped.has(name) || (name.startsWith('.') && name !== '.ci');
}

/** Prints what was found and ends with 1 when there is anything, or when nothing was looked at. */
export function report(what: string, looked: number, complaints: readonly string[]): void {
  for (const complaint of complaints) console.log(complaint);
  // A check that silently sees no files passes for ever.
  if (looked === 0) console.log(`Cannot check ${what}: no files were found`);
  console.log(`${what}: ${looked} files, ${complaints.length} complaints`);
  process.exitCode = looked === 0 || complaints.length > 0 ? 1 : 0;
}
