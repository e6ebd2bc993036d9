import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seededRandom } from '@bulkhead/testkit/random.ts';
import { readAnswer } from './answer.ts';
import { datagramIn } from './datagram.ts';

const word = (value: number): number[] => [(value >> 8) & 255, value & 255];
const name = (text: string): number[] => [
  ...(text === '' ? [] : text.split('.')).flatMap((label) => [label.length, ...Buffer.from(label, 'latin1')]),
  0,
];
const pointer = (at: number): number[] => word(0xc000 | at);
const head = (flags: number, questions: number, answers: number): number[] => [
  ...word(7),
  ...word(flags),
  ...word(questions),
  ...word(answers),
  ...word(0),
  ...word(0),
];
const record = (owner: number[], type: number, ttl: number, data: readonly number[], kind = 1): number[] => [
  ...owner,
  ...word(type),
  ...word(kind),
  ...word(ttl >>> 16),
  ...word(ttl),
  ...word(data.length),
  ...data,
];
const a = (owner: number[], text: string, ttl = 60) => record(owner, 1, ttl, text.split('.').map(Number));
const aaaa = (owner: number[], last: number, ttl = 60) => record(owner, 28, ttl, [0xfd, ...Array(14).fill(0), last]);
const alias = (owner: number[], of: number[], ttl = 60) => record(owner, 5, ttl, of);

const fine = 0x8180;
type Records = readonly (readonly number[])[];
const answer = (question: string, records: Records, flags = fine): Uint8Array =>
  Uint8Array.from([...head(flags, 1, records.length), ...name(question), ...word(1), ...word(1), ...records.flat()]);
/** Where the question's name stands. */
const asked = pointer(12);

const cases: readonly (readonly [title: string, message: Uint8Array, expected: string | null])[] = [
  ['an address', answer('api.example.org', [a(asked, '192.0.2.1')]), 'api.example.org 192.0.2.1/60'],
  [
    'several',
    answer('a.b', [a(asked, '192.0.2.1', 5), a(name('a.b'), '192.0.2.2'), aaaa(asked, 9)]),
    'a.b 192.0.2.1/5 192.0.2.2/60 fd00::9/60',
  ],
  ['capitals', answer('API.Example.ORG', [a(name('api.example.org'), '192.0.2.1')]), 'api.example.org 192.0.2.1/60'],
  ['an alias', answer('a.b', [alias(asked, name('c.d'), 30), a(name('c.d'), '192.0.2.1')]), 'a.b 192.0.2.1/30'],
  [
    'an alias behind what it leads to',
    answer('a.b', [a(name('c.d'), '192.0.2.1', 7), alias(asked, name('c.d'))]),
    'a.b 192.0.2.1/7',
  ],
  [
    'aliases of aliases',
    answer('a.b', [alias(asked, name('c')), alias(name('c'), name('d'), 3), a(name('d'), '192.0.2.1')]),
    'a.b 192.0.2.1/3',
  ],
  [
    'aliases in a circle',
    answer('a.b', [alias(asked, name('c')), alias(name('c'), name('a.b')), a(name('c'), '192.0.2.1')]),
    'a.b 192.0.2.1/60',
  ],
  ['somebody else', answer('a.b', [a(name('bank.example'), '192.0.2.6')]), 'a.b'],
  [
    'somebody else beside it',
    answer('a.b', [a(name('x.a.b'), '192.0.2.6'), a(asked, '192.0.2.1')]),
    'a.b 192.0.2.1/60',
  ],
  ['an alias of somebody else', answer('a.b', [alias(name('x'), name('y')), a(name('y'), '192.0.2.6')]), 'a.b'],
  [
    'a second alias',
    answer('a.b', [alias(asked, name('c')), alias(asked, name('d')), a(name('d'), '192.0.2.6')]),
    'a.b',
  ],
  ['another class', answer('a.b', [record(asked, 1, 60, [192, 0, 2, 6], 3)]), 'a.b'],
  [
    'an address of three bytes',
    answer('a.b', [record(asked, 1, 60, [192, 0, 2]), a(asked, '192.0.2.1')]),
    'a.b 192.0.2.1/60',
  ],
  [
    'nobody to connect to',
    answer(
      'a.b',
      ['0.0.0.0', '127.0.0.1', '224.0.0.1', '255.255.255.255'].map((text) => a(asked, text)),
    ),
    'a.b',
  ],
  ['IPv6 loopback', answer('a.b', [record(asked, 28, 60, [...Array(15).fill(0), 1])]), 'a.b'],
  ['a negative time', answer('a.b', [a(asked, '192.0.2.1', 0x80000001)]), 'a.b 192.0.2.1/0'],
  ['a very long time', answer('a.b', [a(asked, '192.0.2.1', 0x7fffffff)]), 'a.b 192.0.2.1/604800'],
  ['twice the same', answer('a.b', [a(asked, '192.0.2.1', 5), a(asked, '192.0.2.1', 9)]), 'a.b 192.0.2.1/9'],
  ['truncated', answer('a.b', [a(asked, '192.0.2.1')], 0x8380), 'a.b 192.0.2.1/60 truncated'],
  [
    'cut behind a record',
    answer('a.b', [a(asked, '192.0.2.1'), a(asked, '192.0.2.2')]).subarray(0, 37),
    'a.b 192.0.2.1/60',
  ],
  ['other characters in a record', answer('a.b', [a(name('a.b\u0000'), '192.0.2.6')]), 'a.b'],
  ['a question', answer('a.b', [a(asked, '192.0.2.1')], 0x0100), null],
  ['an error', answer('a.b', [a(asked, '192.0.2.1')], 0x8183), null],
  ['a status', answer('a.b', [], 0x9180), null],
  ['no question', Uint8Array.from(head(fine, 0, 0)), null],
  [
    'two questions',
    Uint8Array.from([...head(fine, 2, 0), ...name('a'), ...word(1), ...word(1), ...name('b'), ...word(1), ...word(1)]),
    null,
  ],
  ['the root', answer('', [a(asked, '192.0.2.1')]), null],
  ['a pointer to itself', Uint8Array.from([...head(fine, 1, 0), ...pointer(12), ...word(1), ...word(1)]), null],
  [
    'a pointer ahead',
    Uint8Array.from([...head(fine, 1, 0), ...pointer(40), ...word(1), ...word(1), ...Array(40).fill(0)]),
    null,
  ],
  ['a label of an unknown kind', Uint8Array.from([...head(fine, 1, 0), 0x80, 1, 0, ...word(1), ...word(1)]), null],
  ['a name without an end', Uint8Array.from([...head(fine, 1, 0), 5, 97, 98]), null],
  ['a name that is too long', answer(Array(130).fill('a').join('.'), []), null],
  ['a space', answer('a b.c', []), null],
  ['eleven bytes', answer('a.b', []).subarray(0, 11), null],
  ['nothing', new Uint8Array(0), null],
];

