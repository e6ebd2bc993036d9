import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  type NetworkNamespace,
  noNetworkNamespaces,
  openNetworkNamespace,
} from '@bulkhead/testkit/network-namespace.ts';
import { seededRandom } from '@bulkhead/testkit/random.ts';
import { type Decoded, type HelperStats, type LogRecord, RecordDecoder } from './record.ts';

const native = fileURLToPath(new URL('../../native', import.meta.url));
const make = (target: string) => spawnSync('make', ['-s', '-C', native, target], { encoding: 'utf8' });
const helper = `${native}/build/bulkhead-helper`;

const skipBuild = make('build/bulkhead-helper').status === 0 ? false : 'needs make, a C compiler and Linux headers';
// Without the sanitizers' library the plain program still must not crash.
const parser = make('sanitized').status === 0 ? `${helper}-sanitized` : helper;

function parse(packets: readonly Uint8Array[]): Decoded {
  const input = Buffer.concat(packets.flatMap((p) => [Buffer.of(p.length & 255, p.length >> 8), p]));
  const { status, stdout, stderr } = spawnSync(parser, ['parse'], { input, maxBuffer: 1 << 28 });
  assert.equal(status, 0, stderr.toString());
  const decoder = new RecordDecoder();
  const decoded = decoder.push(stdout);
  assert.equal(decoder.refused, 0);
  return decoded;
}

const bytes = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const v4 = (protocol: string, body: string, fragment = '0000') =>
  bytes(`45000000 0001${fragment} 40${protocol}0000 0a000001 0a000009 ${body}`);
const v6 = (next: string, body: string) =>
  bytes(`60000000 0000${next}40 fd${'00'.repeat(14)}01 fd${'00'.repeat(14)}09 ${body}`);
const tcp = '9c40 1538 00000007 00000000 5002ffff 0000 0000';

const packets: readonly (readonly [title: string, packet: Uint8Array, expected: string])[] = [
  ['TCP', v4('06', tcp), '6 10.0.0.1 10.0.0.9 5432 40000 syn 7'],
  [
    'TCP behind IP options',
    bytes(`46000000 00010000 40060000 0a000001 0a000009 01010101 ${tcp}`),
    '6 10.0.0.1 10.0.0.9 5432 40000 syn 7',
  ],
  ['UDP', v4('11', '9c40 0035 000c 0000'), '17 10.0.0.1 10.0.0.9 53 40000'],
  ['an ICMP echo', v4('01', '0800 0000 004d 0001'), '1 10.0.0.1 10.0.0.9 2048 77'],
  ['GRE', v4('2f', '00000000'), '47 10.0.0.1 10.0.0.9 0 0'],
  ['TCP cut to its ports', v4('06', '9c40 1538'), '6 10.0.0.1 10.0.0.9 5432 40000'],
  ['TCP cut inside its ports', v4('06', '9c40 15'), '6 10.0.0.1 10.0.0.9 0 0'],
  ['a later fragment', v4('06', tcp, '0001'), '6 10.0.0.1 10.0.0.9 0 0'],
  ['IPv6', v6('06', tcp), '6 fd00::1 fd00::9 5432 40000 syn 7'],
  [
    'hop-by-hop and destination options',
    v6('00', `3c00 000000000000 0601 000000000000 ${'00'.repeat(8)} ${tcp}`),
    '6 fd00::1 fd00::9 5432 40000 syn 7',
  ],
  ['a first fragment over IPv6', v6('2c', `0600 0001 00000001 ${tcp}`), '6 fd00::1 fd00::9 5432 40000 syn 7'],
  ['a later fragment over IPv6', v6('2c', `0600 0008 00000001 ${tcp}`), '6 fd00::1 fd00::9 0 0'],
  ['an authentication header', v6('33', `0601 0000 00000000 00000000 ${tcp}`), '6 fd00::1 fd00::9 5432 40000 syn 7'],
  ['an extension header longer than the packet', v6('00', '06ff 000000000000'), '6 fd00::1 fd00::9 0 0'],
  ['neighbour solicitation', v6('3a', '8700 0000 00000000'), '58 fd00::1 fd00::9 34560 0'],
];
const unreadable = [
  '',
  '45',
  '00',
  'ff'.repeat(40),
  '44'.repeat(20),
  '60'.repeat(39),
  '45'.repeat(19),
  '75'.repeat(60),
];

