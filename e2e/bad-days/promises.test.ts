import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promises, promisesText } from './promises.ts';

const page = fileURLToPath(new URL('../../docs/bad-days.md', import.meta.url));

test('the page of bad days says what the scenarios print', () => {
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(page, promisesText());
  assert.equal(readFileSync(page, 'utf8'), promisesText());
});

for (const [name, day] of Object.entries(promises))
  test(`${name} says everything in one cell each`, () => {
    for (const text of Object.values(day)) assert.match(text, /^[^|\n]{3,260}$/);
  });
