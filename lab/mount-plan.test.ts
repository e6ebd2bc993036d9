import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mountPlan, pathOnMachine } from './mount-plan.ts';

const folder = '/run/bulkhead-lab/estate/web-1';
const targets = (kept: string[]): string[] => mountPlan(folder, kept, []).map((mount) => mount.target);

test('a host has its own directories, and the one above its folder comes last', () => {
  assert.deepEqual(targets([]), ['/etc', '/home', '/opt', '/root', '/tmp', '/var/lib', '/var/log', '/run']);
  const elsewhere = mountPlan('/var/lib/bulkhead-lab/web-1', [], []).at(-1);
  assert.equal(elsewhere?.target, '/var/lib');
});

const kept: readonly (readonly [path: string, target: string | null])[] = [
  ['/tmp/checkout', `${folder}/tmp/checkout`],
  ['/var/lib/ci/checkout', `${folder}/var-lib/ci/checkout`],
  ['/run/bulkhead-lab/estate/cache', `${folder}/run/bulkhead-lab/estate/cache`],
  ['/root/checkout', `${folder}/root/checkout`],
  ['/srv/checkout', null],
  ['/tmpfoo/checkout', null],
  ['/var/libs/checkout', null],
];
for (const [path, target] of kept) {
  test(`${path} ${target === null ? 'is visible anyway' : 'is bound before its directory is hidden'}`, () => {
    const [first] = mountPlan(folder, [path], []);
    if (target === null) assert.equal(first?.target, '/etc');
    else assert.deepEqual(first, { source: path, target });
  });
}

test('a path of the host lies in its folder on the machine; others are refused', () => {
  assert.equal(pathOnMachine(folder, '/etc/hosts'), `${folder}/etc/hosts`);
  assert.equal(pathOnMachine(folder, '/var/lib/redis'), `${folder}/var-lib/redis`);
  assert.throws(() => pathOnMachine(folder, '/usr/bin/node'));
  assert.throws(() => pathOnMachine(folder, '/etcetera'));
});
