import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  type NetworkNamespace,
  noNetworkNamespaces,
  openNetworkNamespace,
} from '@bulkhead/testkit/network-namespace.ts';
import { features, nftablesFeatures } from './features.ts';

const skip = (await noNetworkNamespaces()) ?? false;
const folder = mkdtempSync(join(tmpdir(), 'bulkhead-features-'));
let namespace: NetworkNamespace;
before(async () => {
  if (skip === false) namespace = await openNetworkNamespace();
});
after(async () => {
  if (skip === false) await namespace.close();
  rmSync(folder, { recursive: true });
});

/** An nft that refuses every script in which the pattern stands. */
function olderNft(pattern: string): string {
  const path = join(folder, 'nft');
  const script = `#!/bin/sh
for word; do file=$word; done
if grep -Eq '${pattern}' "$file"; then echo 'Error: syntax error, unexpected string' >&2; exit 1; fi
exec nft "$@"
`;
  writeFileSync(path, script);
  chmodSync(path, 0o700);
  return path;
}

const cases: readonly (readonly [refuses: string, missing: readonly string[]])[] = [
  ['fib', ['fib lookups']],
  ['flags interval', ['maps of networks', 'port ranges with a protocol', 'ports before translation']],
  ['elements.*comment', ['comments on elements']],
  ['ct original', ['addresses before translation', 'ports before translation']],
  ['flags timeout', ['elements that time out']],
  ['a word that no script has', []],
];
for (const [refuses, missing] of cases)
  test(`an nft that refuses "${refuses}" lacks ${missing.length} features`, { skip }, async () => {
    const found = await nftablesFeatures({ command: [...namespace.enter, olderNft(refuses)] });
    assert.deepEqual(found, { kind: 'done', value: missing });
  });

test('the nft of this machine has them all, and looking changes nothing', { skip }, async () => {
  const found = await nftablesFeatures({ command: [...namespace.enter, 'nft'] });
  assert.deepEqual(found, { kind: 'done', value: [] });
  assert.equal(await namespace.run('nft', 'list', 'ruleset'), '');
});

test('an nft that takes nothing at all lacks no feature: it fails', { skip }, async () => {
  const found = await nftablesFeatures({ command: [...namespace.enter, olderNft('table')] });
  assert.equal(found.kind === 'failed' && found.code, 'enforce-refused');
  const absent = await nftablesFeatures({ command: [join(folder, 'none')] });
  assert.equal(absent.kind === 'failed' && absent.code, 'enforce-missing');
});

test('each has a name of its own', () => {
  assert.equal(new Set(features.map(({ name }) => name)).size, features.length);
});
