import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { type Address, parseAddress } from '@bulkhead/net/address.ts';
import { destinationIn } from './flow-destinations.ts';
import type { Limits } from './learned.ts';
import { namedKernel } from './named-kernel.ts';
import { Names, nameTick } from './names.ts';
import { Problems } from './problems.ts';
import { FakeKernel } from './testkit/fake-kernel.ts';
import { FakeNames } from './testkit/fake-names.ts';
import { ruleset } from './testkit/rulesets.ts';

const address = (text: string): Address => parseAddress(text) ?? assert.fail(text);
const grace = 3_600_000;
const minute = 60_000;
const folder = mkdtempSync(join(tmpdir(), 'bulkhead-names-'));
after(() => rmSync(folder, { recursive: true }));

/** An IPv4 packet with an answer over UDP: `name` and its addresses. */
function answered(
  name: string,
  addresses: readonly string[],
  { ttl = 60, port = 53, flags = 0x8180 } = {},
): Uint8Array {
  const word = (value: number) => [(value >> 8) & 255, value & 255];
  const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]);
  const records = addresses.flatMap((text) => [
    ...[0xc0, 12, 0, 1, 0, 1],
    ...word(ttl >> 16),
    ...word(ttl),
    ...[0, 4],
    ...text.split('.').map(Number),
  ]);
  const message = [
    1,
    2,
    ...word(flags),
    0,
    1,
    ...word(addresses.length),
    0,
    0,
    0,
    0,
    ...labels,
    0,
    0,
    1,
    0,
    1,
    ...records,
  ];
  const udp = [...word(port), ...word(4000), ...word(8 + message.length), 0, 0, ...message];
  return Uint8Array.from([
    0x45,
    0,
    ...word(20 + udp.length),
    0,
    0,
    0,
    0,
    64,
    17,
    0,
    0,
    10,
    0,
    0,
    53,
    10,
    0,
    0,
    1,
    ...udp,
  ]);
}

type Given = {
  readonly limits?: Limits;
  readonly inUse?: readonly string[] | null;
  readonly patterns?: readonly string[];
};

async function open(given: Given = {}, before: { path: string; table: FakeNames } | null = null) {
  const clock = { now: 1_800_000_000_000 };
  const table = before?.table ?? new FakeNames(() => clock.now);
  const path = before?.path ?? join(mkdtempSync(join(folder, 'host-')), 'names.json');
  const problems = new Problems(() => {});
  const warned: string[] = [];
  const used = { addresses: given.inUse ?? null };
  const names = new Names({
    table,
    path,
    problems,
    log: (_, message) => warned.push(message),
    clock: () => clock.now,
    grace,
    inUse: async () => (used.addresses === null ? null : new Set(used.addresses.map(address))),
    ...(given.limits === undefined ? {} : { limits: given.limits }),
  });
  await names.follow(given.patterns ?? ['api.example.org', '*.example.org', 'other.example.com']);
  return { names, table, path, problems, warned, clock, used };
}

const heard: readonly (readonly [title: string, packet: Uint8Array, held: readonly string[]])[] = [
  ['a name', answered('other.example.com', ['192.0.2.1']), ['other.example.com 192.0.2.1']],
  [
    'two that cover it',
    answered('api.example.org', ['192.0.2.1']),
    ['api.example.org 192.0.2.1', '*.example.org 192.0.2.1'],
  ],
  [
    'a name below',
    answered('a.b.example.org', ['192.0.2.1', '192.0.2.2']),
    ['*.example.org 192.0.2.1', '*.example.org 192.0.2.2'],
  ],
  ['the name above', answered('example.org', ['192.0.2.1']), []],
  ['nobody asks for it', answered('bank.example', ['192.0.2.1']), []],
  ['another port', answered('other.example.com', ['192.0.2.1'], { port: 5353 }), []],
  ['an error', answered('other.example.com', ['192.0.2.1'], { flags: 0x8183 }), []],
  ['no packet', Uint8Array.of(1, 2, 3), []],
];

