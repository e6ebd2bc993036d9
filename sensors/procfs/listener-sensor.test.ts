import assert from 'node:assert/strict';
import test from 'node:test';
import { type Address, parseAddress } from '@bulkhead/net/address.ts';
import { type FileTree, fakeFiles, hostFiles } from './file-tree.ts';
import { ListenerSensor } from './listener-sensor.ts';
import { type KnownListener, ListenerTable } from './listener-table.ts';

const tcpRow = (local: string, inode: number) => `0: ${local} 00000000:0000 0A 0:0 0:0 0 33 0 ${inode} 1 0\n`;

const host: Readonly<Record<string, string>> = {
  '/proc/self/net/tcp': tcpRow('0B01000A:0050', 100) + tcpRow('00000000:1538', 101),
  '/proc/self/net/udp6': '0: 00000000000000000000000000000000:0035 00000000:0000 07 0:0 0:0 0 0 0 102 1 0\n',
  '/etc/passwd': 'root:x:0:0:::\nwww-data:x:33:33:::\n',
  '/proc/1/fd/3': '-> socket:[100]',
  '/proc/1/exe': '-> /sbin/init',
  '/proc/40/fd/6': '-> socket:[100]',
  '/proc/40/exe': '-> /usr/sbin/nginx (deleted)',
  '/proc/40/cgroup': '0::/system.slice/nginx.service\n',
  '/proc/41/fd/6': '-> socket:[100]',
  '/proc/41/exe': '-> /usr/bin/other',
  '/proc/50/fd/1': '-> /dev/null',
  '/proc/50/fd/9': '-> socket:[102]',
  '/proc/50/cgroup': '0::/\n',
  '/var/lib/dpkg/info/nginx:amd64.list': '/.\n/usr\n/sbin/nginx\n',
  '/var/lib/dpkg/info/nginx.md5sums': '/usr/sbin/nginx\n',
};

const lineOf = (l: KnownListener) => [`${l.protocol} ${l.address} ${l.port}`, l.process, l.unit, l.package, l.user];

test('a listener is joined to process, unit, package and user; what is not known is null', () => {
  const sensor = new ListenerSensor(fakeFiles(host));
  assert.equal(sensor.refresh(), true);
  assert.deepEqual(sensor.table.listeners.map(lineOf), [
    ['tcp 10.0.1.11 80', '/usr/sbin/nginx', 'nginx.service', 'nginx', 'www-data'],
    ['tcp 0.0.0.0 5432', null, null, null, 'www-data'],
    ['udp :: 53', null, null, null, 'root'],
  ]);
});

test('process 1 owns a socket only when nobody else holds it', () => {
  const sensor = new ListenerSensor(fakeFiles({ ...host, '/proc/1/fd/4': '-> socket:[101]' }));
  sensor.refresh();
  assert.deepEqual(
    sensor.table.listeners.map((l) => l.process),
    ['/usr/sbin/nginx', '/sbin/init', null],
  );
});

test('descriptors are walked again only when sockets change, or three times for one without an owner', () => {
  const files = { ...host };
  let walks = 0;
  const counting: FileTree = {
    ...fakeFiles(files),
    list: (path) => {
      if (path === '/proc') walks++;
      return fakeFiles(files).list(path);
    },
  };
  const sensor = new ListenerSensor({ ...counting, readText: (path) => files[path] ?? null });
  const changes = Array.from({ length: 6 }, () => sensor.refresh());
  assert.deepEqual([changes, walks], [[true, false, false, false, false, false], 3]);
  files['/proc/self/net/tcp'] = tcpRow('0B01000A:0050', 100);
  assert.equal(sensor.refresh(), true);
  assert.equal(walks, 4);
});

test('an owner that appears late is found', () => {
  const files: Record<string, string> = { ...host };
  const sensor = new ListenerSensor({
    ...hostFiles,
    readText: (p) => files[p] ?? null,
    readLink: (p) => fakeFiles(files).readLink(p),
    list: (p) => fakeFiles(files).list(p),
  });
  sensor.refresh();
  files['/proc/60/fd/3'] = '-> socket:[101]';
  files['/proc/60/exe'] = '-> /usr/lib/postgresql/15/bin/postgres';
  assert.equal(sensor.refresh(), true);
  assert.equal(
    sensor.table.lookup('tcp', '10.0.1.11' as Address, 5432)?.process,
    '/usr/lib/postgresql/15/bin/postgres',
  );
});

test('a host where nothing can be read has no listeners', () => {
  const sensor = new ListenerSensor(fakeFiles({}));
  assert.equal(sensor.refresh(), false);
  assert.deepEqual(sensor.table.listeners, []);
});

const at = (protocol: 'tcp' | 'udp', address: string, port: number, user: string): KnownListener => {
  const parsed = parseAddress(address);
  assert.ok(parsed);
  return { protocol, address: parsed, port, process: null, unit: null, package: null, user };
};
const table = new ListenerTable([
  at('tcp', '10.0.1.11', 80, 'exact'),
  at('tcp', '0.0.0.0', 80, 'v4'),
  at('tcp', '::', 80, 'v6'),
  at('tcp', '::', 443, 'dual'),
  at('tcp', 'fd00::1', 8080, 'six'),
  at('udp', '0.0.0.0', 53, 'dns'),
  at('udp', '0.0.0.0', 53, 'dns'),
]);

test('of several sockets with one end is known what they have in common, whichever answers', () => {
  const one = { ...at('tcp', '0.0.0.0', 80, 'www-data'), process: '/usr/sbin/nginx', unit: 'nginx.service' };
  const common = (...others: readonly Partial<KnownListener>[]) => {
    const [only, more] = new ListenerTable([one, ...others.map((other) => ({ ...one, ...other }))]).listeners;
    assert.equal(more, undefined);
    return [only?.process, only?.unit, only?.package, only?.user];
  };
  assert.deepEqual(common({}, {}), ['/usr/sbin/nginx', 'nginx.service', null, 'www-data']);
  assert.deepEqual(common({ process: '/usr/bin/other' }, {}), [null, 'nginx.service', null, 'www-data']);
  assert.deepEqual(common({}, { process: null, unit: null, user: 'root' }), [null, null, null, null]);
});

for (const [protocol, address, port, user] of [
  ['tcp', '10.0.1.11', 80, 'exact'],
  ['tcp', '10.0.1.12', 80, 'v4'],
  ['tcp', 'fd00::9', 80, 'v6'],
  ['tcp', '10.0.1.11', 443, 'dual'],
  ['tcp', 'fd00::1', 8080, 'six'],
  ['udp', '10.0.1.11', 53, 'dns'],
  ['udp', 'fd00::1', 53, undefined],
  ['udp', '10.0.1.11', 80, undefined],
  ['tcp', 'fd00::2', 8080, undefined],
  ['tcp', '10.0.1.11', 8080, undefined],
  ['tcp', '10.0.1.11', 53, undefined],
  ['tcp', '10.0.1.11', 81, undefined],
] as const)
  test(`${protocol} ${address} ${port} is answered by ${user ?? 'nobody'}`, () => {
    const parsed = parseAddress(address);
    assert.ok(parsed);
    assert.equal(table.lookup(protocol, parsed, port)?.user, user);
  });

test('this machine: a listener of this process is found with its executable', async () => {
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const sensor = new ListenerSensor(hostFiles);
  sensor.refresh();
  assert.equal(sensor.table.lookup('tcp', '127.0.0.1' as Address, port)?.process, process.execPath);
  server.close();
});
