import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatProblem } from '@bulkhead/model/format-problem.ts';
import { mutateBytes, mutateTokens } from '@bulkhead/testkit/fuzz/mutate-text.ts';
import { type Random, seededRandom } from '@bulkhead/testkit/random.ts';
import type { Imported } from './import.ts';
import { importText, testdata } from './testkit.ts';

const sample = readFileSync(join(testdata, 'sample-cluster.yaml'), 'utf8');
const documents = sample.split('---\n');
const bad = readFileSync(join(testdata, 'bad-inputs.txt'), 'utf8')
  .split(/^==== .*\n/m)
  .slice(1);

/** How many broken inputs are tried; a long run sets more. */
const cases = Number(process.env.PROPERTY_RUNS ?? 1500);
const seed = Number(process.env.PROPERTY_SEED ?? 20_261_127);

function brokenText(random: Random): string {
  const source = random.chance(0.3) ? random.pick(bad) : random.some(documents, 1, 3).join('---\n');
  const text = random.chance(0.5) ? mutateTokens(random, source) : mutateBytes(random, source);
  return random.chance(0.2) ? mutateBytes(random, text) : text;
}

/** What is wrong with how an input was taken; null: nothing. */
function complaintAbout(text: string, { estate, policy, problems }: Imported): string | null {
  const refused = problems.some(({ severity }) => severity === 'error');
  if ((estate === null) !== refused || (policy === null) !== refused) return 'it is half imported';
  for (const problem of problems) {
    const { place, message } = problem;
    const line = place === null ? undefined : text.split('\n')[place.line - 1];
    if (place !== null && (line === undefined || place.column < 1 || place.column > line.length + 1))
      return `${problem.code} is at ${place.line}:${place.column}, which is not there`;
    if (!/^Cannot [^\n]+: [^\n]+, [^\n]+$/.test(message)) return `the message is ${message}`;
    if (/undefined|\[object|NaN/.test(formatProblem({ ...problem, place: null }).replaceAll(/"[^"]*"/g, '')))
      return `the message is broken: ${message}`;
  }
  return null;
}

test(`KI3 ${cases} broken inputs of seed ${seed} are imported or refused, and nothing crashes`, () => {
  let refused = 0;
  for (let index = 0; index < cases; index++) {
    const text = brokenText(seededRandom(seed + index));
    let imported: Imported;
    try {
      imported = importText(text);
    } catch (error) {
      assert.fail(`seed ${seed + index}: ${error instanceof Error ? error.stack : error}\n${text}`);
    }
    assert.equal(complaintAbout(text, imported), null, `seed ${seed + index}:\n${text}`);
    if (imported.estate === null) refused++;
  }
  assert.ok(refused > cases / 2 && refused < cases, `${refused} of ${cases} were refused`);
});
