import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseDoorAddress } from './agents-door.ts';
import { parseSynthOptions, type SynthWords } from './options.ts';

describe('options of synth', () => {
  const sound: readonly (readonly [words: SynthWords, expected: object])[] = [
    [{}, { workloads: 2000, apps: 40, edges: 20_000, seed: 1, reporters: 0, repeat: null, lasts: null, stay: false }],
    [
      { workloads: '30', apps: '5', edges: '60', seed: '0' },
      { workloads: 30, apps: 5, edges: 60, seed: 0 },
    ],
    [
      { repeat: '0.5', for: '10' },
      { repeat: 500, lasts: 10_000 },
    ],
    [
      { stay: true, for: '1', reporters: '0.25', add: true },
      { stay: true, lasts: 1000, reporters: 0.25, add: true },
    ],
  ];
  for (const [words, expected] of sound) {
    test(JSON.stringify(words), () => {
      const options = parseSynthOptions(words, '/c.sock');
      assert.ok(typeof options !== 'string', String(options));
      assert.deepEqual({ ...options, ...expected }, options);
    });
  }

  const refused: readonly (readonly [words: SynthWords, said: RegExp])[] = [
    [{ workloads: '1' }, /--workloads "1": a whole number from 2/],
    [{ workloads: '200001' }, /--workloads/],
    [{ workloads: '2e3' }, /--workloads/],
    [{ apps: '0' }, /--apps/],
    [{ apps: '2.5' }, /--apps/],
    [{ edges: '100001' }, /--edges/],
    [{ edges: '-1' }, /--edges/],
    [{ seed: 'x' }, /--seed/],
    [{ reporters: '1.1' }, /--reporters "1.1": a number from 0 to 1/],
    [{ repeat: '0' }, /--repeat/],
    [{ for: '5' }, /--repeat or --stay is needed/],
  ];
  for (const [words, said] of refused) {
    test(`${JSON.stringify(words)} is refused`, () => assert.match(String(parseSynthOptions(words, '/c.sock')), said));
  }

  test('the controller is where the data directory is, or where it is said', () => {
    const at = (words: SynthWords, socket: string | null) => {
      const options = parseSynthOptions(words, socket);
      return typeof options === 'string' ? options : options.controllerSocket;
    };
    assert.equal(at({ data: '/data' }, null), '/data/control.sock');
    assert.equal(at({ data: '/data' }, '/other.sock'), '/other.sock');
    assert.match(at({}, null), /--data DIR or --controller-socket SOCKET is needed/);
  });
});

describe('where agents connect', () => {
  const cases: readonly (readonly [text: string, address: object | null])[] = [
    ['unix:/run/a.sock', { path: '/run/a.sock' }],
    ['127.0.0.1:8444', { host: '127.0.0.1', port: 8444 }],
    ['0.0.0.0:8444', { host: '127.0.0.1', port: 8444 }],
    ['[::]:8444', { host: '::1', port: 8444 }],
    ['[fd00::1]:1', { host: 'fd00::1', port: 1 }],
    ['unix:a.sock', null],
    ['8444', null],
    ['', null],
  ];
  for (const [text, address] of cases) test(`"${text}"`, () => assert.deepEqual(parseDoorAddress(text), address));
});
