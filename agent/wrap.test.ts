import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { nftablesBackEnd } from '@bulkhead/enforce/nftables/driver.ts';
import { stampCount } from '@bulkhead/enforce/nftables/stamp.ts';
import type { HostRuleset, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { contentHash } from '@bulkhead/model/host-ruleset-text.ts';
import { type Address, parseAddress } from '@bulkhead/net/address.ts';
import {
  type NetworkNamespace,
  noNetworkNamespaces,
  openNetworkNamespace,
} from '@bulkhead/testkit/network-namespace.ts';
import { connectionsOf } from './connections.ts';
import { stampSweeper } from './stamp-sweeper.ts';

const helper = fileURLToPath(new URL('../native/build/bulkhead-helper', import.meta.url));
const markMask = 0xff00;
const [own, peer] = ['10.0.0.9', '10.0.0.2'] as const;
const deny = { verdict: 'deny', rule: null, tier: null } as const;
const allow = { verdict: 'allow', rule: 'live/allow', tier: 'application' } as const;

function rules(isAllowed: boolean, generation: number): HostRuleset {
  const table = { cells: [{ identity: 1, class: 1, decision: 1 }], miss: 0 };
  const content: HostRulesetContent = {
    identities: [{ id: 1, name: 'peers' }],
    addresses: isAllowed ? [{ address: parseAddress(peer) as Address, identity: 1 }] : [],
    prefixes: [],
    classes: [{ id: 1, services: [{ first: 17 * 65536 + 8080, last: 17 * 65536 + 8080 }] }],
    decisions: [
      { number: 0, effective: deny, intended: deny },
      { number: 1, effective: allow, intended: allow },
    ],
    ends: [{ addresses: [], inbound: table, outbound: { cells: [], miss: 0 } }],
  };
  const numbers = { format: 1, workload: 'w', version: 1, generation, revision: generation } as const;
  return { ...numbers, content, hash: contentHash(content) };
}

const server = `const s = require('node:dgram').createSocket('udp4');
  s.on('message', (m, from) => s.send(m, from.port, from.address, () => {}));
  s.bind(8080, '${own}', () => console.log('ready'));
  process.stdin.on('end', () => process.exit(0)).resume();`;
const client = `const s = require('node:dgram').createSocket('udp4');
  s.on('message', (m) => console.log('heard ' + m));
  s.bind(9090, '${peer}', () => console.log('ready'));
  process.stdin.on('data', (line) => s.send(String(line).trim(), 8080, '${own}', () => {}));
  process.stdin.on('end', () => process.exit(0));`;

describe('epochs that wrap', { skip: (await noNetworkNamespaces()) ?? false }, () => {
  let namespaces: NetworkNamespace[] = [];
  const children: ChildProcess[] = [];
  const heard = new Set<string>();
  before(async () => {
    const [near, far] = [await openNetworkNamespace(), await openNetworkNamespace()];
    namespaces = [near, far];
    await near.run('ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(far.pid));
    for (const [namespace, text, script] of [
      [near, own, server],
      [far, peer, client],
    ] as const) {
      await namespace.run('ip', 'addr', 'add', `${text}/24`, 'dev', 'eth0');
      await namespace.run('ip', 'link', 'set', 'eth0', 'up');
      const [program = '', ...args] = [...namespace.enter, process.execPath, '-e', script];
      const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
      children.push(child);
      const ready = once(child.stdout, 'data');
      createInterface({ input: child.stdout }).on('line', (line) => heard.add(line));
      await ready;
    }
  });
  after(async () => {
    for (const child of children) {
      const ended = once(child, 'exit');
      child.stdin?.end();
      await ended;
    }
    for (const namespace of namespaces) await namespace.close();
  });

  /** A datagram is answered within a moment, or the one that was sent behind it and may pass is. */
  async function passes(word: string): Promise<boolean> {
    children[1]?.stdin?.write(`${word}\n`);
    for (let i = 0; i < 40 && !heard.has(`heard ${word}`); i++) await new Promise((resolve) => setTimeout(resolve, 10));
    return heard.has(`heard ${word}`);
  }

  for (const [sweeping, expected] of [
    [true, 'is judged when it wakes'],
    [false, 'would be taken for one that is allowed now, without a sweep'],
  ] as const)
    test(`a flow that slept through all of them ${expected}`, async () => {
      const [near] = namespaces;
      assert.ok(near !== undefined);
      const { sweep, failure } = stampSweeper(connectionsOf([...near.enter, helper]));
      // A table of its own name has no memory of the other test's epochs.
      const table = sweeping ? 'bulkhead' : 'without';
      const command = [...near.enter, 'nft'];
      const backEnd = nftablesBackEnd({ command, markMask, table, sweep: sweeping ? sweep : null });
      const count = stampCount(markMask);
      await backEnd.replace(rules(true, 1));
      assert.ok(await passes(`${table} 1`), 'an allowed flow');
      let base = await heldBy(backEnd);
      await amend(rules(false, 2), { added: [], removed: rules(true, 1).content.addresses });
      assert.equal(await passes(`${table} 2`), false, 'denied, and never sends again until all epochs were given');
      for (let generation = 3; generation <= count + 1; generation++)
        await amend(rules(false, generation), { added: [], removed: [] });
      assert.equal(await passes(`${table} ${count + 1}`), !sweeping);
      assert.equal(failure(), null);
      await backEnd.remove();

      async function amend(next: HostRuleset, addresses: Parameters<typeof backEnd.amend>[0]['addresses']) {
        const done = await backEnd.amend({ base, next, addresses });
        assert.equal(done.kind, 'done', done.kind === 'failed' ? done.message : '');
        const { generation, revision, version, hash } = next;
        base = { ...base, generation, revision, version, hash };
      }
    });
});

async function heldBy(backEnd: ReturnType<typeof nftablesBackEnd>) {
  const held = await backEnd.held();
  assert.ok(held.kind === 'done' && held.value !== null);
  return held.value;
}
