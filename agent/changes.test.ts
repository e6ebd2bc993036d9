import assert from 'node:assert/strict';
import test from 'node:test';
import type { Address } from '@bulkhead/net/address.ts';
import type { RulesetDelta } from '@bulkhead/wire/messages.ts';
import fc from 'fast-check';
import { heldOf, judgeDelta, judgeRuleset } from './changes.ts';
import { delta, ruleset } from './testkit/rulesets.ts';

const held = ruleset(5);
const holder = { workload: 'web-1', ruleset: held };
const nobody = { workload: 'web-1', ruleset: null };
const next = ruleset(6, ['10.0.1.11', '10.0.1.12']);
const good = delta(held, next);
const peer = (address: string, identity = 1) => ({ address: address as Address, identity });
const codeOf = (judgement: ReturnType<typeof judgeDelta>) =>
  judgement.kind === 'accept' ? 'accept' : `${judgement.kind} ${judgement.code}`;

for (const [name, current, given, expected] of [
  ['the next generation', holder, next, 'accept'],
  ['the first one', nobody, ruleset(1), 'accept'],
  ['a generation far ahead', holder, ruleset(500), 'accept'],
  ['the same generation', holder, held, 'refuse old-generation'],
  ['the same generation with other content', holder, ruleset(5, []), 'refuse old-generation'],
  ['an older generation', holder, ruleset(4), 'refuse old-generation'],
  ["another host's", holder, { ...next, workload: 'db-1' }, 'refuse wrong-workload'],
  ["another host's first", nobody, { ...next, workload: 'db-1' }, 'refuse wrong-workload'],
] as const)
  test(`ruleset: ${name}: ${expected}`, () => assert.equal(codeOf(judgeRuleset(current, given)), expected));

const changed = (change: Partial<RulesetDelta>): RulesetDelta => ({ ...good, ...change });
const addresses = (added: ReturnType<typeof peer>[], removed: ReturnType<typeof peer>[]) =>
  changed({ addresses: { added, removed } });

for (const [name, current, given, expected] of [
  ['one address more', holder, good, 'accept'],
  ['one address less', { ...holder, ruleset: next }, delta(next, ruleset(7)), 'accept'],
  ['nothing but a number', holder, delta(held, ruleset(6)), 'accept'],
  ['nothing is held', nobody, good, 'again wrong-base'],
  ['another generation is held', { ...holder, ruleset: ruleset(4) }, good, 'again wrong-base'],
  ['another content is held', { ...holder, ruleset: ruleset(5, []) }, good, 'again wrong-base'],
  ['another revision is held', { ...holder, ruleset: { ...held, revision: 9 } }, good, 'again wrong-base'],
  ['an older generation', { ...holder, ruleset: ruleset(6) }, good, 'refuse old-generation'],
  ['an address that is there already', holder, addresses([peer('10.0.1.11')], []), 'again delta-mismatch'],
  ['an address that is not there', holder, addresses([], [peer('10.9.9.9')]), 'again delta-mismatch'],
  ['an address of another identity', holder, addresses([], [peer('10.0.1.11', 2)]), 'again delta-mismatch'],
  ['an identity nobody knows', holder, addresses([peer('10.0.1.12', 2)], []), 'again delta-mismatch'],
  ['one address twice', holder, addresses([peer('10.0.1.12'), peer('10.0.1.12')], []), 'again delta-mismatch'],
  ['another hash', holder, changed({ hash: held.hash }), 'again delta-hash'],
  ['other addresses than the hash says', holder, addresses([peer('10.0.1.13')], []), 'again delta-hash'],
] as const)
  test(`delta: ${name}: ${expected}`, () => assert.equal(codeOf(judgeDelta(current, given)), expected));

test('a delta comes to the same ruleset as the whole, in any order of addresses', () => {
  const someAddresses = fc.uniqueArray(
    fc.oneof(
      fc.nat(255).map((n) => `10.0.1.${n}`),
      fc.nat(255).map((n) => `fd00:1::${(n + 1).toString(16)}`),
    ),
    { maxLength: 8 },
  );
  const inOrder = (list: readonly string[]) =>
    [...list].sort((a, b) => Number(a.includes(':')) - Number(b.includes(':')) || value(a) - value(b));
  fc.assert(
    fc.property(someAddresses, someAddresses, (before, after) => {
      const [from, to] = [ruleset(1, inOrder(before)), ruleset(2, inOrder(after))];
      assert.deepEqual(judgeDelta({ workload: 'web-1', ruleset: from }, delta(from, to)), { kind: 'accept', next: to });
    }),
  );
});

const value = (address: string): number =>
  address.includes(':') ? Number.parseInt(address.split('::')[1] as string, 16) : Number(address.split('.')[3]);

test('what is held is told in three numbers', () =>
  assert.deepEqual(heldOf(held), { generation: 5, hash: held.hash, revision: 1 }));