describe('the helper reads packets', { skip: skipBuild }, () => {
  for (const [title, packet, expected] of packets) {
    test(title, () => {
      const r = parse([packet]).records[0] ?? assert.fail('no record');
      const text = `${r.protocol} ${r.source} ${r.destination} ${r.servicePoint & 0xffff} ${r.sourcePort}`;
      assert.equal(
        r.tcp === null ? text : `${text} ${r.tcp.flags === 2 ? 'syn' : r.tcp.flags} ${r.tcp.sequence}`,
        expected,
      );
    });
  }

  for (const hex of unreadable) {
    test(`${hex.length / 2} bytes ${hex.slice(0, 8)} are no packet`, () => {
      const { records, stats } = parse([bytes(hex)]);
      assert.deepEqual([records.length, stats?.malformed], [0, 1]);
    });
  }

  const seed = Number(process.env.PROPERTY_SEED ?? Date.now() % 1e9);
  test(`garbage does no harm, seed ${seed}`, () => {
    const random = seededRandom(seed);
    const garbage = Array.from({ length: 20_000 }, () => mutated(random));
    const { records, stats } = parse(garbage);
    assert.equal(stats?.received, garbage.length);
    assert.equal(records.length + (stats?.malformed ?? 0), garbage.length);
    assert.ok(records.length > 1000 && (stats?.malformed ?? 0) > 1000);
  });

  function mutated({ below, chance, pick }: ReturnType<typeof seededRandom>): Uint8Array {
    if (chance(0.2)) return Uint8Array.from({ length: below(160) }, () => below(256));
    const [, packet] = pick(packets);
    const copy = Uint8Array.from(packet.subarray(0, chance(0.5) ? below(packet.length + 1) : packet.length));
    for (let i = below(6); i > 0 && copy.length > 0; i--) copy[below(Math.min(copy.length, 64))] = below(256);
    return copy;
  }

  for (const args of [[], ['nflog'], ['nflog', 'x'], ['nflog', '65536'], ['nflog', '-1', '2'], ['other', '1']]) {
    test(`"${args.join(' ')}" is no command`, () => {
      const { status, stderr } = spawnSync(helper, args, { encoding: 'utf8', input: '' });
      assert.equal(status, 2);
      assert.match(stderr, /usage|Cannot/);
    });
  }
});

const skipKernel = skipBuild || ((await noNetworkNamespaces()) ?? false);
const group = '4279';