describe('answers of name servers', () => {
  for (const [title, message, expected] of cases)
    test(title, () => {
      const read = readAnswer(message);
      const text = read?.addresses.map(({ address, ttl }) => ` ${address}/${ttl}`).join('') ?? '';
      assert.equal(read === null ? null : `${read.name}${text}${read.truncated ? ' truncated' : ''}`, expected);
    });
});

const udp = (payload: Uint8Array, port = 53) => [
  ...word(port),
  ...word(4000),
  ...word(8 + payload.length),
  ...word(0),
  ...payload,
];
const v4 = (body: readonly number[], protocol = 17, fragment = 0) =>
  Uint8Array.from([
    0x45,
    0,
    ...word(20 + body.length),
    ...word(1),
    ...word(fragment),
    64,
    protocol,
    0,
    0,
    10,
    0,
    0,
    1,
    10,
    0,
    0,
    9,
    ...body,
  ]);
const v6 = (next: number, body: readonly number[]) =>
  Uint8Array.from([0x60, 0, 0, 0, ...word(body.length), next, 64, ...Array(32).fill(1), ...body]);
const said = Uint8Array.from([1, 2, 3]);

const packets: readonly (readonly [title: string, packet: Uint8Array, expected: string | null])[] = [
  ['IPv4', v4(udp(said)), '53 1,2,3'],
  ['IPv4 with padding behind', Uint8Array.from([...v4(udp(said)), 0, 0]), '53 1,2,3'],
  ['IPv6', v6(17, udp(said)), '53 1,2,3'],
  ['IPv6 with options', v6(0, [60, 0, ...Array(6).fill(0), 17, 0, ...Array(6).fill(0), ...udp(said)]), '53 1,2,3'],
  ['another port', v4(udp(said, 5353)), '5353 1,2,3'],
  ['TCP', v4(udp(said), 6), null],
  ['a later fragment', v4(udp(said), 17, 5), null],
  ['less than it says', v4(udp(said)).subarray(0, 30), null],
  ['more than it says', v4([...word(53), ...word(1), ...word(7), ...word(0)]), null],
  ['options without end', v6(0, [0, 255, ...Array(6).fill(0)]), null],
  ['no header', Uint8Array.from([0x45, 0]), null],
  ['another version', Uint8Array.from([0x55, ...Array(60).fill(0)]), null],
  ['nothing', new Uint8Array(0), null],
];

describe('datagrams in packets', () => {
  for (const [title, packet, expected] of packets)
    test(title, () => {
      const found = datagramIn(packet);
      assert.equal(found === null ? null : `${found.sourcePort} ${[...found.payload]}`, expected);
    });
});

const seed = Number(process.env.PROPERTY_SEED ?? Date.now() % 1e9);
test(`broken messages do no harm and name no address that is not in them, seed ${seed}`, () => {
  const random = seededRandom(seed);
  const whole = cases.flatMap(([, message]) => (readAnswer(message)?.addresses.length ? [message] : []));
  let read = 0;
  for (let index = 0; index < 30_000; index++) {
    const message = Uint8Array.from(random.pick(whole));
    for (let turns = 1 + random.below(4); turns > 0; turns--) message[random.below(message.length)] = random.below(256);
    const cut = random.chance(0.3) ? message.subarray(0, random.below(message.length + 1)) : message;
    const answer = readAnswer(cut);
    datagramIn(cut);
    if (answer === null) continue;
    read++;
    const hex = Buffer.from(cut).toString('hex');
    for (const { address } of answer.addresses) {
      if (address.includes(':')) continue;
      const bytes = Buffer.from(address.split('.').map(Number)).toString('hex');
      assert.ok(hex.includes(bytes), `${address} is not in ${hex}`);
    }
    assert.ok(answer.addresses.length <= cut.length / 16);
  }
  assert.ok(read > 3000, `${read} were read`);
});

test('many pointers to one long name take no time worth speaking of', () => {
  const long = Array(60).fill('abc').join('.');
  const records = Array.from({ length: 4000 / 16 }, () => a(asked, '192.0.2.1'));
  const message = answer(long, records);
  const started = performance.now();
  for (let index = 0; index < 100; index++) assert.equal(readAnswer(message)?.addresses.length, 1);
  assert.ok(performance.now() - started < 5000, `${performance.now() - started} ms`);
});
