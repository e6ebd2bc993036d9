import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryDirectory } from './testkit/temporary-directory.ts';

const helper = fileURLToPath(new URL('../native/build/bulkhead-helper', import.meta.url));
const skip = !existsSync(helper)
  ? 'native/build/bulkhead-helper is not built'
  : process.getuid?.() !== 0 && 'needs root to keep the administration of networks';

/** The helper over a script, with an nft that fails so many times and writes down what it was asked. */
function watching(t: TestContext, seconds: number, failures = 0) {
  const folder = temporaryDirectory(t);
  const [bin, script, calls] = [join(folder, 'bin'), join(folder, 'undo.nft'), join(folder, 'calls')];
  mkdirSync(bin);
  const fails = `[ $(wc -l <${calls}) -gt ${failures} ]`;
  writeFileSync(join(bin, 'nft'), `#!/bin/sh\necho "$@" >>${calls}; ${fails}\n`);
  chmodSync(join(bin, 'nft'), 0o755);
  writeFileSync(script, 'delete table inet t\n');
  const child = spawn(helper, ['watchdog', String(seconds), script], {
    env: { PATH: `${bin}:${process.env.PATH}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stderr.on('data', (piece) => {
    text += piece;
  });
  const files = () => readdirSync(folder).filter((name) => name.startsWith('undo'));
  const asked = () => (existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n') : []);
  const watches = once(child.stdout, 'data').then(([piece]) => String(piece));
  const ended = once(child, 'exit').then(([code]) => code);
  return { script, child, watches, ended, files, asked, text: () => text };
}

test('says that it watches, and goes back when nobody has taken the script', { skip }, async (t) => {
  const { script, watches, ended, files, asked, text } = watching(t, 1);
  assert.equal(await watches, 'watching\n');
  assert.deepEqual([await ended, files(), asked()], [0, ['undo.nft.reverted'], [`-f ${script}.taken`]]);
  assert.match(text(), /what was before is back/);
});

test('ends without a word when the script is taken', { skip }, async (t) => {
  const { script, watches, ended, asked, text } = watching(t, 600);
  await watches;
  renameSync(script, `${script}.kept`);
  assert.deepEqual([await ended, asked(), text()], [0, [], '']);
});

test('does not end for a signal that ends a group', { skip }, async (t) => {
  const { child, watches, ended, files } = watching(t, 1);
  await watches;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGPIPE'] as const) child.kill(signal);
  assert.deepEqual([await ended, files()], [0, ['undo.nft.reverted']]);
});

test('tries again when nft refuses, and says it when that does not help', { skip, timeout: 30_000 }, async (t) => {
  for (const [failures, code, left, calls] of [
    [2, 0, 'undo.nft.reverted', 3],
    [99, 3, 'undo.nft.failed', 5],
  ] as const) {
    const { ended, files, asked, text } = watching(t, 0, failures);
    assert.deepEqual([await ended, files(), asked().length], [code, [left], calls]);
    assert.equal(text().includes('Cannot take back'), code !== 0);
  }
});

for (const words of [['x', '/tmp/undo.nft'], ['1', 'undo.nft'], ['1', '/no/such/undo.nft'], ['1']])
  test(`watchdog ${words.join(' ')} is refused`, { skip }, async () => {
    const child = spawn(helper, ['watchdog', ...words], { stdio: 'ignore' });
    assert.equal((await once(child, 'exit'))[0], 2);
  });
