import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { nftablesBackEnd } from '@bulkhead/enforce/nftables/driver.ts';
import type { HostRuleset, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { contentHash } from '@bulkhead/model/host-ruleset-text.ts';
import { type Address, parseAddress } from '@bulkhead/net/address.ts';
import { hostFiles } from '@bulkhead/sensors/procfs/file-tree.ts';
import {
  type NetworkNamespace,
  noNetworkNamespaces,
  openNetworkNamespace,
} from '@bulkhead/testkit/network-namespace.ts';
import { connectionsOf } from './connections.ts';
import { LiveConnections } from './live-connections.ts';
import { silentLog } from './log.ts';
import { Problems } from './problems.ts';
import type { EndsOrder, EndsReport } from './testkit/counting-ends.ts';

const helper = fileURLToPath(new URL('../native/build/bulkhead-helper', import.meta.url));
const port = 8080;
const host = ['10.0.0.9', 'fd00::9'] as const;
const peers = { keep: ['10.0.0.1', 'fd00::1'], cut: ['10.0.0.2', 'fd00::2'] } as const;
const address = (text: string): Address => parseAddress(text) ?? assert.fail(text);
const allow = { verdict: 'allow', rule: 'live/allow', tier: 'application' } as const;
const deny = { verdict: 'deny', rule: null, tier: null } as const;

/** Of either end: peers with identity 1 may connect in both directions. */
function rules(allowed: readonly string[], generation: number): HostRuleset {
  const cells = [1, 0].map((identity) => ({ identity, class: 2 - identity, decision: 1 }));
  const table = { cells, miss: 0 };
  const content: HostRulesetContent = {
    identities: [{ id: 1, name: 'peers' }],
    addresses: allowed.map((text) => ({ address: address(text), identity: 1 })),
    prefixes: [],
    classes: [
      { id: 1, services: [{ first: 6 * 65536 + port, last: 6 * 65536 + port }] },
      // Neighbours find each other.
      { id: 2, services: [{ first: 58 * 65536 + 135 * 256, last: 58 * 65536 + 136 * 256 + 255 }] },
    ],
    decisions: [
      { number: 0, effective: deny, intended: deny },
      { number: 1, effective: allow, intended: allow },
    ],
    ends: [{ addresses: [], inbound: table, outbound: table }],
  };
  const numbers = { format: 1, workload: 'w', version: 1, generation, revision: generation } as const;
  return { ...numbers, content, hash: contentHash(content) };
}

/** A namespace with connections and, if it has an agent, what that does after a change. */
class Side {
  readonly namespace: NetworkNamespace;
  readonly ended: Extract<EndsReport, { kind: 'ended' }>[] = [];
  readonly problems = new Problems(silentLog);
  readonly #child: ReturnType<typeof spawn>;
  readonly #said = new Set<string>();
  readonly #live: LiveConnections;
  readonly #kernel: ReturnType<typeof nftablesBackEnd>;

  constructor(namespace: NetworkNamespace, addresses: readonly string[]) {
    this.namespace = namespace;
    const script = fileURLToPath(new URL('testkit/counting-ends.ts', import.meta.url));
    const [program = '', ...args] = [...namespace.enter, process.execPath, script];
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.#child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const report = JSON.parse(line) as EndsReport;
      if (report.kind === 'ended') this.ended.push(report);
      else this.#said.add(report.kind);
    });
    this.#kernel = nftablesBackEnd({ command: [...namespace.enter, 'nft'] });
    const connections = connectionsOf([...namespace.enter, helper]);
    const flows = { connections, reversed: 0x8000, unswept: () => null, marks: async () => assert.fail() };
    const parts = { flows, problems: this.problems, log: silentLog, files: hostFiles };
    this.#live = new LiveConnections({ ...parts, hostAddresses: () => addresses });
  }

  async order(order: EndsOrder, answer: EndsReport['kind']): Promise<void> {
    this.#said.delete(answer);
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
    await until(() => this.#said.has(answer));
  }

  async load(ruleset: HostRuleset): Promise<void> {
    const done = await this.#kernel.replace(ruleset);
    assert.equal(done.kind, 'done', done.kind === 'failed' ? done.message : '');
  }

  reset(ruleset: HostRuleset): Promise<void> {
    return this.#live.endDenied(ruleset);
  }

  async close(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
    await this.namespace.close();
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 20_000; !condition(); ) {
    assert.ok(Date.now() < deadline, 'waited for twenty seconds');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const skip = (await noNetworkNamespaces()) ?? false;

for (const agents of ['at the server alone', 'at the client alone', 'at both ends'] as const)
  describe(`a reset with an agent ${agents}`, { skip }, () => {
    let [server, client]: Side[] = [];
    before(async () => {
      const [near, far] = [await openNetworkNamespace(), await openNetworkNamespace()];
      await near.run('ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(far.pid));
      const all = { near: [...host], far: [...peers.keep, ...peers.cut] };
      for (const [namespace, addresses] of [
        [near, all.near],
        [far, all.far],
      ] as const) {
        for (const text of addresses) {
          const [length, ...nodad] = text.includes(':') ? ['64', 'nodad'] : ['24'];
          await namespace.run('ip', 'addr', 'add', `${text}/${length}`, 'dev', 'eth0', ...nodad);
        }
        await namespace.run('ip', 'link', 'set', 'eth0', 'up');
      }
      await near.run('ip', 'link', 'set', 'lo', 'up');
      server = new Side(near, all.near);
      client = new Side(far, all.far);
    });
    after(async () => {
      await server?.close();
      await client?.close();
    });

    test('both ends of exactly the denied connections hear of it', async (context) => {
      assert.ok(server !== undefined && client !== undefined);
      const [atServer, atClient] = [agents !== 'at the client alone', agents !== 'at the server alone'];
      if (atServer) await server.load(rules([...peers.keep, ...peers.cut], 1));
      // Of the client, the address of its peer is what a change may take away: IPv6 then.
      if (atClient) await client.load(rules(host, 1));
      await server.order({ listen: port, open: [] }, 'listening');
      const open = (['keep', 'cut'] as const).flatMap((kind) =>
        peers[kind].map((from, i) => ({ from, to: host[i] ?? '', port, count: 25 })),
      );
      await client.order({ listen: 0, open }, 'open');
      const began = performance.timeOrigin + performance.now();
      const [nearer, farther] = [rules(atServer ? peers.keep : [], 2), rules(['10.0.0.9'], 2)];
      // At the client it is IPv6 that is cut, at the server the one peer.
      const isCut = (peer: string, own: string) =>
        (atServer && (peers.cut as readonly string[]).includes(own)) || (atClient && peer === 'fd00::9');
      if (atServer) await server.load(nearer);
      if (atClient) await client.load(farther);
      if (atServer) await server.reset(nearer);
      if (atClient) await client.reset(farther);
      const expected = open.filter(({ from, to }) => isCut(to, from)).reduce((sum, { count }) => sum + count, 0);
      await until(() => server?.ended.length === expected && client?.ended.length === expected);
      const wrong = server.ended.filter(({ peer }) => !isCut(peer.includes(':') ? 'fd00::9' : '10.0.0.9', peer));
      assert.deepEqual(wrong, []);
      assert.ok([...server.ended, ...client.ended].every(({ code }) => /^ECONN(RESET|ABORTED)$/.test(code)));
      assert.deepEqual([...server.problems.texts(), ...client.problems.texts()], []);
      const times = [...server.ended, ...client.ended].map(({ at }) => at - began).sort((a, b) => a - b);
      const at = (share: number) => (times[Math.ceil(share * times.length) - 1] ?? 0).toFixed(0);
      context.diagnostic(`${expected} connections: heard at both ends after ${at(0.5)} ms (p50), ${at(0.99)} ms (p99)`);
      // What goes on goes on: nobody else ended while that was waited for.
      assert.equal(client.ended.length, expected);
    });
  });
