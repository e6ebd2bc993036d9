import assert from 'node:assert/strict';
import test from 'node:test';
import { backoff } from './backoff.ts';
import { parseFlags } from './flags.ts';
import { systemName } from './inventory.ts';
import { jsonLog, plainLog } from './log.ts';

const base = {
  task: 'run',
  controller: null,
  pairing: null,
  data: '/var/lib/bulkhead',
  helper: null,
  markMask: 0xffff,
  json: false,
  purge: false,
  timeout: 60,
  nameGrace: 3600,
};

for (const [words, expected] of [
  ['', base],
  ['--controller https://10.0.0.1:8444', { ...base, controller: { host: '10.0.0.1', port: 8444 } }],
  ['--controller https://[fd00::1]:8444', { ...base, controller: { host: 'fd00::1', port: 8444 } }],
  ['--controller https://console.example', { ...base, controller: { host: 'console.example', port: 443 } }],
  ['--pairing-key K', { ...base, pairing: { kind: 'text', value: 'K' } }],
  [
    '--pairing-key-file F --data D --json --helper H',
    { ...base, pairing: { kind: 'file', value: 'F' }, data: 'D', json: true, helper: 'H' },
  ],
  ['--once --name-grace 0', { ...base, task: 'load', nameGrace: 0 }],
  ['--wait-ready --timeout 2.5', { ...base, task: 'wait', timeout: 2.5 }],
  ['--once', { ...base, task: 'load' }],
  ['--uninstall', { ...base, task: 'uninstall' }],
  ['--uninstall --purge --data D', { ...base, task: 'uninstall', purge: true, data: 'D' }],
  ['--purge', /needs --uninstall/],
  ['--uninstall --once', /several things at once/],
  ['--pairing-key K --pairing-key-file F', /two pairing keys/],
  ['--mark-mask 0x00ff0000', { ...base, markMask: 0x00ff0000 }],
  ['--mark-mask 65280', { ...base, markMask: 0xff00 }],
  ['--mark-mask 0x7f', /at least eight bits/],
  ['--mark-mask 0xf0f0', /unbroken run/],
  ['--mark-mask 0x1ffffffff', /unbroken run/],
  ['--mark-mask x', /unbroken run/],
  ['--mark-mask 0', /unbroken run/],
  ['--once --wait-ready', /at once/],
  ['--controller http://10.0.0.1:8444', /https:\/\/HOST:PORT is needed/],
  ['--controller 10.0.0.1:8444', /is needed/],
  ['--controller https://10.0.0.1:8444/path', /is needed/],
  ['--controller https://user@10.0.0.1', /is needed/],
  ['--controller https://10.0.0.1:99999', /is needed/],
  ['--timeout 0', /a number up to/],
  ['--timeout x', /a number up to/],
  ['--unknown', /unknown/i],
  ['--data', /argument/],
  ['extra', /extra/],
] as const)
  test(`agent ${words}`, () => {
    const parsed = parseFlags(words === '' ? [] : words.split(' '));
    if (expected instanceof RegExp) assert.match(String(parsed), expected);
    else assert.deepEqual(parsed, expected);
  });

test('waits grow from a tenth of a second to eight, spread over the whole', () => {
  assert.deepEqual(
    [0, 1, 3, 30].map((n) => backoff(n, () => 1)),
    [200, 400, 1600, 8000],
  );
  assert.deepEqual(
    [0, 30].map((n) => backoff(n, () => 0)),
    [100, 100],
  );
});

for (const [text, name] of [
  ['NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n', 'Debian GNU/Linux 12 (bookworm)'],
  ['PRETTY_NAME=Alpine\n', 'Alpine'],
  ['XPRETTY_NAME=Alpine\n', 'unknown'],
  ['PRETTY_NAME="\n', 'unknown'],
  [null, 'unknown'],
] as const)
  test(`system name of ${JSON.stringify(text)}`, () => assert.equal(systemName(text), name));

test('a line of the log, for machines and for people', () => {
  const lines: string[] = [];
  for (const log of [jsonLog, plainLog])
    log(
      (line) => lines.push(line),
      () => 0,
    )('warn', 'Cannot "x"\n', { code: 'a"b' });
  assert.deepEqual(lines, [
    '{"time":"1970-01-01T00:00:00.000Z","level":"warn","message":"Cannot \\"x\\"\\n","code":"a\\"b"}\n',
    '1970-01-01T00:00:00.000Z warn  Cannot "x"  code="a\\"b"\n',
  ]);
});
