import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type NetworkNamespace,
  noNetworkNamespaces,
  openNetworkNamespace,
} from '@bulkhead/testkit/network-namespace.ts';
import type { BackEnd } from '../back-end.ts';
import type { NameTable } from '../name-table.ts';
import { sampleAddress, sampleContents, sampleRuleset } from '../sample-rulesets.ts';
import { nftablesBackEnd } from './driver.ts';
import { nftablesNames } from './name-driver.ts';
import { nameSetName } from './name-sets.ts';

const skip = await noNetworkNamespaces();
const api = 'api.example.org';
const vendor = '*.vendor.example';
const both = [api, vendor];
const set4 = nameSetName(0, api, 4);

describe('addresses of names in a network namespace', { skip: skip ?? false }, () => {
  let namespace: NetworkNamespace;
  let backEnd: BackEnd;
  let names: NameTable;
  before(async () => {
    namespace = await openNetworkNamespace();
    const command = [...namespace.enter, 'nft'];
    backEnd = nftablesBackEnd({ command });
    names = nftablesNames({ command });
  });
  after(() => {
    names.close();
    return namespace.close();
  });

  const held = async () => {
    const answer = await names.read(both);
    assert.equal(answer.kind, 'done', JSON.stringify(answer));
    const found = answer.kind === 'done' ? answer.value : [];
    return found.map(({ name, address }) => `${name} ${address}`).sort();
  };
  const until = async (wanted: readonly string[]) => {
    for (let turn = 0; turn < 200; turn++) {
      if (JSON.stringify(await held()) === JSON.stringify(wanted)) return;
      await delay(10);
    }
    assert.deepEqual(await held(), wanted);
  };
  const one = (name: string, text: string, seconds = 600) => ({ name, address: sampleAddress(text), seconds });

  test('what was put stays through replacements and is no difference', async () => {
    const ruleset = sampleRuleset(sampleContents.names);
    assert.equal((await backEnd.replace(ruleset)).kind, 'done');
    assert.deepEqual(await held(), []);
    assert.deepEqual(await names.change({ put: [one(api, '192.0.2.1'), one(vendor, 'fd00::5')], removed: [] }), {
      kind: 'done',
      value: null,
    });
    names.put([one(api, '192.0.2.2')]);
    await until([`${vendor} fd00::5`, `${api} 192.0.2.1`, `${api} 192.0.2.2`]);
    for (const generation of [13, 14]) {
      const next = sampleRuleset(sampleContents.names, { generation, revision: generation });
      assert.equal((await backEnd.replace(next)).kind, 'done');
      assert.deepEqual(await backEnd.compare(next, 'everything'), { kind: 'done', value: { kind: 'same' } });
      assert.equal((await held()).length, 3);
    }
  });

  test('renewing gives more time, removing takes away, and what is not there may be removed', async () => {
    await names.change({ put: [one(api, '192.0.2.1', 5)], removed: [one(api, '192.0.2.2'), one(api, '192.0.2.77')] });
    const read = async () => {
      const answer = await names.read([api]);
      return answer.kind === 'done' ? answer.value : [];
    };
    assert.deepEqual(
      (await read()).map(({ address }) => address),
      ['192.0.2.1'],
    );
    assert.ok(((await read())[0]?.seconds ?? 99) <= 5);
    names.put([one(api, '192.0.2.1', 5000)]);
    for (let turn = 0; turn < 200 && ((await read())[0]?.seconds ?? 0) < 4000; turn++) await delay(10);
    assert.ok(((await read())[0]?.seconds ?? 0) > 4000);
  });

  const tampering: readonly (readonly [title: string, commands: readonly string[], difference: RegExp])[] = [
    [
      'a set of ours that nobody needs',
      ['add set inet bulkhead names4_0123456789abcdef { type ipv4_addr; flags timeout; }'],
      /set names4_0123456789abcdef is not ours/,
    ],
    ['a flushed table', ['flush table inet bulkhead'], /does not say what it holds/],
    ['a deleted table', ['delete table inet bulkhead'], /there is no table/],
    [
      'a set of another type',
      [
        'flush chain inet bulkhead d_out_0_COPY',
        'flush chain inet bulkhead d_out_3_COPY',
        `delete set inet bulkhead ${set4}`,
        `add set inet bulkhead ${set4} { type ipv6_addr; }`,
      ],
      /is of another type/,
    ],
  ];
  for (const [index, [title, commands, difference]] of tampering.entries()) {
    test(`${title} is noticed and put back`, async () => {
      const ruleset = sampleRuleset(sampleContents.names, { generation: 20 + index });
      await backEnd.replace(ruleset);
      const numbers = await backEnd.held();
      const copy = numbers.kind === 'done' ? (numbers.value?.copy ?? '') : '';
      for (const command of commands) await namespace.run('nft', ...command.replace('COPY', copy).split(' '));
      const compared = await backEnd.compare(ruleset, 'structure');
      const what = compared.kind === 'done' && compared.value.kind === 'differs' ? compared.value.what : [];
      assert.match(what.join('\n'), difference);
      assert.equal((await backEnd.replace(ruleset)).kind, 'done');
      assert.deepEqual(await backEnd.compare(ruleset, 'everything'), { kind: 'done', value: { kind: 'same' } });
    });
  }

  test('names that the next ruleset does not look at are gone with it, and cannot be put', async () => {
    await backEnd.replace(sampleRuleset(sampleContents.enforced, { generation: 40 }));
    assert.deepEqual(await held(), []);
    assert.equal((await names.change({ put: [one(api, '192.0.2.1')], removed: [] })).kind, 'failed');
    const listed = await namespace.run('nft', '-t', 'list', 'table', 'inet', 'bulkhead');
    assert.ok(!listed.includes('names'), listed);
  });
});
