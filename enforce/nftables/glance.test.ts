import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { HostRuleset, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { addressFromBits } from '@bulkhead/net/address.ts';
import {
  type NetworkNamespace,
  noNetworkNamespaces,
  openNetworkNamespace,
} from '@bulkhead/testkit/network-namespace.ts';
import type { BackEnd, Glance } from '../back-end.ts';
import { sampleContents, sampleRuleset } from '../sample-rulesets.ts';
import { nftablesBackEnd } from './driver.ts';
import { readKernelTable } from './kernel-table.ts';
import { elementsOf, sliceOf, sliceSize } from './slice.ts';

const native = fileURLToPath(new URL('../../native', import.meta.url));
spawnSync('make', ['-s', '-C', native]);
const skip = await noNetworkNamespaces();
const { enforced } = sampleContents;

/** `count` addresses from 10.64.0.0 on, beside those of the sample. */
function many(count: number): HostRulesetContent {
  const addresses = Array.from({ length: count }, (_, i) => ({
    address: addressFromBits(4, 0x0a400000n + BigInt(i)),
    identity: 1 + (i % 3),
  }));
  const [four, six] = [enforced.addresses.slice(0, 2), enforced.addresses.slice(2)];
  return { ...enforced, addresses: [...four, ...addresses, ...six] };
}

test('PR9 every element is read once in a pass, and the same turn reads the same elements', () => {
  const content = many(10_000);
  const passes = Math.ceil((10_000 + 12) / sliceSize);
  const seen = new Map<string, number>();
  let total = 0;
  for (let turn = 7; turn < 7 + passes; turn++) {
    const slice = sliceOf(content, 12, turn);
    total = slice.of;
    assert.deepEqual(slice, sliceOf(content, 12, turn + passes));
    assert.ok(slice.count <= sliceSize);
    for (const { map, key } of elementsOf(content, { place: 0, copy: 'a' }, slice)) {
      seen.set(`${map} ${key}`, (seen.get(`${map} ${key}`) ?? 0) + 1);
    }
  }
  assert.deepEqual([seen.size, [...seen.values()].every((times) => times === 1)], [total, true]);
});

const notTheHelpers = [
  'nonsense',
  'generation 1\nchain input 1 -5\ngeneration 1',
  'generation 1\nchain input 1 -5 1',
  'chain input 1 -5 1\ngeneration 1',
  'generation 1\nelement id4_a 00\ngeneration 1',
];
for (const text of notTheHelpers) {
  test(`a text that is not the helper's is not read: ${JSON.stringify(text)}`, () =>
    assert.equal(readKernelTable(text), 'unreadable'));
}

describe('a bounded look at a real kernel', { skip: skip ?? false }, () => {
  let namespace: NetworkNamespace;
  let backEnd: BackEnd;
  before(async () => {
    namespace = await openNetworkNamespace();
    const helper = [...namespace.enter, `${native}/build/bulkhead-helper`];
    backEnd = nftablesBackEnd({ command: [...namespace.enter, 'nft'], helper });
  });
  beforeEach(() => backEnd.remove());
  after(() => namespace.close());
  const nft = (command: string) => namespace.run('nft', ...command.split(' '));

  async function glance(ruleset: HostRuleset, turn: number): Promise<Glance | null> {
    const looked = await backEnd.glance(ruleset, turn);
    return looked.kind === 'done' ? looked.value : assert.fail(looked.message);
  }
  async function load(ruleset: HostRuleset): Promise<void> {
    assert.equal((await backEnd.replace(ruleset)).kind, 'done');
    assert.deepEqual(await backEnd.compare(ruleset, 'everything'), { kind: 'done', value: { kind: 'same' } });
  }
  const whatOf = (looked: Glance | null): string =>
    looked?.comparison.kind === 'differs' ? looked.comparison.what.join('\n') : (looked?.comparison.kind ?? 'nothing');

  test('PR10 PR11 it proves nothing before everything was read, and everything while no rules were changed', async () => {
    const ruleset = sampleRuleset(enforced);
    await backEnd.replace(ruleset);
    assert.equal(await glance(ruleset, 0), null);
    await load(ruleset);
    const first = await glance(ruleset, 0);
    assert.deepEqual([first?.comparison, first?.untouched], [{ kind: 'same' }, true]);
    await nft('add table ip theirs');
    const second = await glance(ruleset, 1);
    assert.deepEqual([second?.comparison, second?.untouched], [{ kind: 'same' }, false]);
    assert.ok((second?.epoch ?? 0) > (first?.epoch ?? 0));
    await nft('delete table ip theirs');
    await backEnd.compare(ruleset, 'everything');
    assert.equal((await glance(ruleset, 2))?.untouched, true);
    assert.equal(await glance({ ...ruleset, generation: 13 }, 2), null, 'another generation was not read');
  });

  const tampering: readonly (readonly [title: string, command: string, difference: RegExp])[] = [
    ['a rule added', 'add rule inet bulkhead input accept', /chain input/],
    ['a rule put first', 'insert rule inet bulkhead input accept', /chain input/],
    ['a chain flushed', 'flush chain inet bulkhead d_in_0_a', /chain d_in_0_a/],
    ['a chain added', 'add chain inet bulkhead extra', /chain extra is not ours/],
    ['another policy', 'add chain inet bulkhead input { policy drop; }', /chain input/],
    ['a map added', 'add map inet bulkhead extra { type ipv4_addr : verdict; }', /map extra is not ours/],
    ['a prefix taken away', 'delete element inet bulkhead net4_a { 192.0.2.0/24 }', /map net4_a has other elements/],
    ['a prefix added', 'add element inet bulkhead net4_a { 203.0.113.0/24 : 0:1 }', /map net4_a has other elements/],
    ['a port taken away', 'delete element inet bulkhead ports_a { tcp . 5432 }', /map ports_a has other elements/],
    ['a decision sent elsewhere', 'delete element inet bulkhead decisions_in_a { none }', /decisions_in_a has other/],
    ['a table flushed', 'flush table inet bulkhead', /chain .* is not as it was read/],
    ['a table deleted', 'delete table inet bulkhead', /there is no table/],
  ];
  for (const [title, command, difference] of tampering) {
    test(`PR8 the first look finds ${title}`, async () => {
      const ruleset = sampleRuleset(enforced);
      await load(ruleset);
      await nft(command);
      const looked = await glance(ruleset, 0);
      assert.match(whatOf(looked), difference);
      assert.equal(looked?.untouched, false);
    });
  }

  const large = sampleRuleset(many(10_000));
  const slices = Math.ceil(sliceOf(large.content, 12, 0).of / sliceSize);
  const elements: readonly (readonly [title: string, commands: readonly string[], difference: RegExp])[] = [
    ['removed', ['delete element inet bulkhead id4_a { 10.64.16.1 }'], /id4_a has nothing at 0a401001 instead/],
    [
      'changed',
      ['delete element inet bulkhead id4_a { 10.64.16.1 }', 'add element inet bulkhead id4_a { 10.64.16.1 : 0:2 }'],
      /id4_a has [0-9a-f]+ at 0a401001 instead/,
    ],
  ];
  for (const [title, commands, difference] of elements) {
    test(`PR8 PR9 one element of 10,000 ${title} is found within one pass, and only by its slice`, async () => {
      await load(large);
      for (const command of commands) await nft(command);
      const finds: number[] = [];
      for (let turn = 0; turn < slices; turn++) {
        const what = whatOf(await glance(large, turn));
        if (difference.test(what)) finds.push(turn);
      }
      assert.equal(finds.length, 1, `found in turns ${finds}`);
    });
  }

  test('PR12 an element too many is found by the size of its map where the kernel says it, and by the whole listing', async () => {
    await load(large);
    await nft('add element inet bulkhead id4_a { 203.0.113.9 : 0:1 }');
    const says = /map id4_a has 10003 elements instead of 10002/.test(whatOf(await glance(large, 0)));
    const listed = await namespace.run('sh', '-c', `${native}/build/bulkhead-helper table bulkhead </dev/null`);
    assert.equal(says, !/^map id4_a .* -1$/m.test(listed));
    const compared = await backEnd.compare(large, 'everything');
    assert.match(JSON.stringify(compared), /map id4_a has 203\.0\.113\.9 too many/);
  });

  test('PR13 without the helper, or with one that cannot, a look is refused and nothing is proven by it', async () => {
    const ruleset = sampleRuleset(enforced);
    const command = [...namespace.enter, 'nft'];
    const without = nftablesBackEnd({ command });
    await without.replace(ruleset);
    assert.deepEqual(await without.compare(ruleset, 'everything'), { kind: 'done', value: { kind: 'same' } });
    assert.deepEqual(await without.glance(ruleset, 0), { kind: 'done', value: null });
    const older = nftablesBackEnd({ command, helper: ['false'] });
    assert.deepEqual(await older.compare(ruleset, 'everything'), { kind: 'done', value: { kind: 'same' } });
    assert.deepEqual(await older.glance(ruleset, 0), { kind: 'done', value: null });
  });
});
