import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareBytes } from '@bulkhead/model/byte-order.ts';
import { intervals } from '@bulkhead/net/intervals.ts';
import { parseServiceRange } from '@bulkhead/net/service-space.ts';
import { serviceRange } from '@bulkhead/testkit/documents.ts';
import { overlay } from '../overlay.ts';
import { countServices, serviceTexts } from './service-sets.ts';

const set = (...texts: readonly string[]) => intervals(texts.map(serviceRange));

const counts: readonly (readonly [string, number])[] = [
  ['tcp/80', 1],
  ['tcp/80-89', 10],
  ['tcp', 65536],
  ['icmp', 65536],
  ['icmp/8', 256],
  ['icmp/8/0', 1],
  ['proto/47', 1],
  ['all', 5 * 65536 + 251],
];
for (const [text, count] of counts) {
  test(`F1 "${text}" counts ${count}`, () => assert.equal(countServices(set(text)), count));
}

const texts: readonly (readonly string[])[] = [
  ['all'],
  ['tcp/80'],
  ['icmp', 'tcp', 'udp/53'],
  ['icmp/3', 'icmp/4', 'icmp/5/0', 'icmp/5/1'],
  ['icmp/3/255', 'icmp/4'],
  ['proto/47', 'proto/48'],
];
for (const list of texts) {
  test(`services read back: ${list.join(' ')}`, () => assert.deepEqual(serviceTexts(set(...list)), list));
}

test('every text parses, whatever is left out of all services', () => {
  const holes = [
    { first: 0, last: 6 * 65536 + 79 },
    { first: 6 * 65536 + 81, last: 0xffffff },
  ];
  const parsed = serviceTexts(holes).map((text) => parseServiceRange(text));
  assert.deepEqual(intervals(parsed.filter((range) => range !== null)), holes);
});

test('overlapping ranges are cut where their cover changes, and nowhere else', () => {
  const range = (first: bigint, last: bigint, tag: number) => ({ first, last, tag });
  const cut = overlay([range(0n, 9n, 1), range(5n, 5n, 2), range(10n, 12n, 1), range(20n, 21n, 3), range(21n, 21n, 3)]);
  assert.deepEqual(
    cut.map(({ first, last, tags }) => `${first}-${last}: ${tags}`),
    ['0-4: 1', '5-5: 1,2', '6-12: 1', '20-21: 3'],
  );
});

test('N2 texts are ordered as their bytes', () => {
  const texts = ['b', 'a', 'ab', '', '\uff21', '\u{1f6a2}', 'é', '\u{10000}'];
  const bytes = (text: string) => Buffer.from(text);
  const expected = [...texts].sort((x, y) => Buffer.compare(bytes(x), bytes(y)));
  assert.deepEqual([...texts].sort(compareBytes), expected);
});
