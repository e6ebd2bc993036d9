import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import {
  type NetworkNamespace,
  noNetworkNamespaces,
  openNetworkNamespace,
} from '@bulkhead/testkit/network-namespace.ts';
import { sampleContents, sampleGuests, sampleRuleset } from '../sample-rulesets.ts';
import { nftablesBackEnd } from './driver.ts';
import { heldNumbers } from './held-table.ts';
import { renderFull, renderTable } from './render.ts';

const regenerate = process.env.UPDATE_GOLDEN === '1';
const skip = await noNetworkNamespaces();

describe('rendered rulesets', () => {
  for (const [name, content] of Object.entries(sampleContents)) {
    test(`${name} is as reviewed`, () => {
      const file = new URL(`testdata/${name}.nft`, import.meta.url);
      const script = renderFull(sampleRuleset(content));
      if (regenerate) writeFileSync(file, script);
      assert.equal(script, readFileSync(file, 'utf8'));
    });
  }
});

test('a host with guests is as reviewed', () => {
  const file = new URL('testdata/guests.nft', import.meta.url);
  const script = renderTable(
    new Map([sampleContents.empty, ...sampleGuests].map((content, place) => [place, sampleRuleset(content)])),
  );
  if (regenerate) writeFileSync(file, script);
  assert.equal(script, readFileSync(file, 'utf8'));
});

test("a guest's ruleset alone is for its addresses", () => {
  const [guest] = sampleGuests;
  const script = renderFull(sampleRuleset(guest ?? assert.fail()));
  assert.match(script, /10\.88\.0\.2 : jump g1_to_a/);
  assert.doesNotMatch(script, /chain to_a/);
});

describe('the kernel holds what was rendered', { skip: skip ?? false }, () => {
  let namespace: NetworkNamespace;
  before(async () => {
    namespace = await openNetworkNamespace();
  });
  after(() => namespace.close());

  for (const [name, content] of Object.entries(sampleContents)) {
    test(`${name} is read back the same`, async () => {
      const backEnd = nftablesBackEnd({ command: [...namespace.enter, 'nft'] });
      const ruleset = sampleRuleset(content);
      assert.deepEqual(await backEnd.replace(ruleset), { kind: 'done', value: { retired: [] } });
      const same = { kind: 'done', value: { kind: 'same' } };
      assert.deepEqual(await backEnd.compare(ruleset, 'everything'), same);
      assert.deepEqual(await backEnd.compare(ruleset, 'structure'), same);
      const numbers = heldNumbers(ruleset, ruleset.generation, { place: 0, copy: 'a' });
      assert.equal(numbers.answers, name === 'names' ? 'copied' : undefined);
      assert.deepEqual(await backEnd.held(), { kind: 'done', value: numbers });
      assert.deepEqual(await backEnd.remove(), { kind: 'done', value: null });
      assert.deepEqual(await backEnd.held(), { kind: 'done', value: null });
    });
  }
});
