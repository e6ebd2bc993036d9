import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLockfile, checkPins } from './check-lockfile.ts';

const sound = { version: '1.0.0', integrity: 'sha512-x' };

test('packages with integrity and workspace links pass', () => {
  const packages = {
    '': {},
    net: { version: '0.1.0' },
    'node_modules/a': sound,
    'node_modules/b': { link: true, resolved: 'net' },
  };
  assert.deepEqual(checkLockfile(packages), []);
});

test('a resolved host and a missing integrity do not', () => {
  const resolved = { ...sound, resolved: 'https://registry.example/a.tgz' };
  assert.equal(checkLockfile({ 'node_modules/a': resolved }).length, 1);
  assert.equal(checkLockfile({ 'node_modules/a': { version: '1.0.0' } }).length, 1);
  assert.equal(checkLockfile({ 'node_modules/a/node_modules/b': { version: '1.0.0' } }).length, 1);
});

for (const version of ['^1.0.0', '~1.0.0', '1.x', '*', 'latest', '1.0', '>=1.0.0', 'file:../a', '']) {
  test(`"${version}" is not one version`, () => {
    assert.equal(checkPins('a/package.json', { dependencies: { a: version } }).length, 1);
    assert.equal(checkPins('a/package.json', { devDependencies: { a: version } }).length, 1);
  });
}

for (const version of ['1.0.0', '1.5.6-r.1']) {
  test(`"${version}" is`, () => assert.deepEqual(checkPins('a/package.json', { dependencies: { a: version } }), []));
}
