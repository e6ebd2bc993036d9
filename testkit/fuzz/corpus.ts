import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadDocuments } from '@bulkhead/model/load.ts';
import type { InputFile } from '@bulkhead/model/parse.ts';
import { hasErrors } from '@bulkhead/model/problem.ts';
import { parseAllDocuments } from 'yaml';
import type { Written } from '../written.ts';

/** Files that are sound together, and their documents as plain values. */
export type World = { readonly files: readonly InputFile[]; readonly documents: readonly Written[] };

/** `whole`: what belongs together; `single`: every document of those that is sound by itself. */
export type Corpus = { readonly whole: readonly World[]; readonly single: readonly World[] };

const repository = join(import.meta.dirname, '../..');
const folder = (path: string): readonly string[] =>
  readdirSync(join(repository, path)).map((name) => `${path}/${name}`);

/** What authors are shown: the example of every kind, the examples, and the documents of the command line's tests. */
export function readCorpus(): Corpus {
  const whole = [
    ['model/testdata/good.yaml'],
    [...folder('examples/estate'), ...folder('examples/policy'), 'examples/modes/enforce.yaml'],
    folder('cli/testdata/shop'),
  ].map((paths) => worldOf(paths.map((file) => ({ file, text: readFileSync(join(repository, file), 'utf8') }))));
  const texts = whole.flatMap(({ files }) => files.flatMap(({ text }) => parsed(text).map((one) => one.toString())));
  const single = [...new Set(texts)].map((text) => worldOf([{ file: 'single.yaml', text }]));
  return { whole, single: single.filter(({ files }) => !hasErrors(loadDocuments(files).problems)) };
}

const parsed = (text: string) => parseAllDocuments(text, { schema: 'core', version: '1.2' });

function worldOf(files: readonly InputFile[]): World {
  return { files, documents: files.flatMap(({ text }) => parsed(text).map((document) => document.toJS() as Written)) };
}
