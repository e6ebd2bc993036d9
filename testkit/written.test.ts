import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Document } from '@bulkhead/model/documents.ts';
import { loadDocuments } from '@bulkhead/model/load.ts';
import { documentKinds } from '@bulkhead/model/parse.ts';
import { seededRandom } from './random.ts';
import { randomLanguage } from './random-language.ts';
import { asWritten, type Written } from './written.ts';

const yamlOf = (documents: readonly Written[]): string => documents.map((one) => JSON.stringify(one)).join('\n---\n');

function load(text: string, said: string): readonly Document[] {
  const { documents, problems } = loadDocuments([{ file: 'f', text }]);
  // Random modes may contradict each other; they are read all the same.
  const errors = problems.filter(({ severity, code }) => severity === 'error' && code !== 'mode-conflict');
  assert.deepEqual(errors, [], said);
  return documents;
}

/** Without what only the text says: places, and how a service was written. */
const bare = (documents: readonly Document[]): unknown =>
  JSON.parse(
    JSON.stringify(documents, (key, value) =>
      key === 'place' ? null : typeof value === 'bigint' ? `${value}` : value,
    ),
  );

test('the example of every kind is written as it was read', () => {
  const text = readFileSync(new URL('../model/testdata/good.yaml', import.meta.url), 'utf8');
  const documents = load(text, 'good.yaml');
  assert.deepEqual(bare(load(yamlOf(documents.map(asWritten)), 'written')), bare(documents));
});

test('property: what is written is read again', () => {
  const kinds = new Set<string>();
  for (let seed = 1; seed <= 60; seed++) {
    const documents = load(yamlOf(randomLanguage(seededRandom(seed))), `seed ${seed}`);
    for (const { kind } of documents) kinds.add(kind);
    assert.deepEqual(
      bare(load(yamlOf(documents.map(asWritten)), `seed ${seed} again`)),
      bare(documents),
      `seed ${seed}`,
    );
  }
  const never = documentKinds.filter((kind) => !kinds.has(kind));
  assert.deepEqual(never, ['LabelKey', 'Test'], 'kinds that no seed has');
});
