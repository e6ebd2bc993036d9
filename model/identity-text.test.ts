import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canonicalDomain, wrongDomain } from './domain-text.ts';
import { formatDuration, parseDuration } from './duration-text.ts';
import { processHint, wrongProcess, wrongUser } from './identity-text.ts';

const long = (length: number): string => 'a'.repeat(length);

const processes: readonly (readonly [sound: boolean, text: string])[] = [
  [true, '/usr/sbin/nginx'],
  [true, '/opt/a b/ü$(x)'],
  [true, `/${long(4094)}`],
  [true, 'nginx.service'],
  [true, 'user@1000.service'],
  [true, 'app-gnome\\x2dshell-1.scope'],
  [false, ''],
  [false, '/'],
  [false, '/usr/sbin/'],
  [false, '//usr/sbin/nginx'],
  [false, '/usr/./nginx'],
  [false, '/usr/..'],
  [false, 'usr/sbin/nginx'],
  [false, 'nginx'],
  [false, '.service'],
  [false, 'nginx.timer'],
  [false, 'a b.service'],
  [false, '/a\nb'],
  [false, '/a\ud800'],
  [false, `/${long(4095)}`],
];

const users: readonly (readonly [sound: boolean, text: string])[] = [
  [true, 'ana'],
  [true, 'CORP\\ana'],
  [true, 'ana@corp.example'],
  [true, 'Ana María'],
  [true, 'machine$'],
  [true, long(256)],
  [false, ''],
  [false, ' ana'],
  [false, 'ana '],
  [false, 'a"b'],
  [false, "a'b"],
  [false, 'a`b'],
  [false, 'a\tb'],
  [false, 'a\u2028b'],
  [false, long(257)],
];

const domains: readonly (readonly [sound: boolean, text: string])[] = [
  [true, 'example.org'],
  [true, 'localhost'],
  [true, '*.example.org'],
  [true, '*.org'],
  [true, '_ldap._tcp.corp.example'],
  [true, 'xn--bcher-kva.example'],
  [true, '1.example'],
  [true, `${long(63)}.example`],
  [true, `${`${long(49)}.`.repeat(5)}abc`],
  [false, ''],
  [false, '*'],
  [false, '*.'],
  [false, '*.*.example'],
  [false, '*example.org'],
  [false, 'a.*.example'],
  [false, '.example'],
  [false, 'a..example'],
  [false, 'example..'],
  [false, '-a.example'],
  [false, 'a-.example'],
  [false, 'a b.example'],
  [false, 'bücher.example'],
  [false, '10.0.0.1'],
  [false, 'a.1'],
  [false, 'fd00::1'],
  [false, `${long(64)}.example`],
  [false, `${`${long(49)}.`.repeat(5)}abcd`],
];

for (const [what, table, wrong] of [
  ['process', processes, wrongProcess],
  ['user', users, wrongUser],
  ['domain name', domains, wrongDomain],
] as const)
  test(`what is a ${what} and what is not`, () => {
    for (const [sound, text] of table)
      assert.equal(wrong(text) === null, sound, `${text.slice(0, 60)}: ${wrong(text)}`);
  });

test('a domain name has one text', () => {
  const cases = [
    ['Example.ORG', 'example.org'],
    ['example.org.', 'example.org'],
    ['*.Example.org.', '*.example.org'],
    ['example..', 'example..'],
    ['.', '.'],
  ] as const;
  for (const [text, canonical] of cases) assert.equal(canonicalDomain(text), canonical, text);
});

test('what a process may have been meant to be', () => {
  const cases = [
    ['nginx', /nginx\.service/],
    ['/usr//sbin/nginx', /write \/usr\/sbin\/nginx$/],
    ['/usr/./nginx/', /write \/usr\/nginx$/],
    ['/usr/../nginx', null],
    ['/', null],
    ['./nginx', null],
  ] as const;
  for (const [text, hint] of cases)
    if (hint === null) assert.equal(processHint(text), undefined, text);
    else assert.match(processHint(text) ?? '', hint, text);
});

test('durations are read and written in their largest whole unit', () => {
  const cases = [
    ['1s', 1000, '1s'],
    ['90s', 90_000, '90s'],
    ['60s', 60_000, '1m'],
    ['120m', 7_200_000, '2h'],
    ['24h', 86_400_000, '1d'],
    ['25h', 90_000_000, '25h'],
  ] as const;
  for (const [text, milliseconds, written] of cases) {
    assert.equal(parseDuration(text), milliseconds, text);
    assert.equal(formatDuration(milliseconds), written, text);
  }
  for (const text of ['', '0s', '1', 's', '1w', '01s', '1.5h', ' 1s', '1 s', '-1s', '1234567890s'])
    assert.equal(parseDuration(text), null, text);
});
