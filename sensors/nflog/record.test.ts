import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RecordDecoder } from './record.ts';

function frame(...body: readonly number[]): number[] {
  return [body.length & 255, body.length >> 8, ...body];
}

const zeros = (count: number): number[] => Array<number>(count).fill(0);
const text = (value: string): number[] => [...Buffer.from(value)];
const hello = frame(3, 1, 0xb7, 0x10);
const stats = frame(2, ...zeros(7), 9, ...zeros(7), 1, ...zeros(7), 4, ...zeros(7), 2, ...zeros(7));
const milliseconds = 1_700_000_000_123;
const time = [...new Uint8Array(BigUint64Array.of(BigInt(milliseconds) * 1_000_000n).buffer)];

type Event = { family?: number; protocol?: number; hook?: number; flags?: number; prefix?: string; cut?: number };
function event({ family = 4, protocol = 6, hook = 1, flags = 6, prefix = '1:0:AAi:r', cut = 0 }: Event = {}): number[] {
  const ports = [0x40, 0x9c, 0x38, 0x15];
  const source = family === 4 ? [10, 0, 0, 1, ...zeros(12)] : [0xfd, ...zeros(14), 1];
  const destination = family === 4 ? [10, 0, 0, 9, ...zeros(12)] : [0xfd, ...zeros(14), 9];
  const head = [1, family, protocol, hook, flags, 2, ...ports, 0, 0, 33, 0, 0, 0, 7, 0, 0, 0, ...time];
  const body = [...head, ...source, ...destination, ...text(prefix)];
  return frame(...body.slice(0, body.length - cut));
}

const decode = (bytes: readonly number[]) => new RecordDecoder().push(Uint8Array.from(bytes));

test('an event, the totals and the greeting', () => {
  const { records, stats: totals, listening } = decode([...hello, ...event(), ...stats]);
  assert.equal(listening, 4279);
  assert.deepEqual(totals, { received: 9, overruns: 1, gaps: 4, malformed: 2 });
  assert.deepEqual(records, [
    {
      at: milliseconds,
      direction: 'inbound',
      family: 4,
      protocol: 6,
      source: '10.0.0.1',
      destination: '10.0.0.9',
      servicePoint: 6 * 65536 + 5432,
      sourcePort: 40000,
      tcp: { flags: 2, sequence: 7 },
      uid: null,
      prefix: '1:0:AAi:r',
    },
  ]);
});

test('a change of the rules names the program, or nobody', () => {
  const { changes, records } = decode([...frame(4, 0, 0, 0, ...text('nft')), ...event(), ...frame(4, 0, 0, 0)]);
  assert.deepEqual([changes, records.length], [['nft', ''], 1]);
});

test('IPv6, users, ICMP types and protocols without ports', () => {
  const six = decode(event({ family: 6, hook: 3, flags: 7 })).records[0];
  assert.deepEqual([six?.source, six?.direction, six?.uid], ['fd00::1', 'outbound', 33]);
  const icmp = decode(event({ protocol: 1, flags: 2 })).records[0];
  assert.deepEqual([icmp?.servicePoint, icmp?.sourcePort, icmp?.tcp], [65536 + 0x9c40, 5432, null]);
  assert.equal(decode(event({ protocol: 47, flags: 0 })).records[0]?.servicePoint, 47 * 65536);
});

for (const [hook, direction] of [
  [0, 'inbound'],
  [1, 'inbound'],
  [2, null],
  [3, 'outbound'],
  [4, 'outbound'],
] as const) {
  test(`a packet of hook ${hook} went ${direction ?? 'through'}`, () =>
    assert.equal(decode(event({ hook })).records[0]?.direction, direction));
}

test('any cut of the stream gives the same', () => {
  const bytes = Uint8Array.from([...hello, ...event(), ...event({ family: 6 }), ...stats, ...event({ prefix: '' })]);
  const whole = new RecordDecoder().push(bytes);
  fc.assert(
    fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
      const decoder = new RecordDecoder();
      const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
      const parts = places.slice(1).map((end, index) => decoder.push(bytes.slice(places[index], end)));
      assert.deepEqual(
        parts.flatMap((part) => part.records),
        whole.records,
      );
      assert.deepEqual(parts.findLast((part) => part.stats !== null)?.stats, whole.stats);
      assert.equal(decoder.refused, 0);
    }),
  );
});

const refused: readonly (readonly [title: string, bytes: number[]])[] = [
  ['an unknown kind', frame(9, 1, 2)],
  ['an event without its end', event({ prefix: '', cut: 1 })],
  ['a family that is none', event({ family: 5 })],
  ['a hook that is not ours', event({ hook: 5 })],
  ['totals that are too short', frame(2, ...zeros(20))],
  ['a greeting of another version', frame(3, 2, 0, 0)],
];
for (const [title, bytes] of refused) {
  test(`${title} is counted, and the next record is read`, () => {
    const decoder = new RecordDecoder();
    const { records } = decoder.push(Uint8Array.from([...bytes, ...event()]));
    assert.deepEqual([records.length, decoder.refused, decoder.broken], [1, 1, false]);
  });
}

for (const [title, head] of [
  ['nothing', [0, 0]],
  ['more than the helper writes', [0xff, 0xff]],
] as const) {
  test(`a length of ${title} breaks the stream for good`, () => {
    const decoder = new RecordDecoder();
    assert.equal(decoder.push(Uint8Array.from([...event(), ...head, 1, 2, 3])).records.length, 1);
    assert.equal(decoder.broken, true);
    assert.equal(decoder.push(Uint8Array.from(event())).records.length, 0);
  });
}

test('garbage never ends in an exception and never keeps more than a frame', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 5 }), (chunks) => {
      const decoder = new RecordDecoder();
      for (const chunk of chunks) decoder.push(chunk);
    }),
    { numRuns: 300 },
  );
});
