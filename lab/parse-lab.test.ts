import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parseLab } from './parse-lab.ts';
import { repository } from './site.ts';
import { smallLab } from './testkit.ts';

const codes = (text: string): string[] => parseLab(text, 'lab.yaml').problems.map((problem) => problem.code);

describe('the shop', () => {
  const { lab, problems } = parseLab(readFileSync(`${repository}/examples/shop.yaml`, 'utf8'), 'shop.yaml');

  test('has no problems, 14 hosts and 32 edges', () => {
    assert.deepEqual(problems, []);
    assert.equal(lab?.hosts.length, 14);
    assert.equal(lab?.edges.length, 32);
  });

  test('runs an exporter on every managed host and no agent on client and attacker', () => {
    const exporters = lab?.hosts.filter((host) => host.daemons.some((daemon) => daemon.run === 'node-exporter'));
    assert.deepEqual(
      exporters,
      lab?.hosts.filter((host) => host.managed),
    );
    assert.deepEqual(
      lab?.hosts.filter((host) => !host.managed).map((host) => host.name),
      ['client-1', 'attacker-1'],
    );
  });
});

describe('problems', () => {
  const cases: readonly (readonly [what: string, from: string, to: string, code: string])[] = [
    ['unknown key', 'domain: lab.test', 'domain: lab.test\ndomian: x', 'lab-key'],
    ['missing domain', 'domain: lab.test', '', 'lab-missing'],
    ['another kind', 'kind: Lab', 'kind: Rab', 'lab-kind'],
    ['unknown daemon', 'redis', 'rediss', 'lab-daemon'],
    ['a key the daemon does not take', '{run: nginx, api: api-1}', '{run: nginx, api: api-1, rate: 1}', 'lab-key'],
    ['a daemon without its host', '{run: nginx, api: api-1}', '{run: nginx}', 'lab-missing'],
    ['a daemon pointing nowhere', '{run: nginx, api: api-1}', '{run: nginx, api: api-9}', 'lab-reference'],
    ['a rate of zero', 'rate: 2', 'rate: 0', 'lab-number'],
    ['a rate in words', 'rate: 2', 'rate: two', 'lab-number'],
    ['an edge from nowhere', 'from: client-1', 'from: client-9', 'lab-reference'],
    ['a service that is none', 'service: tcp/80', 'service: tcp/x', 'lab-service'],
    ['a service that is a range', 'service: tcp/80', 'service: tcp/80-81', 'lab-service'],
    ['an address outside the segment', '10.1.1.11', '10.2.1.11', 'lab-address'],
    ['two hosts with one address', '10.1.1.12', '10.1.1.11', 'lab-duplicate'],
    ['two hosts of one name', 'name: web-1', 'name: api-1', 'lab-duplicate'],
    ['a name too long for a link', 'name: web-1', 'name: web-1234567890', 'lab-name'],
    ['a name with a capital', 'name: web-1', 'name: Web-1', 'lab-name'],
    [
      'a guest with the address of a host',
      'redis, dnsmasq]',
      'redis, dnsmasq], guests: [{name: g, addresses: [10.1.1.11, "fd01:2::1"]}]',
      'lab-duplicate',
    ],
    [
      'a guest with the name of a host',
      'redis, dnsmasq]',
      'redis, dnsmasq], guests: [{name: web-1, addresses: [10.9.1.1, "fd01:2::1"]}]',
      'lab-duplicate',
    ],
    [
      'a guest of one family',
      'redis, dnsmasq]',
      'redis, dnsmasq], guests: [{name: g, addresses: [10.9.1.1]}]',
      'lab-addresses',
    ],
    [
      'a guest with a name too long',
      'redis, dnsmasq]',
      'redis, dnsmasq], guests: [{name: g234567890abcd, addresses: [10.9.1.1, "fd01:2::1"]}]',
      'lab-name',
    ],
    ['only one family', '[10.1.1.11, "fd01:1::11"]', '[10.1.1.11]', 'lab-addresses'],
    [
      'an unknown segment',
      'segment: only, addresses: [10.1.1.11',
      'segment: other, addresses: [10.1.1.11',
      'lab-segment',
    ],
    ['a prefix of the wrong family', 'v4: 10.1.1.0/24', 'v4: "fd01::/64"', 'lab-prefix'],
    ['a prefix with host bits', 'v4: 10.1.1.0/24', 'v4: 10.1.1.1/24', 'lab-prefix'],
    ['broken YAML', 'kind: Lab', 'kind: [Lab', 'yaml'],
    ['an alias', 'domain: lab.test', 'domain: *x', 'lab-shape'],
    ['a number for a name', 'name: web-1', 'name: 7', 'lab-shape'],
  ];
  for (const [what, from, to, code] of cases) {
    test(`${what}: ${code}`, () => {
      assert.ok(smallLab.includes(from), 'the case replaces something');
      const { lab, problems } = parseLab(smallLab.replace(from, to), 'lab.yaml');
      assert.ok(
        problems.some((problem) => problem.code === code),
        JSON.stringify(problems),
      );
      assert.equal(lab, null);
    });
  }

  test('the small lab itself has none', () => assert.deepEqual(codes(smallLab), []));
  test('an empty file', () => assert.deepEqual(codes(''), ['lab-empty']));
  test('two documents', () => assert.ok(codes(`${smallLab}---\n${smallLab}`).includes('lab-documents')));
  test('a file over the limit', () => assert.deepEqual(codes('#'.repeat(1_000_001)), ['lab-size']));

  test('all problems at once, each with its place', () => {
    const { problems } = parseLab(smallLab.replace('rate: 2', 'rate: 0').replace('redis', 'rediss'), 'lab.yaml');
    assert.deepEqual(problems.map(({ code }) => code).sort(), ['lab-daemon', 'lab-number']);
    assert.ok(problems.every(({ place }) => place !== null && place.line > 1 && place.column > 1));
  });
});
