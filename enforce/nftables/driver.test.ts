import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { parsePrefix } from '@bulkhead/net/prefix.ts';
import {
  type NetworkNamespace,
  noNetworkNamespaces,
  openNetworkNamespace,
} from '@bulkhead/testkit/network-namespace.ts';
import type { BackEnd, Comparison, Done, HeldNumbers } from '../back-end.ts';
import { sampleAddress, sampleContents, sampleRuleset } from '../sample-rulesets.ts';
import { countName } from './count-name.ts';
import { nftablesBackEnd } from './driver.ts';

const skip = await noNetworkNamespaces();
const enforced = sampleContents.enforced;

function addresses(...pairs: readonly (readonly [text: string, identity: number])[]): HostRulesetContent {
  return { ...enforced, addresses: pairs.map(([text, identity]) => ({ address: sampleAddress(text), identity })) };
}

describe('nftables in a network namespace', { skip: skip ?? false }, () => {
  let namespace: NetworkNamespace;
  let backEnd: BackEnd;
  before(async () => {
    namespace = await openNetworkNamespace();
    backEnd = nftablesBackEnd({ command: [...namespace.enter, 'nft'] });
  });
  beforeEach(() => backEnd.remove());
  const folders: string[] = [];
  after(() => {
    for (const folder of folders) rmSync(folder, { recursive: true });
    return namespace.close();
  });
  const nft = (...args: string[]) => namespace.run('nft', ...args);

  async function compare(content: HostRulesetContent, numbers = {}): Promise<Comparison> {
    const compared = await backEnd.compare(sampleRuleset(content, numbers), 'everything');
    return compared.kind === 'done' ? compared.value : { kind: 'differs', what: [compared.message], hollow: false };
  }

  const hollow = new Set([
    'a flushed chain',
    'a flushed map',
    'a flushed table',
    'a deleted table',
    'a deleted element',
  ]);
  const tampering: readonly (readonly [title: string, command: string, difference: RegExp])[] = [
    ['a deleted element', 'delete element inet bulkhead id4_a { 10.0.0.1 }', /map id4_a lacks 10\.0\.0\.1/],
    ['an added element', 'add element inet bulkhead id6_a { fd00::9 : 0:1 }', /map id6_a has fd00::9 too many/],
    ['an added rule', 'add rule inet bulkhead input accept', /chain input has a rule too many/],
    ['a rule put first', 'insert rule inet bulkhead input accept', /chain input has .*accept.* instead of: iif/],
    ['a flushed chain', 'flush chain inet bulkhead d_in_0_a', /chain d_in_0_a lacks/],
    ['a flushed map', 'flush map inet bulkhead cells_in_0_a', /map cells_in_0_a lacks/],
    ['a flushed table', 'flush table inet bulkhead', /does not say what it holds/],
    ['a deleted table', 'delete table inet bulkhead', /there is no table/],
    ['another chain', 'add chain inet bulkhead extra', /chain extra is not ours/],
    ['a rule of the copy not in use', 'add chain inet bulkhead d_in_0_b', /chain d_in_0_b is not ours/],
    ['another set', 'add set inet bulkhead extra { type ipv4_addr; }', /set extra is not ours/],
    ['another policy', 'add chain inet bulkhead input { policy drop; }', /chain input is hooked otherwise/],
  ];
  for (const [title, command, difference] of tampering) {
    test(`${title} is noticed and put back`, async () => {
      await backEnd.replace(sampleRuleset(enforced));
      assert.deepEqual(await compare(enforced), { kind: 'same' });
      await nft(...command.split(' '));
      const compared = await compare(enforced);
      assert.equal(compared.kind, 'differs');
      assert.match(compared.kind === 'differs' ? compared.what.join('\n') : '', difference);
      assert.equal(compared.kind === 'differs' && compared.hollow, hollow.has(title));
      assert.equal((await backEnd.replace(sampleRuleset(enforced))).kind, 'done');
      assert.deepEqual(await compare(enforced), { kind: 'same' });
    });
  }

  test('other numbers, contents or generations differ', async () => {
    await backEnd.replace(sampleRuleset(enforced));
    for (const numbers of [{ generation: 13 }, { revision: 4 }, { version: 6 }, { hash: 'ab' }]) {
      assert.equal((await compare(enforced, numbers)).kind, 'differs', JSON.stringify(numbers));
    }
    assert.equal((await compare(addresses(['10.0.0.1', 2]))).kind, 'differs');
  });

  const held = async (): Promise<HeldNumbers> => {
    const answer = await backEnd.held();
    if (answer.kind !== 'done' || answer.value === null) throw new Error('nothing held');
    return answer.value;
  };

  for (const revision of [3, 4]) {
    test(`a delta to revision ${revision} reads back as the full ruleset does`, async () => {
      await backEnd.replace(sampleRuleset(addresses(['10.0.0.1', 1], ['10.0.0.2', 2], ['fd00::1', 1])));
      const content = addresses(['10.0.0.1', 2], ['10.0.0.3', 1], ['fd00::2', 1]);
      const next = sampleRuleset(content, { generation: 14, revision });
      const removed = ['10.0.0.1', '10.0.0.2', 'fd00::1'].map((a) => ({ address: sampleAddress(a), identity: 1 }));
      const change = { base: await held(), next, addresses: { removed, added: content.addresses } };
      assert.deepEqual(await backEnd.amend(change), { kind: 'done', value: { retired: [] } });
      assert.deepEqual(await compare(content, { generation: 14, revision }), { kind: 'same' });
      assert.equal((await held()).structure, 12);
      await backEnd.replace(next);
      assert.deepEqual(await compare(content, { generation: 14, revision }), { kind: 'same' });
      assert.equal((await held()).structure, 14);
    });
  }

  test('a delta on something else changes nothing', async () => {
    await backEnd.replace(sampleRuleset(enforced));
    const removed = [{ address: sampleAddress('10.9.9.9'), identity: 1 }];
    const next = sampleRuleset(enforced, { generation: 13 });
    const answer = await backEnd.amend({ base: await held(), next, addresses: { removed, added: enforced.addresses } });
    assert.equal(answer.kind, 'failed');
    assert.deepEqual(await compare(enforced), { kind: 'same' });
  });

  test('counters keep their values through changes and retire with their last value', async () => {
    const decision = enforced.decisions[0];
    assert.ok(decision);
    const name = countName({ direction: 'inbound', decision });
    await backEnd.replace(sampleRuleset(enforced));
    // A counter that counts without traffic: the same name with a start value.
    const seed = `add counter inet bulkhead ${name} { packets 7 bytes 7 ; }`;
    await nft('flush', 'chain', 'inet', 'bulkhead', 'd_in_0_a');
    await nft('delete', 'counter', 'inet', 'bulkhead', name);
    await nft(seed);
    await backEnd.replace(sampleRuleset(enforced, { generation: 13 }));
    assert.deepEqual(await countOf(name), 7);
    const first = await backEnd.replace(sampleRuleset(sampleContents.empty, { generation: 14 }));
    assert.deepEqual(first, { kind: 'done', value: { retired: [] } });
    assert.deepEqual(await countOf(name), 7);
    const second = await backEnd.replace(sampleRuleset(sampleContents.empty, { generation: 15 }));
    assert.equal(second.kind, 'done');
    const retired = second.kind === 'done' ? second.value.retired : [];
    assert.equal(retired.length, 6);
    assert.deepEqual(
      retired.find((c) => c.name === name),
      { name, packets: 7 },
    );
    assert.equal(await countOf(name), undefined);
  });

  async function countOf(name: string): Promise<number | undefined> {
    const counts = await backEnd.counts();
    return counts.kind === 'done' ? counts.value.find((c) => c.name === name)?.packets : undefined;
  }

  test('a ruleset the kernel refuses leaves the one before, with what nft says', async () => {
    await backEnd.replace(sampleRuleset(enforced));
    const prefix = parsePrefix('192.0.2.0/24');
    assert.ok(prefix);
    const overlapping = { ...enforced, prefixes: [1, 2].map((identity) => ({ prefix, identity })) };
    const answer = await backEnd.replace(sampleRuleset(overlapping, { generation: 13 }));
    assert.equal(answer.kind, 'failed');
    assert.match(answer.kind === 'failed' ? answer.message : '', /interval|conflict|exists/i);
    assert.deepEqual(await compare(enforced), { kind: 'same' });
  });

  /** nft, but the run that loads the script number `failing` (from 1) fails and loads nothing. */
  function failingAt(failing: number): BackEnd {
    const folder = mkdtempSync(join(tmpdir(), 'bulkhead-failing-nft-'));
    folders.push(folder);
    const program = join(folder, 'nft');
    const count = `n=$(($(cat ${folder}/n 2>/dev/null || echo 0) + 1)); echo $n >${folder}/n`;
    const refuse = `[ $n -ne ${failing} ] || { echo refused >&2; exit 1; }`;
    writeFileSync(program, `#!/bin/sh\nif [ "$1" = -f ]; then ${count}; ${refuse}; fi\nexec nft "$@"\n`, {
      mode: 0o755,
    });
    return nftablesBackEnd({ command: [...namespace.enter, program] });
  }

  for (const [failing, step] of [
    [1, 'preparation'],
    [2, 'change'],
  ] as const) {
    test(`a replacement whose ${step} fails leaves the ruleset before, and nothing besides`, async () => {
      await backEnd.replace(sampleRuleset(enforced));
      const answer = await failingAt(failing).replace(sampleRuleset(sampleContents.empty, { generation: 13 }));
      assert.equal(answer.kind === 'failed' && answer.code, 'enforce-refused');
      assert.deepEqual(await compare(enforced), { kind: 'same' });
    });
  }

  test('what a replacement could not clear is noticed, and cleared by the next', async () => {
    await backEnd.replace(sampleRuleset(enforced));
    const next = { generation: 13 };
    assert.equal((await failingAt(3).replace(sampleRuleset(enforced, next))).kind, 'done');
    const compared = await compare(enforced, next);
    assert.match(compared.kind === 'differs' ? compared.what.join('\n') : '', /chain d_in_0_a is not ours/);
    await backEnd.replace(sampleRuleset(enforced, next));
    assert.deepEqual(await compare(enforced, next), { kind: 'same' });
  });

  /** What a change with an undo leaves, as text: all of the table but its counters. */
  const listing = async () =>
    (await nft('-nn', 'list', 'table', 'inet', 'bulkhead')).replace(/packets \d+ bytes \d+/g, '');
  const yes = async () => ({ kind: 'done', value: null }) as const;
  const undoAt = () => {
    const folder = mkdtempSync(join(tmpdir(), 'bulkhead-undo-'));
    folders.push(folder);
    return join(folder, 'undo.nft');
  };
  const next = sampleRuleset(addresses(['10.0.0.1', 2], ['10.0.0.3', 1]), { generation: 13, revision: 4 });
  const moved = {
    removed: enforced.addresses,
    added: next.content.addresses,
  };
  type Change = (path: string, armed: () => Promise<Done<null>>) => Promise<Done<unknown>>;
  const changes: readonly (readonly [title: string, make: Change])[] = [
    ['a replacement', (path, armed) => backEnd.replace(next, { path, armed })],
    ['a delta', async (path, armed) => backEnd.amend({ base: await held(), next, addresses: moved }, { path, armed })],
  ];
  for (const [title, make] of changes) {
    test(`${title} that is reverted leaves what was before, to the letter`, async () => {
      await backEnd.replace(sampleRuleset(enforced));
      const [before, path] = [await listing(), undoAt()];
      assert.equal((await make(path, yes)).kind, 'done');
      assert.equal((await held()).generation, 13);
      assert.deepEqual(await backEnd.revert(path), { kind: 'done', value: null });
      assert.deepEqual(await compare(enforced), { kind: 'same' });
      assert.equal(withoutIdleCounters(await listing()), withoutIdleCounters(before));
      assert.equal((await backEnd.revert(path)).kind, 'failed', 'a second time');
      assert.deepEqual(await compare(enforced), { kind: 'same' });
    });

    test(`${title} that is settled leaves nothing of what was before`, async () => {
      await backEnd.replace(sampleRuleset(enforced));
      assert.equal((await make(undoAt(), yes)).kind, 'done');
      assert.deepEqual(await backEnd.settle(), { kind: 'done', value: null });
      assert.deepEqual(await compare(next.content, { generation: 13, revision: 4 }), { kind: 'same' });
    });

    test(`${title} whose undo is not watched over is not made`, async () => {
      await backEnd.replace(sampleRuleset(enforced));
      const no = async () => ({ kind: 'failed', code: 'enforce-missing', message: 'no watchdog' }) as const;
      assert.deepEqual(await make(undoAt(), no), await no());
      assert.deepEqual(await compare(enforced), { kind: 'same' });
    });

    test(`${title} whose undo finds no room is not made`, async () => {
      await backEnd.replace(sampleRuleset(enforced));
      const answer = await make('/proc/undo.nft', yes);
      assert.match(answer.kind === 'failed' ? answer.message : '', /^Cannot keep the undo/);
      assert.deepEqual(await compare(enforced), { kind: 'same' });
    });
  }
  /** The order of counters, and those that wait to be retired, are nobody's business. */
  const withoutIdleCounters = (text: string) => text.replace(/\tcounter c_\w+ \{[^}]*\}\n/g, '').replace(/\n+/g, '\n');

  test('the first ruleset of a host is undone to nothing', async () => {
    const path = undoAt();
    assert.equal((await backEnd.replace(next, { path, armed: yes })).kind, 'done');
    assert.equal((await backEnd.revert(path)).kind, 'done');
    assert.deepEqual(await backEnd.held(), { kind: 'done', value: null });
  });

  test('a trace that was left goes with the rest, and others are what they were', async () => {
    await nft('table inet theirs { chain in { type filter hook input priority 0; tcp dport 1 drop; }; }');
    const before = await backEnd.others();
    await backEnd.replace(sampleRuleset(enforced));
    await nft('add table inet bulkhead_trace');
    assert.deepEqual(await backEnd.others(), before);
    assert.equal((await backEnd.remove()).kind, 'done');
    assert.deepEqual(await nft('list', 'tables'), 'table inet theirs\n');
    assert.deepEqual(await backEnd.others(), before);
    await nft('delete', 'table', 'inet', 'theirs');
  });

  test('tables of others stay as they are, whatever is done with ours', async () => {
    const theirs = [
      'inet theirs { set bulkhead { type ipv4_addr; elements = { 10.0.0.1 }; }; }',
      'ip bulkhead { counter c { }; }',
    ];
    for (const text of theirs) await nft(`table ${text}`);
    const listed = async () =>
      (await Promise.all([nft('list', 'table', 'inet', 'theirs'), nft('list', 'table', 'ip', 'bulkhead')])).join('\n');
    const before = await listed();
    assert.match(before, /10\.0\.0\.1/);
    await backEnd.replace(sampleRuleset(enforced));
    const base = await held();
    const next = sampleRuleset(enforced, { generation: 13, revision: 4 });
    await backEnd.amend({ base, next, addresses: { added: [], removed: [] } });
    await backEnd.replace(sampleRuleset(sampleContents.empty, { generation: 14 }));
    await backEnd.remove();
    assert.equal(await listed(), before);
    await nft('delete', 'table', 'inet', 'theirs');
    await nft('delete', 'table', 'ip', 'bulkhead');
  });

  test('a missing program and a run that takes too long are named', async () => {
    const missing = await nftablesBackEnd({ command: ['no-such-nft'] }).held();
    assert.equal(missing.kind === 'failed' && missing.code, 'enforce-missing');
    const slow = await nftablesBackEnd({ command: ['sh', '-c', 'exec cat /dev/zero > /dev/null'], timeout: 50 }).held();
    assert.equal(slow.kind === 'failed' && slow.code, 'enforce-timeout');
  });
});
