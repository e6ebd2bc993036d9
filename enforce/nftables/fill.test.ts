import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { type Address, addressFromBits } from '@bulkhead/net/address.ts';
import {
  type NetworkNamespace,
  noNetworkNamespaces,
  openNetworkNamespace,
} from '@bulkhead/testkit/network-namespace.ts';
import { sampleContents, sampleRuleset } from '../sample-rulesets.ts';
import { nftablesBackEnd } from './driver.ts';

const native = fileURLToPath(new URL('../../native', import.meta.url));
const helper = `${native}/build/bulkhead-helper`;
const built = spawnSync('make', ['-s', '-C', native, 'build/bulkhead-helper', 'sanitized'], { encoding: 'utf8' });
const skip = (await noNetworkNamespaces()) ?? (built.status === 0 ? null : `needs a C compiler: ${built.stderr}`);

const enforced = sampleContents.enforced;
const many = Array.from({ length: 1500 }, (_, index) => index);
/** More than one message and one transaction hold; names of every kind; numbers with bits in both halves. */
const large: HostRulesetContent = {
  ...enforced,
  identities: many.map((index) => ({ id: index === 0 ? 0xfffff : index, name: nameOf(index) })),
  addresses: [
    ...many.map((index) => ({ address: at(4, 0x0a000000n, index), identity: index === 0 ? 0xfffff : index })),
    ...many.map((index) => ({ address: at(6, 0xfd00n << 112n, index), identity: index === 0 ? 0xfffff : index })),
  ],
  prefixes: [],
  ends: enforced.ends.map((end) => ({
    ...end,
    inbound: { miss: 0, cells: many.map((index) => ({ identity: index, class: 1 + (index % 5), decision: 1 })) },
  })),
};

function at(family: 4 | 6, base: bigint, index: number): Address {
  return addressFromBits(family, base + BigInt(index) * 7919n);
}

function nameOf(index: number): string {
  return ['role=web', 'map x ipv4_addr', '', 'ä'.repeat(80), `"; drop ' $x \\ ${'x'.repeat(300)}`][index % 5] ?? '';
}

describe('maps filled by the helper', { skip: skip ?? false }, () => {
  let namespace: NetworkNamespace;
  before(async () => {
    namespace = await openNetworkNamespace();
  });
  const folder = mkdtempSync(join(tmpdir(), 'bulkhead-fill-'));
  after(() => {
    rmSync(folder, { recursive: true });
    return namespace.close();
  });
  const command = () => [...namespace.enter, 'nft'];
  const listed = (map: string) => namespace.run('nft', 'list', 'map', 'inet', 'bulkhead', map);
  const lists = async () => (await Promise.all(['id4_a', 'id6_a', 'cells_in_0_a'].map(listed))).map(sorted);

  for (const [what, program, fills] of [
    ['the helper', helper, true],
    ['the helper that stops at the first access out of bounds', `${helper}-sanitized`, true],
    ['nft where the helper fails', 'false', false],
    ['nft where there is no helper', '/nowhere/bulkhead-helper', false],
  ] as const)
    test(`hold what nft alone would put there: ${what}`, async () => {
      const mark = join(folder, program.replaceAll('/', '-'));
      const marked = ['sh', '-c', '"$@" && touch "$0"', mark];
      const backEnd = nftablesBackEnd({ command: command(), helper: [...namespace.enter, ...marked, program] });
      const plain = nftablesBackEnd({ command: command() });
      const ruleset = sampleRuleset(large);
      assert.deepEqual(await plain.replace(ruleset), { kind: 'done', value: { retired: [] } });
      const expected = await lists();
      await plain.remove();
      assert.deepEqual(await backEnd.replace(ruleset), { kind: 'done', value: { retired: [] } });
      assert.deepEqual(await backEnd.compare(ruleset, 'everything'), { kind: 'done', value: { kind: 'same' } });
      assert.deepEqual(await lists(), expected);
      assert.equal(existsSync(mark), fills);
      await backEnd.remove();
    });

  for (const [what, input, code, says] of [
    ['nothing', '', 0, /^added 0$/m],
    ['an element of no map', '10.0.0.1 0:1\n', 2, /line 1/],
    ['a map of another type', 'map x verdict\n', 2, /line 1/],
    ['an address that is none', 'map id4 ipv4_addr\n10.0.0.1 0:1\n10.0.0 0:1\n', 2, /line 3/],
    ['an address of the other family', 'map id4 ipv4_addr\nfd00::1 0:1\n', 2, /line 2/],
    ['a value that is none', 'map id4 ipv4_addr\n10.0.0.1 1\n', 2, /line 2/],
    ['a value too large', 'map id4 ipv4_addr\n10.0.0.1 10000:1\n', 2, /line 2/],
    ['a line without end', 'map id4 ipv4_addr\n10.0.0.1 0:1', 2, /line 2/],
    ['a line too long', `map id4 ipv4_addr\n10.0.0.1 0:1 ${'x'.repeat(5000)}\n`, 2, /line 2/],
    ['a comment too long', `map id4 ipv4_addr\n10.0.0.1 0:1 ${'x'.repeat(129)}\n`, 2, /line 2/],
    ['a name too long', `map ${'x'.repeat(300)} ipv4_addr\n`, 2, /line 1/],
    ['a map that is not there', 'map id9 ipv4_addr\n10.0.0.1 0:1\n', 3, /No such file or directory/],
  ] as const)
    test(`the helper and ${what}`, async () => {
      await namespace.run(
        'nft',
        'add table inet filling; add map inet filling id4 { typeof ip saddr : meta priority; }',
      );
      const { status, text } = await runInside(namespace, input);
      assert.equal(status, code, text);
      assert.match(text, says);
      assert.doesNotMatch(await namespace.run('nft', 'list table inet filling'), /elements/);
      await namespace.run('nft', 'delete table inet filling');
    });
});

const sorted = (listing: string): string[] =>
  listing
    .split(/[,\n]/)
    .map((part) => part.trim())
    .sort();

function runInside(namespace: NetworkNamespace, input: string): Promise<{ status: unknown; text: string }> {
  const [program = '', ...args] = [...namespace.enter, `${helper}-sanitized`, 'elements', 'filling'];
  return new Promise((resolve) => {
    const child = execFile(program, args, (error, stdout, stderr) =>
      resolve({ status: error === null ? 0 : error.code, text: stdout + stderr }),
    );
    child.stdin?.end(input);
  });
}
