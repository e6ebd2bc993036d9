import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { identify, isAlive, launchers } from '@bulkhead/sensors/procfs/process-identity.ts';
import { parseOptions } from './options.ts';
import { readScenario } from './scenario.ts';
import { checkedRun } from './site.ts';

describe('run directory', () => {
  const cases: readonly (readonly [path: string, run: string | null])[] = [
    ['/run/bulkhead-lab', '/run/bulkhead-lab'],
    ['/run/bulkhead-lab-2/', '/run/bulkhead-lab-2'],
    ['/run', null],
    ['/', null],
    ['/run/bulkhead-lab/..', null],
    ['/run/lab', null],
    ['/run/bulkhead-lab two', null],
  ];
  for (const [path, run] of cases) test(`${path} -> ${run}`, () => assert.equal(checkedRun(path), run));
});

describe('options', () => {
  test('words after -- are left alone', () => {
    const parsed = parseOptions(['run-on', 'web-1', '--json', '--', 'ls', '--json', '-l']);
    assert.ok(parsed.kind === 'options');
    assert.deepEqual(parsed.options.words, ['run-on', 'web-1', 'ls', '--json', '-l']);
    assert.equal(parsed.options.json, true);
  });
  for (const words of [
    ['up', '--nope'],
    ['up', '--run'],
    ['up', '--run', '/etc'],
  ]) {
    test(`${words.join(' ')} is refused`, () => assert.equal(parseOptions(words).kind, 'bad'));
  }
});

describe('scenario', () => {
  test('every kind of step', () => {
    const text = `
- traffic: reset
- wait: 2
- trigger: report
- attack: scan
- agent: kill web-1
- {connect: web-1 -> db-1 tcp/5432, expect: filtered}
- traffic: clean
`;
    const { steps, problems } = readScenario(text, 's.yaml');
    assert.deepEqual(problems, []);
    assert.deepEqual(steps.at(-2), {
      kind: 'ask',
      request: { op: 'connect', from: 'web-1', to: 'db-1', service: 'tcp/5432' },
      expect: 'filtered',
    });
    assert.equal(steps.length, 7);
  });
  const bad = [
    '- nope: 1',
    '- wait: soon',
    '- wait: -1',
    '- connect: web-1',
    '- [x]',
    '- traffic: some',
    'x: 1',
    '- {wait: 1, attack: scan}',
    '- *a',
  ];
  for (const text of bad) {
    test(`${text} is refused`, () => assert.equal(readScenario(text, 's.yaml').problems.length, 1));
  }
});

describe('process identity', () => {
  test('this process is alive, and its parent is the first of its launchers', () => {
    const self = identify(process.pid);
    assert.ok(self !== null && isAlive(self));
    assert.equal(launchers(process.pid)[0]?.pid, process.ppid);
  });
  test('a process that ended is not alive, nor is another one of its number', async () => {
    const child = spawn('sleep', ['60']);
    const identity = identify(child.pid ?? 0);
    assert.ok(identity !== null && isAlive(identity));
    assert.equal(isAlive({ ...identity, start: '1' }), false);
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(isAlive(identity), false);
  });
});
