import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { BackEnd } from '@bulkhead/enforce/back-end.ts';
import { nftablesBackEnd } from '@bulkhead/enforce/nftables/driver.ts';
import type { HostRuleset, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { contentHash } from '@bulkhead/model/host-ruleset-text.ts';
import { address, serviceRange } from '@bulkhead/testkit/documents.ts';
import {
  type NetworkNamespace,
  noNetworkNamespaces,
  openNetworkNamespace,
} from '@bulkhead/testkit/network-namespace.ts';
import type { Bench, Figure } from './figure.ts';
import { type FlowPacket, flowPacket } from './live-packets.ts';

/** Established at once, half of them with a peer that the change denies. */
const established = 100_000;
const own = '10.0.0.9';
const peers = { keep: '10.1.0.1', cut: '10.1.0.2' } as const;
const port = 8080;
const firstClientPort = 1024;

const native = fileURLToPath(new URL('../native', import.meta.url));

export const live: Bench = {
  about: `${established} established flows of one host are judged at once, after a change that denies half of them (root)`,
  defaultRepeats: 3,
  run: async (repeats, say, { sizes }) => {
    const missing = await noNetworkNamespaces();
    if (missing !== null) {
      say(missing);
      return [];
    }
    execFileSync('make', ['-s', '-C', native, 'build/packet-sender', 'build/bulkhead-helper'], { stdio: 'inherit' });
    const figures: Figure[] = [];
    for (const protocol of ['udp', 'tcp'] as const)
      for (const flows of sizes ?? [established]) {
        const rounds: Measured[] = [];
        for (let round = 0; round < repeats; round++) rounds.push(await measure(protocol, flows));
        figures.push(...figuresOf(`${flows} ${protocol} flows`, rounds));
        say(`${flows} ${protocol} flows measured`);
      }
    return figures;
  },
};

type Protocol = 'tcp' | 'udp';
type Round = { readonly keep: number; readonly cut: number; readonly milliseconds: number };
type Measured = {
  readonly before: Round;
  readonly judging: Round;
  readonly after: Round;
  readonly changed: number;
  /** Of the flows that go on, and those that do not, what did the other. */
  readonly wronglyCut: number;
  readonly wronglyPassed: number;
  readonly stamped: number;
  readonly bytes: number;
  readonly flows: number;
};

function figuresOf(what: string, rounds: readonly Measured[]): Figure[] {
  const figure = (name: string, unit: string, of: (round: Measured) => number, more: Partial<Figure> = {}): Figure => ({
    ...{ name: `${what}: ${name}`, unit, shape: 'repeats', values: rounds.map(of) },
    ...more,
  });
  const perPacket = ({ milliseconds }: Round, { flows }: Measured) => (milliseconds * 1000) / flows;
  return [
    figure('a packet of each, none judged', 'us/packet', (round) => perPacket(round.before, round)),
    figure('a packet of each, all judged', 'us/packet', (round) => perPacket(round.judging, round)),
    figure('a packet of each, judged before', 'us/packet', (round) => perPacket(round.after, round)),
    figure('the change', 'ms', (round) => round.changed),
    figure('from the change to the last one judged', 'ms', (round) => round.changed + round.judging.milliseconds),
    figure('wrongly cut', 'flows', (round) => round.wronglyCut, { most: 0 }),
    figure('wrongly passed', 'flows', (round) => round.wronglyPassed, { most: 0 }),
    figure('not judged after one packet', 'flows', (round) => round.flows / 2 - round.stamped, { most: 0 }),
    figure('kernel memory that judging took', 'kB', (round) => round.bytes / 1024),
  ];
}

async function measure(protocol: Protocol, flows: number): Promise<Measured> {
  const net = await openNet(protocol);
  const backEnd = nftablesBackEnd({ command: [...net.host.enter, 'nft'] });
  await load(backEnd, rules(['keep', 'cut'], 1));
  await establish(net, protocol, flows);
  await net.host.run('nft', counting);
  const send = async (): Promise<Round> => {
    const milliseconds = await sendAll(
      net.world,
      each(flows, (flow) => flowPacket(protocol, flow, 'data')),
    );
    return { ...(await counted(net.host)), milliseconds };
  };
  const before = await send();
  const memory = kernelMemory();
  const began = performance.now();
  await load(backEnd, rules(['keep'], 2));
  const changed = performance.now() - began;
  const judging = await send();
  const bytes = kernelMemory() - memory;
  const after = await send();
  const stamped = await stampedWith(net.host, 2);
  await net.host.close();
  await net.world.close();
  const wronglyCut = flows / 2 - Math.min(before.keep, judging.keep, after.keep);
  const wronglyPassed = judging.cut + after.cut + (flows / 2 - before.cut);
  return { before, judging, after, changed, wronglyCut, wronglyPassed, stamped, bytes, flows };
}

/** Every client port of both peers; `to` is whoever answers. */
function each(flows: number, make: (flow: FlowPacket) => Uint8Array): Uint8Array {
  const packets: Uint8Array[] = [];
  for (const peer of Object.values(peers))
    for (let i = 0; i < flows / 2; i++) {
      const packet = make({ client: peer, clientPort: firstClientPort + i, server: own, serverPort: port });
      packets.push(Uint8Array.of(packet.length & 255, packet.length >> 8), packet);
    }
  return Buffer.concat(packets);
}

async function establish({ host, world }: Net, protocol: Protocol, flows: number): Promise<void> {
  const make = (step: 'ask' | 'answer' | 'data') => each(flows, (flow) => flowPacket(protocol, flow, step));
  await sendAll(world, make('ask'));
  await sendAll(host, make('answer'));
  await sendAll(world, make('data'));
}

/** Milliseconds until the last packet was through the hooks: a cable between namespaces has no queue. */
async function sendAll(namespace: NetworkNamespace, frames: Uint8Array): Promise<number> {
  const [program = '', ...args] = [...namespace.enter, `${native}/build/packet-sender`];
  const child = spawn(program, args, { stdio: ['pipe', 'inherit', 'inherit'] });
  const began = performance.now();
  const ended = once(child, 'exit');
  child.stdin.end(frames);
  const [code] = await ended;
  if (code !== 0) throw new Error(`Cannot measure: packet-sender ended with ${code}`);
  return performance.now() - began;
}

type Net = { readonly host: NetworkNamespace; readonly world: NetworkNamespace };

async function openNet(protocol: Protocol): Promise<Net> {
  const [host, world] = [await openNetworkNamespace(), await openNetworkNamespace()];
  await host.run('ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(world.pid));
  const addresses = { host: [own], world: Object.values(peers) };
  for (const [namespace, texts] of [
    [host, addresses.host],
    [world, addresses.world],
  ] as const) {
    await namespace.run('ip', 'link', 'set', 'lo', 'up');
    await namespace.run('ip', 'link', 'set', 'eth0', 'address', '02:00:00:00:00:01', 'arp', 'off', 'up');
    for (const text of texts) await namespace.run('ip', 'addr', 'add', `${text}/32`, 'dev', 'eth0');
    await namespace.run('ip', 'route', 'add', 'default', 'dev', 'eth0');
    // Nobody has sockets: what the kernels would say to that must not reach the flows.
    await namespace.run(
      'nft',
      'table ip silent { chain o { type filter hook output priority -400; tcp flags rst drop; meta l4proto icmp drop; }; }',
    );
  }
  const timeout = protocol === 'udp' ? ['udp_timeout=600', 'udp_timeout_stream=600'] : ['tcp_timeout_syn_recv=600'];
  const settings = [...timeout, 'checksum=0'].map((setting) => `net.netfilter.nf_conntrack_${setting}`);
  // Settings of connection tracking are there once something tracks.
  await host.run('nft', 'table ip tracks { chain i { type filter hook input priority 0; ct state new counter; }; }');
  await host.run('sysctl', '-qw', 'net.ipv4.conf.all.rp_filter=0', 'net.ipv4.conf.eth0.rp_filter=0', ...settings);
  return { host, world };
}

/** Behind our own table, and nothing of it reaches the host. */
const counting = `table ip bench { chain i { type filter hook input priority 10; \
  ip saddr ${peers.keep} counter drop comment "keep"; ip saddr ${peers.cut} counter drop comment "cut"; }; }`;

/** Since the last time. */
async function counted(host: NetworkNamespace): Promise<{ readonly keep: number; readonly cut: number }> {
  const json = await host.run('nft', '-j', 'list', 'table', 'ip', 'bench');
  const { nftables } = JSON.parse(json) as { readonly nftables: readonly Listed[] };
  const packets = (comment: string): number => {
    const counter = nftables.find(({ rule }) => rule?.comment === comment)?.rule?.expr.find((part) => part.counter);
    return counter?.counter?.packets ?? Number.NaN;
  };
  const now = { keep: packets('keep'), cut: packets('cut') };
  await host.run('nft', `delete table ip bench; ${counting}`);
  return now;
}

type Listed = {
  readonly rule?: {
    readonly comment?: string;
    readonly expr: readonly { readonly counter?: { readonly packets: number } }[];
  };
};

/** How many flows carry the stamp of this epoch. */
async function stampedWith(host: NetworkNamespace, epoch: number): Promise<number> {
  const lines = (await host.run(`${native}/build/bulkhead-helper`, 'flows')).split('\n');
  return lines.filter((line) => Number.parseInt(line.split(' ')[9] ?? '', 16) === epoch).length;
}

function kernelMemory(): number {
  const [, kilobytes] = /Slab:\s+(\d+) kB/.exec(readFileSync('/proc/meminfo', 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}

async function load(backEnd: BackEnd, ruleset: HostRuleset): Promise<void> {
  const done = await backEnd.replace(ruleset);
  if (done.kind === 'failed') throw new Error(done.message);
}

const allow = { verdict: 'allow', rule: 'bench/allow', tier: 'application' } as const;
const deny = { verdict: 'deny', rule: null, tier: null } as const;

function rules(allowed: readonly (keyof typeof peers)[], generation: number): HostRuleset {
  const table = { cells: [{ identity: 1, class: 1, decision: 1 }], miss: 0 };
  const content: HostRulesetContent = {
    identities: [{ id: 1, name: 'peers' }],
    addresses: allowed.map((peer) => ({ address: address(peers[peer]), identity: 1 })),
    prefixes: [],
    classes: [{ id: 1, services: [`tcp/${port}`, `udp/${port}`].map(serviceRange) }],
    decisions: [
      { number: 0, effective: deny, intended: deny },
      { number: 1, effective: allow, intended: allow },
    ],
    ends: [{ addresses: [], inbound: table, outbound: table }],
  };
  const numbers = { format: 1, workload: 'bench', version: 1, generation, revision: generation } as const;
  return { ...numbers, content, hash: contentHash(content) };
}
