import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { noNetworkNamespaces, openNetworkNamespace } from '@bulkhead/testkit/network-namespace.ts';
import { clashesInRuleset, clashesInSaved } from './mark-clashes.ts';
import { nftablesMarks } from './marks.ts';

const ours = { table: 'bulkhead', markMask: 0xffff };
const texts = (clashes: readonly { does: string; bits: number }[] | null) =>
  clashes?.map(({ does, bits }) => `${does} ${bits.toString(16)}`).join(', ') ?? 'unreadable';

/** As nft 1.0.6 lists them: loaded into a kernel, read back, and what each does to our bits. */
const rules: readonly (readonly [rule: string, does: string])[] = [
  ['ct mark set 1', 'writes ffff'],
  ['ct mark set meta mark', 'writes ffff'],
  ['ct mark set ct mark | 0x10', 'writes 10'],
  ['ct mark set ct mark | 0x10000', ''],
  ['ct mark set ct mark & 0xffff0000', 'writes ffff'],
  ['ct mark set ct mark & 0xfff0ffff', ''],
  ['ct mark set ct mark & 0xff00ffff | 0x00120000', ''],
  ['ct mark set ct mark & 0xffffff00 | 0x12', 'writes ff'],
  ['ct mark set ct mark ^ 0x8000', 'writes 8000'],
  ['ct mark 7 accept', 'reads ffff'],
  ['ct mark & 0x00ff0000 == 0x00010000 accept', ''],
  ['ct mark & 0x0000000f == 1 accept', 'reads f'],
  ['meta mark set ct mark', 'reads ffff'],
  ['meta mark set ct mark & 0xff0000', ''],
  ['meta mark set 7', ''],
  ['meta mark 7 accept', ''],
  ['tcp dport 80 accept', ''],
];

/** As iptables-save prints them. */
const saved: readonly (readonly [rule: string, does: string])[] = [
  ['-j CONNMARK --set-xmark 0x1/0xffffffff', 'writes ffff'],
  ['-j CONNMARK --set-xmark 0x10000/0xff0000', ''],
  ['-j CONNMARK --set-xmark 0x10/0x0', 'writes 10'],
  ['-j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff', 'writes ffff'],
  ['-j CONNMARK --save-mark --nfmask 0xff0000 --ctmask 0xff0000', ''],
  ['-j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff', 'reads ffff'],
  ['-j CONNMARK --restore-mark --nfmask 0xff0000 --ctmask 0xff0000', ''],
  ['-m connmark --mark 0x1 -j ACCEPT', 'reads ffff'],
  ['-m connmark --mark 0x10000/0xff0000 -j ACCEPT', ''],
  ['-j MARK --set-xmark 0x4000/0x4000', ''],
];
for (const [rule, does] of saved)
  test(`iptables ${rule}: ${does || 'nothing'}`, () => {
    const text = `# Generated\n*mangle\n:PREROUTING ACCEPT [0:0]\n[1:60] -A PREROUTING -p tcp ${rule}\nCOMMIT\n`;
    const clashes = clashesInSaved(text, ours);
    assert.equal(texts(clashes), does);
    for (const { by } of clashes) assert.equal(by, 'iptables mangle PREROUTING');
  });

test('many rules of a chain are one clash; our own are none', () => {
  const rule = (table: string, value: number) => ({
    rule: {
      family: 'inet',
      table,
      chain: 'c',
      expr: [{ mangle: { key: { ct: { key: 'mark' } }, value: { '|': [{ ct: { key: 'mark' } }, value] } } }],
    },
  });
  const json = JSON.stringify({ nftables: [rule('other', 1), rule('other', 2), rule('bulkhead', 4)] });
  assert.deepEqual(clashesInRuleset(json, ours), [{ by: 'nft inet other c', does: 'writes', bits: 3 }]);
});

for (const text of ['', 'x', '{}', '[]'])
  test(`"${text}" is no listing`, () => assert.equal(clashesInRuleset(text, ours), null));

describe('as a kernel lists them', { skip: (await noNetworkNamespaces()) ?? false }, () => {
  for (const [rule, does] of rules)
    test(`nft ${rule}: ${does || 'nothing'}`, async () => {
      const namespace = await openNetworkNamespace();
      await namespace.run(
        'nft',
        `table inet other {\n chain c {\n type filter hook input priority 0\n ${rule}\n }\n }`,
      );
      const marks = await nftablesMarks({ command: [...namespace.enter, 'nft'] });
      await namespace.close();
      assert.equal(marks.kind, 'done');
      assert.equal(texts(marks.kind === 'done' ? marks.value.clashes : null), does);
    });
});
