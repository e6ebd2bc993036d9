import type { BackEnd, Done } from '@bulkhead/enforce/back-end.ts';
import { nftablesBackEnd } from '@bulkhead/enforce/nftables/driver.ts';
import type { Outcome } from '@bulkhead/model/decision.ts';
import type { HostRuleset, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { contentHash } from '@bulkhead/model/host-ruleset-text.ts';
import { addressFromBits } from '@bulkhead/net/address.ts';
import { serviceRange } from '@bulkhead/testkit/documents.ts';
import { noNetworkNamespaces, openNetworkNamespace } from '@bulkhead/testkit/network-namespace.ts';
import type { Bench, Figure } from './figure.ts';

/** Addresses of peers; with each come two cells, spread over these identities and classes. */
const peersOfHosts = [100, 1_000, 10_000, 100_000];
const classes = 20;
const addressesPerIdentity = 20;

export const enforce: Bench = {
  about: 'one host, its ruleset in a kernel of its own: replace, change one address, compare (root)',
  defaultRepeats: 7,
  run: async (repeats, say, { sizes }) => {
    const missing = await noNetworkNamespaces();
    if (missing !== null) {
      say(missing);
      return [];
    }
    const figures: Figure[] = [];
    for (const peers of sizes ?? peersOfHosts) {
      figures.push(...(await measure(peers, repeats)));
      say(`${peers} addresses measured`);
    }
    return figures;
  },
};

async function measure(peers: number, repeats: number): Promise<Figure[]> {
  const namespace = await openNetworkNamespace();
  const backEnd = nftablesBackEnd({ command: [...namespace.enter, 'nft'], timeout: 120_000 });
  const [whole, fewer] = [content(peers), content(peers - 1)];
  const late = whole.addresses.slice(peers - 1);
  const times = { replace: [], amend: [], structure: [], everything: [] } as Record<string, number[]>;
  const time = async (name: string, work: () => Promise<Done<unknown>>) => {
    const began = performance.now();
    const done = await work();
    times[name]?.push(performance.now() - began);
    if (done.kind === 'failed') throw new Error(done.message);
  };
  await backEnd.replace(numbered(whole, 1));
  for (let round = 1; round <= repeats; round++) {
    const [replaced, amended] = [numbered(whole, round * 2), numbered(fewer, round * 2 + 1)];
    await time('replace', () => backEnd.replace(replaced));
    const base = await heldBy(backEnd);
    await time('amend', () => backEnd.amend({ base, next: amended, addresses: { added: [], removed: late } }));
    await time('structure', () => backEnd.compare(amended, 'structure'));
    await time('everything', () => backEnd.compare(amended, 'everything'));
  }
  await namespace.close();
  const figure = (name: string, key: string): Figure => ({
    name: `${name}, ${peers} addresses`,
    unit: 'ms',
    shape: 'repeats',
    values: times[key] ?? [],
  });
  return [
    figure('replace the whole ruleset', 'replace'),
    figure('remove one address, new revision', 'amend'),
    figure('compare structure', 'structure'),
    figure('compare everything', 'everything'),
  ];
}

async function heldBy(backEnd: BackEnd) {
  const held = await backEnd.held();
  if (held.kind === 'failed' || held.value === null) throw new Error('Cannot measure: the kernel holds nothing');
  return held.value;
}

function numbered(given: HostRulesetContent, generation: number): HostRuleset {
  const fixed = { format: 1, workload: 'bench', version: 1 } as const;
  return { ...fixed, content: given, generation, revision: generation, hash: contentHash(given) };
}

const allow = (rule: string): Outcome => ({ verdict: 'allow', rule, tier: 'application' });
const deny: Outcome = { verdict: 'deny', rule: null, tier: null };

function content(peers: number): HostRulesetContent {
  const identities = Math.ceil(peers / addressesPerIdentity);
  const table = {
    miss: 0,
    cells: Array.from({ length: identities * classes }, (_, i) => ({
      identity: 1 + (i % identities),
      class: 1 + Math.floor(i / identities),
      decision: 1 + (i % classes),
    })),
  };
  return {
    identities: Array.from({ length: identities }, (_, i) => ({ id: i + 1, name: `role=r${i},app=bench` })),
    addresses: Array.from({ length: peers }, (_, i) => ({
      address: addressFromBits(4, BigInt(0x0a000000 + i)),
      identity: 1 + (i % identities),
    })),
    prefixes: [],
    classes: Array.from({ length: classes }, (_, i) => ({ id: i + 1, services: [serviceRange(`tcp/${5000 + i}`)] })),
    decisions: [
      { number: 0, effective: deny, intended: deny },
      ...Array.from({ length: classes }, (_, i) => {
        const outcome = allow(`bench/rule-${i}`);
        return { number: i + 1, effective: outcome, intended: outcome };
      }),
    ],
    ends: [{ addresses: [], inbound: table, outbound: table }],
  };
}
