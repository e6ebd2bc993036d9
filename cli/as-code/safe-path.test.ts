import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { wrongPath } from './safe-path.ts';

const directory = mkdtempSync(join(tmpdir(), 'bulkhead-path-'));
after(() => rmSync(directory, { recursive: true }));
mkdirSync(join(directory, 'teams'));
writeFileSync(join(directory, 'file.yaml'), '');
symlinkSync('/etc', join(directory, 'outside'));
symlinkSync('teams', join(directory, 'inside'));
symlinkSync('/etc/hostname', join(directory, 'link.yaml'));

const cases: readonly (readonly [path: string, right: boolean])[] = [
  ['a.yaml', true],
  ['file.yaml', true],
  ['teams/a.yaml', true],
  ['teams/shop/a.yaml', true],
  ['..a/b..yaml', true],
  ['.hidden/a.yaml', true],
  ['.gitignore', true],
  ['', false],
  ['/etc/a.yaml', false],
  ['..', false],
  ['../a.yaml', false],
  ['teams/../../a.yaml', false],
  ['./a.yaml', false],
  ['teams//a.yaml', false],
  ['teams/', false],
  ['teams', false],
  ['a\\b.yaml', false],
  ['a\nb.yaml', false],
  ['a\0.yaml', false],
  ['.git/hooks/pre-commit', false],
  ['.GIT/config', false],
  ['teams/.git/config', false],
  ['.bulkhead.json', false],
  ['file.yaml/a.yaml', false],
  ['outside/a.yaml', false],
  ['inside/a.yaml', false],
  ['link.yaml', false],
];

for (const [path, right] of cases)
  test(`${JSON.stringify(path)} is ${right ? '' : 'not '}a path below a directory`, () =>
    assert.equal(wrongPath(directory, path) === null, right, wrongPath(directory, path) ?? ''));