describe('what name servers answer', () => {
  for (const [title, packet, held] of heard)
    test(title, async () => {
      const { names, table } = await open();
      names.heard(packet);
      assert.deepEqual([...table.held], held);
    });

  for (const [ttl, seconds] of [
    [0, 30],
    [29, 30],
    [31, 31],
    [7200, 7200],
  ] as const)
    test(`a time to live of ${ttl} s is kept ${seconds} s and the grace`, async () => {
      const { names, table, clock } = await open();
      names.heard(answered('other.example.com', ['192.0.2.1'], { ttl }));
      assert.equal(table.left('other.example.com 192.0.2.1'), seconds + grace / 1000);
      clock.now += seconds * 1000 + grace;
      assert.deepEqual(table.held, []);
      await names.tick();
      assert.deepEqual(names.learned, []);
    });

  test('a cut answer is said', async () => {
    const { names, problems } = await open();
    names.heard(answered('bank.example', [], { flags: 0x8380 }));
    assert.deepEqual(problems.texts(), []);
    names.heard(answered('other.example.com', [], { flags: 0x8380 }));
    assert.match(problems.texts().join(), /1 answers of name servers were cut, the last for other\.example\.com/);
  });

  test('the same answer again and again costs the kernel little, and nothing runs out', async () => {
    const { names, table, clock } = await open();
    for (let turn = 0; turn < 600; turn++) {
      names.heard(answered('other.example.com', ['192.0.2.1']));
      clock.now += nameTick;
      await names.tick();
      assert.equal(table.held.length, 1, `turn ${turn}`);
    }
    assert.ok(table.puts < 20, `${table.puts} times`);
  });
});

describe('what was learned', () => {
  test('stays while a flow uses it, and runs out afterwards', async () => {
    const { names, table, clock, used } = await open();
    names.heard(answered('other.example.com', ['192.0.2.1', '192.0.2.2']));
    used.addresses = ['192.0.2.1'];
    for (let turn = 0; turn < 600; turn++) {
      clock.now += nameTick;
      await names.tick();
    }
    assert.deepEqual(table.held, ['other.example.com 192.0.2.1']);
    used.addresses = [];
    for (let turn = 0; turn < 300; turn++) {
      clock.now += nameTick;
      await names.tick();
    }
    assert.deepEqual(table.held, []);
  });

  test('where nobody can say what is in use, it runs out, and that is said', async () => {
    const { names, table, clock, problems } = await open();
    names.heard(answered('other.example.com', ['192.0.2.1']));
    for (let turn = 0; turn < 300; turn++) {
      clock.now += nameTick;
      await names.tick();
    }
    assert.match(problems.texts().join(), /Nobody can say which addresses/);
    assert.deepEqual(table.held, []);
  });

  test('is put back after a flush, and what nobody answered is taken away', async () => {
    const { names, table, warned } = await open();
    names.heard(answered('other.example.com', ['192.0.2.1']));
    table.flush();
    await names.sync();
    assert.deepEqual(table.held, ['other.example.com 192.0.2.1']);
    assert.deepEqual(warned, []);
    table.put([{ name: 'other.example.com', address: address('192.0.2.66'), seconds: 900 }]);
    await names.sync();
    assert.deepEqual(table.held, ['other.example.com 192.0.2.1']);
    assert.match(warned.join(), /taken away/);
  });

  test('goes on over a restart, from disk or from the kernel', async () => {
    const first = await open();
    first.names.heard(answered('other.example.com', ['192.0.2.1']));
    first.names.close();
    first.names.heard(answered('www.example.org', ['192.0.2.2']));
    const second = await open({}, first);
    assert.deepEqual(first.table.held, ['other.example.com 192.0.2.1', '*.example.org 192.0.2.2']);
    assert.deepEqual(
      second.names.learned.map(({ name, address }) => `${name} ${address}`),
      ['other.example.com 192.0.2.1', '*.example.org 192.0.2.2'],
    );
    first.table.flush();
    await (await open({}, first)).names.sync();
    assert.deepEqual(first.table.held, ['other.example.com 192.0.2.1']);
  });

  for (const text of [
    '',
    '{',
    '{"format":2,"learned":[]}',
    '{"format":1,"learned":[{"name":"*","address":"x"}, null, 5]}',
  ])
    test(`a file that says ${text || 'nothing'} is nothing learned`, async () => {
      const first = await open();
      writeFileSync(first.path, text);
      const { names } = await open({}, first);
      assert.deepEqual(names.learned, []);
    });

  test('names that the ruleset does not ask for any more leave the kernel and are there again with it', async () => {
    const { names, table } = await open();
    names.heard(answered('other.example.com', ['192.0.2.1']));
    await names.follow(['api.example.org']);
    assert.deepEqual(names.learned, []);
    table.flush();
    names.heard(answered('other.example.com', ['192.0.2.2']));
    assert.deepEqual(table.held, []);
    await names.follow(['other.example.com']);
    assert.deepEqual(table.held, ['other.example.com 192.0.2.1']);
  });

  test('a kernel that does not take it is said, and gets it at the next look', async () => {
    const { names, table, problems } = await open();
    names.heard(answered('other.example.com', ['192.0.2.1']));
    table.flush();
    table.failure = { kind: 'failed', code: 'enforce-refused', message: 'no' };
    await names.sync();
    assert.match(problems.texts().join(), /no/);
    table.failure = null;
    await names.sync();
    assert.deepEqual([problems.texts(), table.held.length], [[], 1]);
  });
});

