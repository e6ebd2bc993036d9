import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Address, addressFromBits } from '@bulkhead/net/address.ts';
import { parseServiceRange, type ServiceRange } from '@bulkhead/net/service-space.ts';
import type { HostRulesetContent } from './host-ruleset.ts';
import { beyondBudget, defaultSizeBudget, largestAddress, rulesetSize } from './host-ruleset-size.ts';

const service = (text: string): ServiceRange => parseServiceRange(text) ?? assert.fail(text);
const cell = { identity: 1, class: 1, decision: 0 };
const addresses = (family: 4 | 6, count: number) =>
  Array.from({ length: count }, (_, n) => ({ address: addressFromBits(family, BigInt(n + 1)), identity: 1 }));

const empty: HostRulesetContent = {
  ...{ identities: [], addresses: [], prefixes: [], classes: [], decisions: [] },
  ends: [{ addresses: [], inbound: { cells: [], miss: 0 }, outbound: { cells: [], miss: 0 } }],
};
const named = (name: string) => ({ ...empty, identities: [{ id: 1, name }] });
const cells = (count: number) => ({
  ends: [{ addresses: [], inbound: { cells: Array(count).fill(cell), miss: 0 }, outbound: { cells: [], miss: 0 } }],
});

/** What one more of each costs, in elements and in bytes of kernel memory. */
const cases: readonly (readonly [string, HostRulesetContent, HostRulesetContent, number, number])[] = [
  ['an address without a name', empty, { ...empty, addresses: addresses(4, 1000) }, 1000, 71],
  ['an address', named('role=web,app=x'), { ...named('role=web,app=x'), addresses: addresses(4, 1000) }, 1000, 103],
  ['an address of IPv6', named('x'.repeat(40)), { ...named('x'.repeat(40)), addresses: addresses(6, 1000) }, 1000, 135],
  [
    'a long name is cut',
    named('x'.repeat(900)),
    { ...named('x'.repeat(900)), addresses: addresses(4, 1000) },
    1000,
    199,
  ],
  ['a cell with a comment', named('role=web'), { ...named('role=web'), ...cells(1000) }, 1000, 103],
  ['a cell of very many', named('role=web'), { ...named('role=web'), ...cells(20_000) }, 20_000, 71],
];

test('what an element costs', () => {
  for (const [title, without, full, count, each] of cases) {
    const [less, more] = [rulesetSize(without), rulesetSize(full)];
    assert.equal(more.total - less.total, count, title);
    assert.equal((more.bytes - less.bytes) / count, each, title);
  }
});

test('no address costs more than what is reckoned with for those that come later', () => {
  for (const family of [4, 6] as const)
    for (const length of [0, 1, 40, 119, 120, 500]) {
      const base = named('x'.repeat(length));
      const grown = rulesetSize({ ...base, addresses: addresses(family, 100) }).bytes - rulesetSize(base).bytes;
      assert.ok(grown <= 100 * largestAddress, `IPv${family}, a name of ${length}: ${grown}`);
    }
});

test('services are counted as a kernel holds them: once per protocol with ports, together otherwise', () => {
  const rows: readonly (readonly [string, readonly ServiceRange[], number])[] = [
    ['none', [], 0],
    ['a port', [service('tcp/443')], 1],
    ['two ports', [service('tcp/443'), service('tcp/8443')], 2],
    ['a range', [service('tcp/1-1024')], 1],
    ['protocols without ports that follow each other', [{ first: 47 << 16, last: (50 << 16) | 0xffff }], 1],
    ['everything there is', [{ first: 0, last: 0xffffff }], 6],
  ];
  for (const [title, services, expected] of rows) {
    const { elements } = rulesetSize({ ...empty, classes: [{ id: 1, services }] });
    assert.equal(elements.services, expected, title);
  }
});

test('beyond the budget it says how much, and what would make it smaller', () => {
  const large = { ...empty, addresses: addresses(4, 3000) };
  const size = rulesetSize(large);
  assert.equal(beyondBudget(size, defaultSizeBudget), null);
  assert.equal(beyondBudget(size, { elements: 3000, bytes: 10e6 }), null);
  assert.equal(
    beyondBudget(size, { elements: 2999, bytes: 10e6 }),
    'its ruleset would hold 3000 elements and 0.3 MB of kernel memory, at most 2999 and 10.0 MB are taken; ' +
      '3000 of them are addresses: rules for fewer workloads are needed, or prefixes of an ip list instead of workloads',
  );
  assert.match(beyondBudget(size, { elements: 3000, bytes: size.bytes - 1 }) ?? '', /^its ruleset would hold/);
  const many = rulesetSize({ ...large, ...cells(4000) });
  assert.match(beyondBudget(many, { elements: 10, bytes: 1 }) ?? '', /4000 of them are cells: rules that tell fewer/);
});

test('addresses of both families are told apart wherever the second begins', () => {
  for (const [four, six] of [
    [0, 0],
    [0, 3],
    [3, 0],
    [1, 4],
    [4, 1],
    [7, 8],
  ] as const) {
    const mixed: { readonly address: Address; readonly identity: number }[] = [
      ...addresses(4, four),
      ...addresses(6, six),
    ];
    const both = rulesetSize({ ...named('x'.repeat(40)), addresses: mixed }).bytes;
    const bare = rulesetSize(named('x'.repeat(40))).bytes;
    assert.equal(both - bare, four * 103 + six * 135, `${four} and ${six}`);
  }
});
