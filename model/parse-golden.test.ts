import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { formatProblem } from './format-problem.ts';
import { loadDocuments } from './load.ts';

/** What an author sees for each file of mistakes. `UPDATE_GOLDEN=1` writes the expected texts anew. */
const folder = new URL('testdata/bad/', import.meta.url);
const regenerate = process.env.UPDATE_GOLDEN === '1';

function problemsOf(name: string): string {
  const { problems } = loadDocuments([{ file: name, text: readFileSync(new URL(name, folder), 'utf8') }]);
  return `${problems.map(formatProblem).join('\n')}\n`;
}

const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

for (const name of names)
  test(`problems of ${name}`, () => {
    const expected = new URL(name.replace('.yaml', '.txt'), folder);
    const problems = problemsOf(name);
    if (regenerate) writeFileSync(expected, problems);
    assert.equal(problems, readFileSync(expected, 'utf8'));
  });

test('there are files of mistakes', () => assert(names.length >= 8));
