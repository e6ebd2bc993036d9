import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { addressFromBits } from '@bulkhead/net/address.ts';
import { noNetworkNamespaces, openNetworkNamespace } from '@bulkhead/testkit/network-namespace.ts';
import type { Done } from '../back-end.ts';
import { sampleContents, sampleRuleset } from '../sample-rulesets.ts';
import { inChunks, isInterrupted, isTooLong } from './chunks.ts';
import { nftablesBackEnd } from './driver.ts';

const script = `delete map inet t old
table inet t {
	counter c {
		comment "elements = {"
	}
	map a {
		typeof ip saddr : verdict
		elements = {
			10.0.0.1 : accept,
			10.0.0.2 : drop,
			10.0.0.3 : drop,
		}
	}
	map b {
		typeof ip saddr : verdict
	}
	set d {
		typeof ip saddr
		elements = {
			10.0.0.9,
		}
	}
	chain c {
		return
	}
}
`;

test('a script in chunks says the same: all but elements, then elements', () => {
  const [first, ...rest] = inChunks(script, 't', 2);
  assert.equal(
    first,
    script.replace(/\t\telements = \{\n(\t\t\t.*\n)+\t\t\}\n/g, ''),
    'and what only looks like elements stays',
  );
  assert.deepEqual(rest, [
    'add element inet t a {\n\t\t\t10.0.0.1 : accept,\n\t\t\t10.0.0.2 : drop,\n}\n',
    'add element inet t a {\n\t\t\t10.0.0.3 : drop,\n}\n',
    'add element inet t d {\n\t\t\t10.0.0.9,\n}\n',
  ]);
});

test('what may be tried otherwise, and what not', () => {
  const rows: readonly (readonly [string, boolean, boolean])[] = [
    ['netlink: Error: Message too long', true, false],
    ['netlink: Error: No buffer space available', true, false],
    ['netlink: Error: Interrupted system call', false, true],
    ['Error: Could not process rule: No such file or directory', false, false],
    ['Error: Could not process rule: Device or resource busy', false, false],
  ];
  for (const [message, long, interrupted] of rows) {
    const failure = { kind: 'failed', code: 'enforce-refused', message } as const;
    assert.deepEqual([isTooLong(failure), isInterrupted(failure)], [long, interrupted], message);
  }
});

const peers = (count: number, from = 0): HostRulesetContent => ({
  ...sampleContents.enforced,
  addresses: Array.from({ length: count }, (_, n) => ({
    address: addressFromBits(4, BigInt(0x0a000000 + from + n)),
    identity: 1 + (n % 2),
  })),
});

function value<T>(done: Done<T>): T {
  if (done.kind === 'failed') assert.fail(done.message);
  return done.value;
}

const skip = await noNetworkNamespaces();
test('where messages must be short, a ruleset is loaded in chunks and a large delta replaces it', {
  skip: skip ?? false,
}, async (context) => {
  const namespace = await openNetworkNamespace('of a user');
  context.after(() => namespace.close());
  const nft = [...namespace.enter, 'nft'];
  const backEnd = nftablesBackEnd({ command: nft });
  const large = sampleRuleset(peers(8000), { generation: 1, revision: 1 });
  value(await backEnd.replace(large));
  assert.equal(value(await backEnd.compare(large, 'everything')).kind, 'same');

  const base = value(await backEnd.held()) ?? assert.fail('nothing is held');
  const next = sampleRuleset(peers(8000, 8000), { generation: 2, revision: 2 });
  const addresses = { added: next.content.addresses, removed: large.content.addresses };
  value(await backEnd.amend({ base, next, addresses }));
  assert.equal(value(await backEnd.compare(next, 'everything')).kind, 'same');
  const held = value(await backEnd.held());
  assert.deepEqual([held?.generation, held?.structure], [2, 2], 'it was replaced');
});

test('this kernel does not take such a ruleset as one message there', { skip: skip ?? false }, async (context) => {
  const namespace = await openNetworkNamespace('of a user');
  context.after(() => namespace.close());
  const folder = mkdtempSync(join(tmpdir(), 'bulkhead-chunks-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const elements = Array.from({ length: 40_000 }, (_, n) => addressFromBits(4, BigInt(0x0a000000 + n)));
  const set = `table inet t {\n set s {\n type ipv4_addr\n elements = { ${elements.join(', ')} }\n }\n}\n`;
  writeFileSync(join(folder, 'set.nft'), set);
  await assert.rejects(namespace.run('nft', '-f', join(folder, 'set.nft')), /Message too long/);
});
