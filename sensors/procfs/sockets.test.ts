import assert from 'node:assert/strict';
import test from 'node:test';
import { cgroupUnit } from './cgroup-unit.ts';
import { hostAddresses } from './host-addresses.ts';
import { parsePasswd } from './passwd.ts';
import { parseEphemeralPorts, parseSockets } from './sockets.ts';

const ports = { first: 32768, last: 60999 };
const row = (local: string, state: string, rest = '00000000:00000000 00:00000000 00000000   33        0 812 1 0') =>
  `   0: ${local} 00000000:0000 ${state} ${rest}`;
const v6 = (word: string) => `${'0'.repeat(24)}${word}`;

for (const [name, line, protocol, expected] of [
  ['a listener', row('0100007F:1F90', '0A'), 'tcp', '127.0.0.1 8080 33 812'],
  ['the wildcard', row('00000000:0050', '0A'), 'tcp', '0.0.0.0 80 33 812'],
  ['the IPv6 wildcard', row(`${v6('00000000')}:0050`, '0A'), 'tcp', ':: 80 33 812'],
  ['an IPv6 address', row('010000FD000000000000000011000000:01BB', '0A'), 'tcp', 'fd00:1::11 443 33 812'],
  ['an IPv4 address in IPv6', row('0000000000000000FFFF00000B01000A:0050', '0A'), 'tcp', '10.0.1.11 80 33 812'],
  ['an unconnected UDP socket', row('0100007F:0035', '07'), 'udp', '127.0.0.1 53 33 812'],
  ['a connected UDP socket', row('0100007F:0035', '01'), 'udp', null],
  ['a UDP client on an ephemeral port', row('00000000:C350', '07'), 'udp', null],
  ['a TCP listener on an ephemeral port', row('00000000:C350', '0A'), 'tcp', '0.0.0.0 50000 33 812'],
  ['an established connection', row('0100007F:1F90', '01'), 'tcp', null],
  ['the state of the other protocol', row('0100007F:1F90', '07'), 'tcp', null],
  [
    'the heading',
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    'tcp',
    null,
  ],
  ['an address of odd length', row('0100007:1F90', '0A'), 'tcp', null],
  ['no port', row('0100007F', '0A'), 'tcp', null],
  ['a line that is cut off', '   0: 0100007F:1F90 00000000:0000 0A 0000', 'tcp', null],
  ['an inode that is no number', row('0100007F:1F90', '0A', 'a b c 33 0 x'), 'tcp', null],
  ['nothing', '', 'udp', null],
] as const)
  test(`socket line: ${name}`, () => {
    const found = parseSockets(`${line}\n`, protocol, ports).map((s) => `${s.address} ${s.port} ${s.uid} ${s.inode}`);
    assert.deepEqual(found, expected === null ? [] : [expected]);
  });

for (const [text, first, last] of [
  ['32768\t60999\n', 32768, 60999],
  ['1024 2048', 1024, 2048],
  ['x', 32768, 60999],
  [null, 32768, 60999],
] as const)
  test(`ephemeral ports ${JSON.stringify(text)}`, () => assert.deepEqual(parseEphemeralPorts(text), { first, last }));

for (const [text, unit] of [
  ['0::/system.slice/nginx.service\n', 'nginx.service'],
  ['9:name=systemd:/x.service\n0::/lab/web-1/api.service', 'api.service'],
  ['0::/user.slice/user-0.slice/session-3.scope', 'session-3.scope'],
  ['0::/system.slice/postgres.service/worker', 'postgres.service'],
  ['0::/machine.slice/outer.scope/inner.service', 'inner.service'],
  ['0::/', null],
  ['0::/system.slice', null],
  ['1:name=systemd:/system.slice/nginx.service', null],
  ['0::/service', null],
  ['0::/.service', null],
  ['', null],
] as const)
  test(`unit of ${JSON.stringify(text)}`, () => assert.equal(cgroupUnit(text), unit));

test('users by number', () => {
  const users = parsePasswd('root:x:0:0::/root:/bin/sh\ntoor:x:0:0\n# note\nbad:x:abc:1\n:x:5:5\nwww-data:x:33:33\n');
  assert.deepEqual(
    [...users],
    [
      [0, 'root'],
      [33, 'www-data'],
    ],
  );
});

test('addresses without loopback and link-local', () => {
  const entry = (address: string, internal = false) => ({ address, internal });
  const found = hostAddresses({
    lo: [entry('127.0.0.1', true), entry('::1', true)],
    eth1: [entry('fd00:1::11'), entry('fe80::1'), entry('febf::1'), entry('fec0::1')],
    eth0: [entry('10.0.1.11'), entry('169.254.3.4'), entry('127.0.0.9'), entry('nonsense')],
    none: undefined,
  });
  assert.deepEqual(
    found.map((a) => `${a.interface} ${a.address}`),
    ['eth0 10.0.1.11', 'eth1 fd00:1::11', 'eth1 fec0::1'],
  );
});
