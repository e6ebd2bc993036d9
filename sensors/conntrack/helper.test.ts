import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  type NetworkNamespace,
  noNetworkNamespaces,
  openNetworkNamespace,
} from '@bulkhead/testkit/network-namespace.ts';
import { seededRandom } from '@bulkhead/testkit/random.ts';
import { type FlowLine, parseFlowLine, type TrackedFlow } from './flow-line.ts';

const native = fileURLToPath(new URL('../../native', import.meta.url));
const make = (target: string) => spawnSync('make', ['-s', '-C', native, target], { encoding: 'utf8' });
const helper = `${native}/build/bulkhead-helper`;
const skipBuild = make('build/bulkhead-helper').status === 0 ? false : 'needs make, a C compiler and Linux headers';
// Without the sanitizers' library the plain program still must not crash.
const parser = make('sanitized').status === 0 ? `${helper}-sanitized` : helper;

function run(program: string, args: readonly string[], input: string | Uint8Array = ''): string[] {
  const { status, stdout, stderr } = spawnSync(program, args, { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  assert.equal(status, 0, stderr);
  return stdout.split('\n').slice(0, -1);
}

/** An attribute of netlink: length, type, value, filled up to four bytes. */
function attribute(type: number, value: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16LE(4 + value.length, 0);
  head.writeUInt16LE(type, 2);
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
}

function message(type: number, body: Uint8Array): Buffer {
  const head = Buffer.alloc(16);
  head.writeUInt32LE(16 + body.length, 0);
  head.writeUInt16LE(type, 4);
  return Buffer.concat([head, body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
}

const big16 = (value: number) => Buffer.of(value >> 8, value & 255);
const big32 = (value: number) => Buffer.concat([big16(value >>> 16), big16(value & 0xffff)]);

/** Numbers of linux/netfilter/nfnetlink_conntrack.h. */
function tuple(type: number, source: number, destination: number, ports: readonly [number, number]): Buffer {
  const addresses = Buffer.concat([attribute(1, big32(source)), attribute(2, big32(destination))]);
  const protocol = Buffer.concat([
    attribute(1, Buffer.of(6)),
    attribute(2, big16(ports[0])),
    attribute(3, big16(ports[1])),
  ]);
  return attribute(type, Buffer.concat([attribute(1, addresses), attribute(2, protocol)]));
}

const flowMessage = message(
  0x100,
  Buffer.concat([
    Buffer.of(2, 0, 0, 0),
    tuple(1, 0x0a000001, 0x0a000009, [40000, 5432]),
    tuple(2, 0x0a000009, 0x0a000001, [5432, 40000]),
    tuple(14, 0x0a000001, 0x0a000009, [40001, 21]),
    attribute(3, big32(0x18e)),
    attribute(8, big32(0x8001)),
    attribute(7, big32(300)),
    attribute(4, attribute(1, attribute(1, Buffer.of(3)))),
  ]),
);
const socketMessage = message(
  20,
  Buffer.concat([
    Buffer.of(2, 1, 0, 0),
    big16(40000),
    big16(5432),
    big32(0x0a000001),
    Buffer.alloc(12),
    big32(0x0a000009),
    Buffer.alloc(12),
    Buffer.alloc(32),
  ]),
);
const flowText =
  '6 10.0.0.1 10.0.0.9 40000 5432 10.0.0.9 10.0.0.1 5432 40000 8001 18e 300 3 0 6 10.0.0.1 10.0.0.9 40001 21';

describe('the helper reads what the kernel lists', { skip: skipBuild }, () => {
  test('a flow', () => assert.deepEqual(run(parser, ['parse-flows'], flowMessage), [flowText, 'end 1 0 whole']));
  test('a socket', () =>
    assert.deepEqual(run(parser, ['parse-sockets'], socketMessage), ['6 10.0.0.1 40000 10.0.0.9 5432 1 0 0', 'end 1']));

  const seed = Number(process.env.PROPERTY_SEED ?? Date.now() % 1e9);
  test(`garbage does no harm, seed ${seed}`, () => {
    const random = seededRandom(seed);
    let flows = 0;
    for (let round = 0; round < 300; round++) {
      const [what, of] =
        round % 2 === 0 ? (['parse-flows', flowMessage] as const) : (['parse-sockets', socketMessage] as const);
      const messages = Array.from({ length: 20 }, () => mutated(of, random));
      const { status, stdout, stderr } = spawnSync(parser, [what], {
        input: Buffer.concat(messages),
        encoding: 'utf8',
      });
      // 3: a message that says it is longer than what is left, and everything behind it is not known.
      assert.ok(status === 0 || status === 3, `round ${round} ended with ${status}: ${stderr}`);
      const lines = stdout.split('\n').slice(0, -1);
      assert.match(lines.at(-1) ?? '', /^end /);
      if (what === 'parse-flows') for (const line of lines) assert.ok(parseFlowLine(line) !== null, line);
      flows += lines.length - 1;
    }
    assert.ok(flows > 1000, `only ${flows} were readable`);
  });

  function mutated(whole: Buffer, { below, chance }: ReturnType<typeof seededRandom>): Buffer {
    const copy = Buffer.from(whole);
    if (chance(0.3)) return copy;
    // Behind the first header, so that what follows is still looked at; sometimes there, too.
    const start = chance(0.02) ? 0 : 16;
    for (let i = 1 + below(4); i > 0; i--) copy[start + below(copy.length - start)] = below(256);
    return copy;
  }

  for (const args of [
    ['flows', 'x'],
    ['flows', '--netns'],
    ['unmark', '1', '2', '3'],
    ['unmark', '1', '2', '3', 'x'],
    ['unmark', '1', '2', '3', '0x100000000'],
    ['sockets', '--netns', '1', '2'],
    ['destroy', '6'],
  ])
    test(`"${args.join(' ')}" is no command`, () => {
      const { status, stderr } = spawnSync(helper, args, { encoding: 'utf8', input: '' });
      assert.equal(status, 2);
      assert.match(stderr, /usage|Cannot/);
    });

  test('a namespace that is not there', () => {
    const { status, stderr } = spawnSync(helper, ['flows', '--netns', '/nowhere'], { encoding: 'utf8' });
    assert.equal(status, 3);
    assert.match(stderr, /Cannot enter network namespace "\/nowhere"/);
  });
});

/** Both ends of some connections in one process; says what becomes of each. */
const endpoints = `
  const { createServer, connect } = require('node:net');
  const { createSocket } = require('node:dgram');
  const say = (...words) => console.log(words.join(' '));
  const tell = (name, socket) => {
    socket.on('error', (error) => say('failed', name, error.code));
    socket.on('close', () => say('closed', name));
    return socket;
  };
  const accepted = (name, server) => server.on('connection', (socket) => tell('accepted-' + name, socket).resume());
  const both = accepted('both', createServer()).listen(7001, '::');
  const udp = createSocket('udp4').on('message', (m, from) => udp.send(m, from.port, from.address));
  udp.bind(7002, '127.0.0.1', () => {
    const plain = tell('udp', createSocket('udp4'));
    plain.connect(7002, '127.0.0.1', () => plain.send('x'));
    plain.on('message', () => say('open udp', plain.address().port));
  });
  both.on('listening', () => {
    for (const [name, host] of [['four', '127.0.0.1'], ['six', '::1'], ['other', '127.0.0.1']]) {
      const socket = tell(name, connect(7001, host));
      socket.on('connect', () => say('open', name, socket.localPort));
    }
  });
  process.stdin.on('data', () => {
    const again = connect(7001, '127.0.0.1');
    again.on('connect', () => { say('again open'); again.destroy(); });
    again.on('error', (error) => say('again', error.code));
  });
  process.stdin.on('end', () => process.exit(0));
`;

const skipKernel = skipBuild || ((await noNetworkNamespaces()) ?? false);

describe('the helper looks at a kernel', { skip: skipKernel }, () => {
  let namespace: NetworkNamespace;
  let child: ChildProcess;
  const said: string[] = [];
  const ports = new Map<string, number>();

  before(async () => {
    namespace = await openNetworkNamespace();
    await namespace.run('ip', 'link', 'set', 'lo', 'up');
    await namespace.run(
      'nft',
      `table inet t {
        chain o {
          type filter hook output priority 0
          tcp dport 7001 ct mark set 0x10010
          udp dport 7002 ct mark set 0x10020
        }
      }`,
    );
    const [program = '', ...args] = [...namespace.enter, process.execPath, '-e', endpoints];
    child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      said.push(line);
      const [what, name, port] = line.split(' ');
      if (what === 'open' && name !== undefined) ports.set(name, Number(port));
    });
    await until(() => ports.size === 4);
  });
  after(async () => {
    const ended = once(child, 'exit');
    child.stdin?.end();
    await ended;
    await namespace.close();
  });

  async function until(condition: () => boolean): Promise<void> {
    for (const deadline = Date.now() + 5000; !condition(); ) {
      assert.ok(Date.now() < deadline, `waited for five seconds: ${said.join('; ')}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  const inside = () => ['--netns', String(namespace.pid)];
  const look = (...args: string[]) => run(helper, [...args, ...inside()]);
  const isFlow = (line: FlowLine | null) => line?.kind === 'flow';
  const flows = (): TrackedFlow[] =>
    look('flows')
      .map((line) => parseFlowLine(line))
      .filter(isFlow)
      .map((line) => (line as { flow: TrackedFlow }).flow);
  const marks = () => flows().map(({ mark }) => mark.toString(16));

  test('every flow of the namespace that is named, with its mark', () => {
    const lines = look('flows');
    assert.equal(lines.at(-1), 'end 4 0 whole');
    const texts = flows().map(
      ({ protocol, original, mark, state }) =>
        `${protocol} ${original.source} ${original.destination} ${original.sourcePort} ${original.destinationPort} ${mark.toString(16)} ${state}`,
    );
    const four = (name: string) => `6 127.0.0.1 127.0.0.1 ${ports.get(name)} 7001 10010 3`;
    assert.deepEqual(
      texts.sort(),
      [
        four('four'),
        four('other'),
        `6 ::1 ::1 ${ports.get('six')} 7001 10010 3`,
        `17 127.0.0.1 127.0.0.1 ${ports.get('udp')} 7002 10020 0`,
      ].sort(),
    );
  });

  test('by a path as well, and nothing of any other namespace', () => {
    assert.deepEqual(run(helper, ['flows', '--netns', `/proc/${namespace.pid}/ns/net`]).length, 5);
    assert.ok(run(helper, ['flows']).every((line) => !line.includes(' 7001 ')));
  });

  test('marks within the range are cleared, and bits beside ours are kept', () => {
    assert.deepEqual(look('unmark', '0xffff', '0x7fff', '0x20', '0x2f'), ['end 1 0 whole']);
    assert.deepEqual(marks().sort(), ['10000', '10010', '10010', '10010']);
    assert.deepEqual(look('unmark', '0xffff', '0x7fff', '0x11', '0x1f'), ['end 0 0 whole']);
    assert.deepEqual(look('unmark', '0xffff', '0x7fff', '1', '0x7fff'), ['end 3 0 whole']);
    assert.deepEqual(marks(), ['10000', '10000', '10000', '10000']);
  });

  test('sockets of both families, IPv4 over an IPv6 socket as IPv4, listening ones left out', () => {
    const lines = look('sockets');
    const four = ports.get('four');
    assert.ok(lines.some((line) => line.startsWith(`6 127.0.0.1 ${four} 127.0.0.1 7001 1 `)));
    // The server's end: a socket of IPv6.
    assert.ok(lines.some((line) => line.startsWith(`6 127.0.0.1 7001 127.0.0.1 ${four} 1 `)));
    assert.ok(lines.some((line) => line.startsWith(`6 ::1 7001 ::1 ${ports.get('six')} 1 `)));
    assert.ok(lines.some((line) => line.startsWith(`17 127.0.0.1 ${ports.get('udp')} 127.0.0.1 7002 1 `)));
    assert.equal(lines.at(-1), 'end 7');
  });

  test('what is named ends at both ends; what is not goes on, and the server listens', async () => {
    const [four, six, udp] = ['four', 'six', 'udp'].map((name) => ports.get(name));
    const wanted = [
      `6 127.0.0.1 7001 127.0.0.1 ${four}`,
      `6 ::1 ${six} ::1 7001`,
      `17 127.0.0.1 ${udp} 127.0.0.1 7002`,
      `6 127.0.0.1 7001 127.0.0.1 1`,
      `17 127.0.0.1 7002 127.0.0.1 ${udp}`,
    ];
    const answers = run(helper, ['destroy', ...inside()], `${wanted.join('\n')}\n`);
    assert.deepEqual(answers, ['ended', 'ended', 'ended', 'absent', 'absent', 'end 3']);
    await until(() => ['four', 'six', 'udp'].every((name) => said.some((line) => line.startsWith(`failed ${name} `))));
    const failed = said.filter((line) => line.startsWith('failed')).sort();
    assert.deepEqual(failed, [
      'failed accepted-both ECONNABORTED',
      'failed accepted-both ECONNRESET',
      'failed four ECONNRESET',
      'failed six ECONNABORTED',
      'failed udp ECONNABORTED',
    ]);
    child.stdin?.write('again\n');
    await until(() => said.some((line) => line.startsWith('again')));
    assert.ok(said.includes('again open'));
    assert.ok(!said.includes('closed other'));
  });

  for (const line of [
    'x',
    '6 127.0.0.1 1 127.0.0.1',
    '6 web-1 1 127.0.0.1 1',
    '1 127.0.0.1 1 127.0.0.1 1',
    '6 127.0.0.1 65536 ::1 1',
  ])
    test(`"${line}" is no connection, and nothing is ended`, () => {
      const input = `6 127.0.0.1 ${ports.get('other')} 127.0.0.1 7001\n${line}\n`;
      const { status, stderr } = spawnSync(helper, ['destroy', ...inside()], { input, encoding: 'utf8' });
      assert.equal(status, 2);
      assert.match(stderr, /Cannot end connection 2/);
      assert.ok(!said.includes('closed other'));
    });

  test('while it waits for names it can do nothing but change the network', async () => {
    const waiting = spawn(helper, ['destroy', ...inside()], { stdio: ['pipe', 'pipe', 'inherit'] });
    const status = () => readFileSync(`/proc/${waiting.pid}/status`, 'utf8');
    await until(() => status().includes('NoNewPrivs:\t1') && /CapEff:\t0{12}1000\n/.test(status()));
    assert.match(status(), /CapBnd:\t0{12}1000\n/);
    const ended = once(waiting, 'exit');
    waiting.stdin.end();
    assert.deepEqual(await ended, [0, null]);
  });
});
