import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeFiles } from '@bulkhead/sensors/procfs/file-tree.ts';
import { silentLog } from './log.ts';
import { Problems } from './problems.ts';
import { TrackingWatch, trackingRoom } from './tracking-room.ts';

/** `drops`: of each processor. */
const host = (flows: number, drops: readonly number[] = [0]) =>
  fakeFiles({
    '/proc/sys/net/netfilter/nf_conntrack_count': `${flows}\n`,
    '/proc/sys/net/netfilter/nf_conntrack_max': '1000\n',
    '/proc/net/stat/nf_conntrack': [
      'entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop',
      ...drops.map(
        (drop) =>
          `000003e8  00000000 00000000 00000000 00000007 00000000 00000000 00000000 00000000 00000000 ${drop.toString(16).padStart(8, '0')} 00000009`,
      ),
      '',
    ].join('\n'),
  });

test('what is tracked, and what was dropped on all processors', () => {
  assert.deepEqual(trackingRoom(host(12, [16, 300])), { flows: 12, most: 1000, dropped: 316 });
  assert.equal(trackingRoom(fakeFiles({})), null);
});

type Look = readonly [flows: number, drops: readonly number[], says: RegExp | null];
const looks: readonly (readonly [title: string, looks: readonly Look[]])[] = [
  [
    'room enough',
    [
      [10, [0], null],
      [949, [0], null],
    ],
  ],
  [
    'nearly full',
    [
      [950, [0], /nearly full: 950 of 1000 /],
      [949, [0], null],
    ],
  ],
  [
    'full',
    [
      [10, [2], null],
      [1000, [2, 31], /is full: 1000 of 1000 .* dropped 31 packets/],
      [10, [2, 31], null],
    ],
  ],
  [
    'drops of before the first look',
    [
      [10, [500], null],
      [10, [500], null],
    ],
  ],
];
for (const [title, seen] of looks)
  test(`what a host says of its room for flows: ${title}`, () => {
    const problems = new Problems(silentLog);
    let files = fakeFiles({});
    const watch = new TrackingWatch({ ...files, readText: (path) => files.readText(path) }, problems);
    for (const [flows, drops, says] of seen) {
      files = host(flows, drops);
      watch.look();
      const said = problems.text('tracking-full');
      if (says === null) assert.equal(said, null);
      else assert.match(said ?? '', says);
    }
  });
