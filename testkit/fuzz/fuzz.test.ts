import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadDocuments } from '@bulkhead/model/load.ts';
import { hasErrors } from '@bulkhead/model/problem.ts';
import { seededRandom } from '../random.ts';
import { readCorpus } from './corpus.ts';
import { fuzz } from './fuzz.ts';
import { judge } from './judge.ts';
import { breakers } from './mutate-documents.ts';

const corpus = readCorpus();
const worlds = [...corpus.whole, ...corpus.single];
const seed = 20_261_127;
const still = (): number => 0;

test('what is broken is sound before', () => {
  assert(corpus.single.length > 40, `${corpus.single.length}`);
  for (const { files, documents } of worlds) {
    const text = documents.map((document) => JSON.stringify(document)).join('\n---\n');
    for (const given of [files, [{ file: 'f.yaml', text }]]) assert(!hasErrors(loadDocuments(given).problems));
  }
});

test('every way to break documents has something to break', () => {
  for (const [name, breaker] of Object.entries(breakers))
    assert(
      worlds.some(({ documents }) => breaker(seededRandom(seed), documents) !== null),
      name,
    );
});

test(`2,000 broken inputs of seed ${seed} are taken as they should be`, () => {
  const { failures, tallies } = fuzz(corpus, { seed, first: 0, count: 2000 }, still);
  assert.deepEqual(failures, []);
  const { cases = 0, refused = 0 } = tallies.get('bytes') ?? {};
  assert(cases > 200 && refused > 50 && refused < cases, `${cases} ${refused}`);
});

test('an input depends on the seed and its number alone', () => {
  const counted = (first: number, count: number) => [...fuzz(corpus, { seed, first, count }, still).tallies];
  assert.deepEqual(counted(7, 1), counted(7, 1));
  assert.notDeepEqual(
    fuzz(corpus, { seed: 1, first: 0, count: 40 }, still),
    fuzz(corpus, { seed: 2, first: 0, count: 40 }, still),
  );
});

const sound = [{ file: 'f', text: '{kind: IpList, name: a, prefixes: []}' }];
const unsound = [{ file: 'f', text: '{kind: IpLst, name: a, prefixes: []}' }];
const ticks = (each: number): (() => number) => {
  let time = 0;
  return () => (time += each);
};

test('the judge complains of what it is there for', () => {
  const said = (files: typeof sound, codes: readonly string[] | null, now = still) =>
    judge({ files, codes, format: true }, now).complaint;
  assert.equal(said(sound, null), null);
  assert.equal(said(unsound, null), null);
  assert.equal(said(unsound, ['unknown-kind']), null);
  assert.match(said(sound, ['unknown-kind']) ?? '', /must be said, and nothing is/);
  assert.match(said(unsound, ['unknown-key']) ?? '', /must be said, and it is unknown-kind/);
  assert.match(said(sound, null, ticks(1001)) ?? '', /it takes 1001 ms/);
  assert.equal(said(sound, null, ticks(999)), null);
  const wrong = [
    {
      file: 'f',
      get text(): string {
        throw new Error('as a crash would');
      },
    },
  ];
  assert.match(said(wrong as unknown as typeof sound, null) ?? '', /it crashes: Error: as a crash would/);
});