const limits = { perName: 3, overall: 5 };
describe('limits', () => {
  const addresses = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => `192.0.2.${from + index}`);

  test('of a name: more are counted and said, and judged without it', async () => {
    const { names, table, problems } = await open({ limits });
    names.heard(answered('other.example.com', addresses(1, 5)));
    assert.deepEqual([table.held.length, names.overflow], [3, 2]);
    assert.match(problems.texts().join(), /2 addresses of domain names found no room/);
  });

  test('of a name: what was answered long ago makes room', async () => {
    const { names, table, clock } = await open({ limits });
    names.heard(answered('other.example.com', addresses(1, 3)));
    clock.now += 2 * minute;
    names.heard(answered('other.example.com', addresses(4, 1)));
    await names.sync();
    assert.deepEqual(
      [...table.held].sort(),
      ['192.0.2.2', '192.0.2.3', '192.0.2.4'].map((text) => `other.example.com ${text}`),
    );
    assert.equal(names.overflow, 1);
  });

  test('of all', async () => {
    const { names, table } = await open({ limits });
    names.heard(answered('other.example.com', addresses(1, 3)));
    names.heard(answered('www.example.org', addresses(10, 3)));
    assert.deepEqual([table.held.length, names.overflow], [5, 1]);
  });
});

test('the names of a ruleset are followed when the kernel has taken it, and those before when it is taken back', async () => {
  const kernel = new FakeKernel();
  const followed: string[] = [];
  const named = namedKernel(kernel, async (names) => void followed.push(names.join()));
  const asking = (name: string) => {
    const made = ruleset(7);
    return { ...made, content: { ...made.content, names: [{ id: 1, name }] } };
  };
  await named.replace(asking('a.example'));
  await named.replace(asking('b.example'));
  kernel.failure = { kind: 'failed', code: 'enforce-refused', message: 'no' };
  await named.replace(asking('c.example'));
  assert.deepEqual(followed, ['a.example', 'b.example']);
  await named.remove();
  assert.deepEqual(followed, ['a.example', 'b.example', '']);
});

for (const [line, expected] of [
  ['6 10.0.0.1 192.0.2.1 40000 443 192.0.2.1 10.0.0.1 443 40000 1 e 100 3 0', '192.0.2.1'],
  ['6 10.0.0.1 192.0.2.1 40000 443', null],
  ['end 5 0 whole', null],
  ['', null],
] as const)
  test(`where a flow goes: "${line}"`, () => assert.equal(destinationIn(line), expected));
