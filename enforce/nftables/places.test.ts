import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { HostRuleset, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import {
  type NetworkNamespace,
  noNetworkNamespaces,
  openNetworkNamespace,
} from '@bulkhead/testkit/network-namespace.ts';
import { seededRandom } from '@bulkhead/testkit/random.ts';
import type { BackEnd, Comparison, Done } from '../back-end.ts';
import { sampleAddress, sampleContents, sampleGuests, sampleRuleset } from '../sample-rulesets.ts';
import { countName } from './count-name.ts';
import { nftablesBackEnd, nftablesPlaces } from './driver.ts';

const skip = await noNetworkNamespaces();
const [first, second] = sampleGuests as [HostRulesetContent, HostRulesetContent];
const host = sampleContents.enforced;

describe('several rulesets in one table', { skip: skip ?? false }, () => {
  let namespace: NetworkNamespace;
  let backEnds: readonly BackEnd[];
  before(async () => {
    namespace = await openNetworkNamespace();
    const command = [...namespace.enter, 'nft'];
    backEnds = [0, 1, 2, 3].map((place) => nftablesBackEnd({ command, place }));
  });
  after(() => namespace.close());
  beforeEach(async () => {
    for (const backEnd of backEnds) await backEnd.remove();
  });
  const nft = (...args: string[]) => namespace.run('nft', ...args);
  const at = (place: number): BackEnd => backEnds[place] ?? assert.fail(`no place ${place}`);
  const places = () => nftablesPlaces({ command: [...namespace.enter, 'nft'] });

  async function load(place: number, content: HostRulesetContent, numbers: Partial<HostRuleset> = {}): Promise<void> {
    const answer = await at(place).replace(sampleRuleset(content, numbers));
    assert.equal(answer.kind, 'done', answer.kind === 'failed' ? answer.message : '');
  }
  async function compare(place: number, content: HostRulesetContent, numbers: Partial<HostRuleset> = {}) {
    return valueIn(await at(place).compare(sampleRuleset(content, numbers), 'everything'));
  }
  const valueIn = <T>(answer: Done<T>): T => (answer.kind === 'done' ? answer.value : assert.fail(answer.message));
  const same: Comparison = { kind: 'same' };
  async function epoch(): Promise<number> {
    const listed = await nft('list', 'chain', 'inet', 'bulkhead', 'held');
    return Number(/epoch=(\d+)/.exec(listed)?.[1]);
  }

  const orders: readonly (readonly number[])[] = [[0, 1, 2], [2, 1, 0], [1, 0, 2], [1, 2], [2]];
  const contents = [host, first, second];
  for (const order of orders) {
    test(`loaded in order ${order.join(', ')}, each reads back the same`, async () => {
      for (const place of order) await load(place, contents[place] ?? assert.fail());
      for (const place of order) assert.deepEqual(await compare(place, contents[place] ?? assert.fail()), same);
      const said = valueIn(await places()).map(({ place, addresses }) => [place, addresses.toSorted()]);
      const meant = order.map((place) => [place, [...(contents[place]?.local ?? [])].toSorted()]);
      assert.deepEqual(
        said,
        meant.toSorted(([a], [b]) => Number(a) - Number(b)),
      );
    });
  }

  test('a guest that changes leaves the others as they are', async () => {
    await load(0, host);
    await load(1, first);
    await load(2, second);
    const greedy = sampleRuleset({ ...first, local: second.local ?? [] }, { generation: 13 });
    const refused = await at(1).replace(greedy);
    assert.match(
      refused.kind === 'failed' ? refused.message : '',
      /its address 10\.0\.9\.9 is that of the guest at place 2/,
    );
    await load(1, { ...first, local: [] }, { generation: 14 });
    assert.deepEqual(await compare(0, host), same);
    assert.deepEqual(await compare(1, { ...first, local: [] }, { generation: 14 }), same);
    await load(2, second, { generation: 15 });
    assert.deepEqual(await compare(2, second, { generation: 15 }), same);
  });

  test('a guest that goes takes exactly its own', async () => {
    await load(0, host);
    const before = (await nft('-nn', 'list', 'table', 'inet', 'bulkhead'))
      .replace(/epoch=\d+ c=./, '')
      .replace(/packets.*|0x[0-9a-f]{8}/g, '')
      .split('\n')
      .toSorted();
    await load(1, first);
    assert.deepEqual(await at(1).remove(), { kind: 'done', value: null });
    assert.deepEqual(await compare(0, host), same);
    assert.deepEqual(
      (await nft('-nn', 'list', 'table', 'inet', 'bulkhead'))
        .replace(/epoch=\d+ c=./, '')
        .replace(/packets.*|0x[0-9a-f]{8}/g, '')
        .split('\n')
        .toSorted(),
      before,
    );
    assert.deepEqual(await at(1).remove(), { kind: 'done', value: null });
    assert.deepEqual(await compare(0, host), same);
  });

  test('the host goes, its guests stay, and the last takes the table along', async () => {
    await load(0, host);
    await load(1, first);
    assert.deepEqual(await at(0).remove(), { kind: 'done', value: null });
    assert.deepEqual(await compare(1, first), same);
    assert.equal(valueIn(await at(0).held()), null);
    assert.deepEqual(await at(1).remove(), { kind: 'done', value: null });
    assert.equal((await nft('list', 'tables')).includes('bulkhead'), false);
  });

  test('the epoch changes with the revision of any place, with who comes and who goes, and with nothing else', async () => {
    const seen: number[] = [];
    const steps: readonly (() => Promise<unknown>)[] = [
      () => load(0, host),
      () => load(0, host, { generation: 13 }),
      () => load(1, first),
      () => load(1, first, { generation: 13 }),
      () => load(1, first, { generation: 14, revision: 9 }),
      () => load(0, host, { generation: 14, revision: 4 }),
      () => at(1).remove(),
    ];
    for (const step of steps) {
      await step();
      seen.push(await epoch());
    }
    const [begun = 0] = seen;
    assert.deepEqual(seen, [begun, begun, begun + 1, begun + 1, begun + 2, begun + 3, begun + 4]);
  });

  for (const revision of [3, 4]) {
    test(`a delta of a guest to revision ${revision} reads back as the full ruleset does`, async () => {
      await load(0, host);
      await load(1, first);
      await load(2, second);
      const next = { ...first, addresses: first.addresses.slice(1) };
      const numbers = { generation: 14, revision };
      const base = valueIn(await at(1).held());
      assert.ok(base);
      const change = {
        base,
        next: sampleRuleset(next, numbers),
        addresses: { removed: first.addresses.slice(0, 1), added: [] },
      };
      const before = await epoch();
      assert.deepEqual(await at(1).amend(change), { kind: 'done', value: { retired: [] } });
      assert.deepEqual(await compare(1, next, numbers), same);
      assert.deepEqual(await compare(0, host), same);
      assert.deepEqual(await compare(2, second), same);
      assert.equal(await epoch(), revision === 3 ? before : before + 1);
    });
  }

  const tampering: readonly (readonly [title: string, command: string, seenBy: readonly number[]])[] = [
    ['an element of a guest', 'delete element inet bulkhead g1_id4_a { 10.0.0.1 }', [1]],
    ['a rule of a guest', 'add rule inet bulkhead g1_from_a accept', [1]],
    ['an address that leads to a guest', 'delete element inet bulkhead guests_to4_COPY { 10.88.0.2 }', [1]],
    ['an address that is led elsewhere', 'add element inet bulkhead guests_to4_COPY { 10.9.9.9 : jump g1_to_a }', [1]],
    ['an address that counts as a guest', 'add element inet bulkhead guests_all4_COPY { 10.9.9.9 }', [1, 2]],
    ['the forward chain', 'flush chain inet bulkhead forward', [0, 1, 2]],
    ['the way from a published port', 'insert rule inet bulkhead translated accept', [0, 1, 2]],
    ['the stamp', 'flush chain inet bulkhead stamp', [0, 1, 2]],
    ['a chain of a guest that is none', 'add chain inet bulkhead g9_to_a', [0, 1, 2]],
    ['what is held', 'add rule inet bulkhead held return', [0, 1, 2]],
  ];
  for (const [title, command, seenBy] of tampering) {
    test(`${title}: noticed by ${seenBy.join(', ')}, and put back`, async () => {
      for (const place of [0, 1, 2]) await load(place, contents[place] ?? assert.fail());
      const copy = (await nft('list', 'chain', 'inet', 'bulkhead', 'held')).includes('epoch=')
        ? await sharedCopy()
        : 'a';
      await nft(...command.replace('COPY', copy).split(' '));
      const noticed: number[] = [];
      for (const place of [0, 1, 2])
        if ((await compare(place, contents[place] ?? assert.fail())).kind === 'differs') noticed.push(place);
      assert.deepEqual(noticed, seenBy);
      for (const place of [0, 1, 2])
        if ((await compare(place, contents[place] ?? assert.fail())).kind === 'differs')
          await load(place, contents[place] ?? assert.fail());
      for (const place of [0, 1, 2]) assert.deepEqual(await compare(place, contents[place] ?? assert.fail()), same);
    });
  }
  async function sharedCopy(): Promise<string> {
    return /c=([ab])"/.exec(await nft('list', 'chain', 'inet', 'bulkhead', 'held'))?.[1] ?? assert.fail();
  }

  test('counters are counted for the place they belong to', async () => {
    const [decision] = first.decisions;
    assert.ok(decision);
    const name = countName({ direction: 'inbound', decision });
    await load(0, host);
    await load(1, first);
    const names = async (place: number) => valueIn(await at(place).counts()).map((count) => count.name);
    assert.ok((await names(0)).includes(name) && !(await names(0)).includes(`g1_${name}`));
    assert.ok((await names(1)).includes(`g1_${name}`) && !(await names(1)).includes(name));
    await load(1, { ...sampleContents.empty, local: first.local ?? [] }, { generation: 13 });
    const answer = await at(1).replace(
      sampleRuleset({ ...sampleContents.empty, local: first.local ?? [] }, { generation: 14 }),
    );
    const retired = valueIn(answer).retired.map((count) => count.name);
    assert.ok(retired.length > 0 && retired.every((one) => one.startsWith('g1_')));
    assert.ok((await names(0)).includes(name));
  });

  test('changes of several places at once end as if made one after another', async () => {
    await load(0, host);
    await Promise.all([
      load(1, first),
      load(2, second),
      load(0, host, { generation: 13 }),
      load(3, { ...first, local: [] }),
    ]);
    assert.deepEqual(await compare(0, host, { generation: 13 }), same);
    assert.deepEqual(await compare(1, first), same);
    assert.deepEqual(await compare(2, second), same);
    assert.deepEqual(await compare(3, { ...first, local: [] }), same);
  });

  test('a change of another place waits while one may be taken back', async () => {
    await load(0, host);
    await load(1, first);
    const path = `/tmp/bulkhead-places-${process.pid}.nft`;
    const armed = async () => ({ kind: 'done', value: null }) as const;
    const tried = sampleRuleset(sampleContents.empty, { generation: 13, revision: 4 });
    assert.equal((await at(0).replace(tried, { path, armed })).kind, 'done');
    let loaded = false;
    const waiting = load(1, first, { generation: 13 }).then(() => {
      loaded = true;
    });
    assert.deepEqual(await compare(1, first), same);
    assert.equal(loaded, false);
    assert.deepEqual(await at(0).revert(path), { kind: 'done', value: null });
    await waiting;
    await nft('-f', '/dev/null');
    assert.deepEqual(await compare(0, host), same);
    assert.deepEqual(await compare(1, first, { generation: 13 }), same);
    await namespace.run('rm', path);
  });

  const seed = Number(process.env.PROPERTY_SEED ?? Date.now() % 1e9);
  test(`whatever changes in whatever order, the kernel holds what a load from scratch gives, seed ${seed}`, async () => {
    const random = seededRandom(seed);
    const held = new Map<number, HostRuleset>();
    for (let step = 1; step <= 30; step++) {
      const place = random.below(4);
      const before = held.get(place);
      const numbers = { generation: 100 + step, revision: 1 + random.below(3) };
      if (before !== undefined && random.chance(0.2)) {
        valueIn(await at(place).remove());
        held.delete(place);
      } else if (before !== undefined && random.chance(0.4)) {
        const kept = before.content.addresses.filter(() => random.chance(0.6));
        const removed = before.content.addresses.filter((peer) => !kept.includes(peer));
        const next = sampleRuleset({ ...before.content, addresses: kept }, numbers);
        const base = valueIn(await at(place).held());
        assert.ok(base);
        valueIn(await at(place).amend({ base, next, addresses: { removed, added: [] } }));
        held.set(place, next);
      } else {
        const local = place === 0 ? {} : { local: [sampleAddress(`10.88.${place}.${1 + random.below(9)}`)] };
        const content = random.pick([host, sampleContents.empty, sampleContents['every-service']]);
        const next = sampleRuleset({ ...content, ...local }, numbers);
        valueIn(await at(place).replace(next));
        held.set(place, next);
      }
      for (const [each, ruleset] of held)
        assert.deepEqual(valueIn(await at(each).compare(ruleset, 'everything')), same, `step ${step}, place ${each}`);
    }
  });
});
