import assert from 'node:assert/strict';
import { test } from 'node:test';
import { draftSearch, previewSearch, versionSearch } from './search.ts';

for (const [said, expected] of [
  [{}, {}],
  [
    { show: 'tests', as: 'intended' },
    { show: 'tests', as: 'intended' },
  ],
  [{ show: 'text', as: 'both', more: 1 }, {}],
  [{ show: ['tests'] }, {}],
] as const)
  test(`a preview is shown as ${JSON.stringify(said)} says`, () => assert.deepEqual(previewSearch(said), expected));

for (const [said, expected] of [
  [
    { show: 'text', with: 3 },
    { show: 'text', with: 3 },
  ],
  [{ with: 0 }, { with: 0 }],
  [{ with: '3' }, {}],
  [{ with: -1 }, {}],
  [{ with: 1.5, show: 'tests' }, {}],
] as const)
  test(`a version is shown as ${JSON.stringify(said)} says`, () => assert.deepEqual(versionSearch(said), expected));

for (const [said, expected] of [
  [
    { file: 'shop.yaml', line: 3 },
    { file: 'shop.yaml', line: 3 },
  ],
  [{ file: 7, line: '3' }, {}],
] as const)
  test(`a draft is opened as ${JSON.stringify(said)} says`, () => assert.deepEqual(draftSearch(said), expected));