describe('the helper listens to the kernel', { skip: skipKernel }, () => {
  let namespace: NetworkNamespace;
  before(async () => {
    namespace = await openNetworkNamespace();
    await namespace.run('ip', 'link', 'set', 'lo', 'up');
    await namespace.run(
      'nft',
      `table inet t {
        counter c {
        }
        chain o {
          type filter hook output priority 0
          udp dport 9 counter name c log prefix "1:0:DDo:-" group ${group}
        }
      }`,
    );
  });
  const started: ChildProcess[] = [];
  after(async () => {
    for (const child of started) child.stdin?.end();
    await namespace.close();
  });

  type Listener = { child: ChildProcess; records: LogRecord[]; changes: string[]; stats: () => HelperStats | null };
  async function listen(): Promise<Listener> {
    const [program = '', ...args] = [...namespace.enter, helper, 'nflog', group];
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    started.push(child);
    const decoder = new RecordDecoder();
    const records: LogRecord[] = [];
    const changes: string[] = [];
    let stats: HelperStats | null = null;
    const listening = new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk: Uint8Array) => {
        const decoded = decoder.push(chunk);
        records.push(...decoded.records);
        changes.push(...decoded.changes);
        stats = decoded.stats ?? stats;
        if (decoded.listening === Number(group)) resolve();
      });
    });
    await listening;
    return { child, records, changes, stats: () => stats };
  }

  async function end({ child }: Listener): Promise<number | null> {
    child.stdin?.end();
    const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
    return code;
  }

  const send = (count: number) =>
    namespace.run(
      process.execPath,
      '-e',
      `const s = require('node:dgram').createSocket('udp4'); let left = ${count};
       for (let i = 0; i < ${count}; i++) s.send('x', 9, '127.0.0.1', () => { if (--left === 0) s.close(); });`,
    );

  async function until(condition: () => boolean): Promise<void> {
    for (const deadline = Date.now() + 5000; !condition(); ) {
      assert.ok(Date.now() < deadline, 'waited for five seconds');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  test('every change of the rules is told once, however much it changes', async () => {
    const listener = await listen();
    const elements = Array.from({ length: 2000 }, (_, i) => `10.9.${i >> 8}.${i & 255}`).join(', ');
    await namespace.run('nft', `table inet other { set s { type ipv4_addr; elements = { ${elements} } }; }`);
    await namespace.run('nft', 'delete table inet other');
    await until(() => listener.changes.length >= 2);
    assert.equal(await end(listener), 0);
    assert.deepEqual(listener.changes, ['nft', 'nft']);
  });

  test('every packet that was counted becomes a record, with its prefix, user and time', async () => {
    const listener = await listen();
    const before = Date.now();
    await send(1000);
    await until(() => listener.records.length >= 1000);
    const counted = JSON.parse(await namespace.run('nft', '-j', 'list', 'counter', 'inet', 't', 'c'));
    assert.equal(counted.nftables[1].counter.packets, 1000);
    assert.deepEqual(listener.stats(), { received: 1000, overruns: 0, gaps: 0, malformed: 0 });
    const [record] = listener.records;
    assert.deepEqual(
      [record?.direction, record?.source, record?.destination, record?.servicePoint, record?.prefix, record?.uid],
      ['outbound', '127.0.0.1', '127.0.0.1', 17 * 65536 + 9, '1:0:DDo:-', process.getuid?.()],
    );
    assert.ok(listener.records.every(({ at }) => at >= before - 1000 && at <= Date.now() + 1000));
    assert.equal(await end(listener), 0);
  });

  test('once it listens it has no capability left and cannot get any', async () => {
    const listener = await listen();
    const status = readFileSync(`/proc/${listener.child.pid}/status`, 'utf8');
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
      assert.match(status, new RegExp(`${set}:\\t0{16}`));
    assert.match(status, /NoNewPrivs:\t1/);
    assert.equal(await end(listener), 0);
  });

  test('a second listener is told that the group is taken', async () => {
    const listener = await listen();
    assert.throws(
      () =>
        execFileSync(namespace.enter[0] ?? '', [...namespace.enter.slice(1), helper, 'nflog', group], {
          stdio: 'pipe',
        }),
      /another program listens to it/,
    );
    await end(listener);
  });

  test('it ends when its parent is killed, even with its pipes held open', async () => {
    const script = `exec 9<&0; ${[...namespace.enter, helper, 'nflog', group].join(' ')} <&9 >/dev/null & echo $!; wait`;
    const parent = spawn('sh', ['-c', script], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = await once(parent.stdout, 'data');
    const pid = Number(String(line));
    await until(() => readFileSync(`/proc/${pid}/status`, 'utf8').includes('NoNewPrivs:\t1'));
    parent.kill('SIGKILL');
    await until(() => {
      try {
        return readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
      } catch {
        return true;
      }
    });
    parent.stdin.end();
  });
});
