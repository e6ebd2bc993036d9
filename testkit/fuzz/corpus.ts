import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InputFile } from '@bulkhead/model/parse.ts';
import { parseAllDocuments } from 'yaml';
import type { Written } from '../written.ts';

/** Files that are sound together, and their documents as plain values. */
export type World = { readonly files: readonly InputFile[]; readonly documents: readonly Written[] };

const repository = join(import.meta.dirname, '../..');
const folder = (path: string): readonly string[] =>
  readdirSync(join(repository, path)).map((name) => `${path}/${name}`);

/** What authors are shown: the example of every kind, the examples, and the documents of the command line's tests. */
export function readCorpus(): readonly World[] {
  return [
    ['model/testdata/good.yaml'],
    [...folder('examples/estate'), ...folder('examples/policy'), 'examples/modes/enforce.yaml'],
    folder('cli/testdata/shop'),
  ].map(readWorld);
}

function readWorld(paths: readonly string[]): World {
  const files = paths.map((file) => ({ file, text: readFileSync(join(repository, file), 'utf8') }));
  const documents = files.flatMap(({ text }) =>
    parseAllDocuments(text, { schema: 'core', version: '1.2' }).map((document) => document.toJS() as Written),
  );
  return { files, documents };
}
