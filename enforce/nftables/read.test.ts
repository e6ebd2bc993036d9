import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sampleContents, sampleRuleset } from '../sample-rulesets.ts';
import { readCounts } from './counters.ts';
import { readTable } from './read.ts';
import { verify } from './verify.ts';

const ruleset = sampleRuleset(sampleContents.enforced);

for (const json of ['', '{', 'null', '[]', '{}', '{"nftables":{}}', '"nftables"']) {
  test(`${JSON.stringify(json)} is no listing`, () => {
    assert.equal(readTable(json), null);
    assert.equal(readCounts(json), null);
    assert.equal(verify({ ruleset, json, depth: 'everything' }).kind, 'differs');
  });
}

test('no listing of something else is taken for ours, and none ends in an exception', () => {
  const entry = fc.oneof(
    fc.jsonValue(),
    fc.record({ map: fc.record({ name: fc.string(), type: fc.jsonValue(), elem: fc.jsonValue() }) }),
    fc.record({
      rule: fc.record({ chain: fc.constantFrom('held', 'input'), comment: fc.jsonValue(), expr: fc.jsonValue() }),
    }),
    fc.record({ chain: fc.record({ name: fc.constantFrom('held', 'input'), hook: fc.jsonValue() }) }),
  );
  fc.assert(
    fc.property(fc.array(entry), (nftables) => {
      const json = JSON.stringify({ nftables });
      assert.equal(verify({ ruleset, json, depth: 'everything' }).kind, 'differs');
    }),
  );
});

const unprintable = { toString: '', valueOf: '' };
const strange: readonly object[] = [
  { map: { name: '', type: unprintable } },
  {
    map: {
      name: '',
      type: [unprintable],
      map: unprintable,
      flags: [unprintable],
      elem: [[[unprintable], [unprintable]]],
    },
  },
  { map: { name: '', type: '', elem: [[{ prefix: { addr: unprintable } }, { goto: { target: unprintable } }]] } },
  { map: { name: '', type: '', elem: [[{ range: [unprintable] }, { jump: { target: unprintable } }]] } },
  { map: { name: '', type: '', elem: [[{ concat: [[unprintable]] }, '']] } },
  { chain: { name: unprintable, hook: 'input', prio: unprintable, policy: unprintable } },
  { counter: { name: unprintable, packets: unprintable } },
  { rule: { chain: unprintable } },
  { set: { name: [unprintable] } },
];
for (const item of strange)
  test(`${JSON.stringify(item)} is read, as something else`, () => {
    const json = JSON.stringify({ nftables: [item] });
    assert.equal(verify({ ruleset, json, depth: 'everything' }).kind, 'differs');
    assert.deepEqual(readCounts(json), []);
  });

test('decision counters are told from others', () => {
  const counter = (name: string) => ({ counter: { name, packets: 3, bytes: 180 } });
  const names = [
    'c_in_0123456789abcdef',
    'c_out_0123456789abcdef',
    'invalid_in',
    'c_in_',
    'c_in_0123456789ABCDEF',
    'x',
  ];
  assert.deepEqual(readCounts(JSON.stringify({ nftables: names.map(counter) })), [
    { name: 'c_in_0123456789abcdef', packets: 3 },
    { name: 'c_out_0123456789abcdef', packets: 3 },
  ]);
});
