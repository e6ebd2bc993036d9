import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bulkhead } from '../testkit.ts';

const cases: readonly (readonly [words: string, code: number, out: RegExp, said: RegExp])[] = [
  ['ring-fence --set app=shop', 0, /^kind: Ruleset\nname: ring-shop$/m, /^$/],
  ['ring-fence --json --set app=shop', 0, /^{"name":"ring-fence","text":"# /, /^$/],
  ['--list', 0, /^ring-fence: .*\nSETTING/, /^$/],
  ['', 0, /^ring-fence: .*\nSETTING/, /^$/],
  ['--json', 0, /^\[{"name":"ring-fence","about"/, /^$/],
  ['ring-fence', 2, /^$/, /missing-setting: Cannot fill the setting "app"/],
  ['ring-fence --set app', 2, /^$/, /Cannot read --set "app"/],
  ['ring-fence --set app=shop --set form=a', 2, /^$/, /did you mean "from"/],
  ['ring-fense', 2, /^$/, /did you mean "ring-fence"/],
];

for (const [words, code, out, said] of cases)
  test(`policy template ${words}: ${code}`, () => {
    const ran = bulkhead(['policy', 'template', ...words.split(' ').filter((word) => word !== '')]);
    assert.equal(ran.code, code);
    assert.match(ran.stdout, out);
    assert.match(ran.stderr, said);
  });
