import type { Document, WorkloadDocument } from '@bulkhead/model/documents.ts';
import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import { contentHash } from '@bulkhead/model/host-ruleset-text.ts';
import type { Address } from '@bulkhead/net/address.ts';
import { compileHost } from '@bulkhead/policy/compile.ts';
import { buildEstate, type Estate, type Workload } from '@bulkhead/policy/estate.ts';
import { nothingKnown, settleIdentity } from '@bulkhead/policy/identity.ts';
import { buildPolicy } from '@bulkhead/policy/policy.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import { address } from '@bulkhead/testkit/documents.ts';
import { type Random, seededRandom } from '@bulkhead/testkit/random.ts';
import { randomDocuments, randomNow } from '@bulkhead/testkit/random-estate.ts';
import { randomSemantics } from '@bulkhead/testkit/random-semantics.ts';
import { judgeBy } from './judge.ts';
import type { Spot } from './kernel-net.ts';
import { type Probe, probesOf } from './probes.ts';

/** One kernel of one random estate: what to load, who is where, what to send and what must come of it. */
export type KernelCases = {
  readonly seed: number;
  /** By place: the host's own and those of its guests. */
  readonly rulesets: readonly HostRuleset[];
  readonly addresses: ReadonlyMap<Spot, readonly Address[]>;
  /** A script of nft for what other tools do on a host: publish ports, and send in the host's name. */
  readonly translation: string;
  readonly probes: readonly Probe[];
};

/** A workload and where it stands. */
export type Stand = { readonly workload: Workload; readonly spot: Spot; readonly addresses: readonly Address[] };

/** Addresses that the estate knows nothing of. */
const unknownLocals = ['10.77.0.1', 'fd77::1'].map(address);
const boxAddresses = ['10.66.0.2', 'fd66::2'].map(address);

export function casesOfKernel(seed: number, count: number): KernelCases {
  const random = seededRandom(seed);
  const made = seed % 2 === 0 ? randomDocuments(random) : randomSemantics(random);
  const documents = withGuests(random, made);
  const { estate } = buildEstate(documents);
  const { policy: built } = buildPolicy(documents, estate, randomNow);
  if (built === null) throw new Error(`Seed ${seed} makes no policy`);
  const stands = standsOf(random, documents, estate);
  const rulesets = stands.map(({ workload }, place): HostRuleset => {
    const content = compileHost({ estate, policy: built, now: randomNow }, workload.name);
    if (isProblem(content)) throw new Error(content.message);
    const numbers = { generation: 1 + (seed % 1_000_000), revision: 1 + random.below(0xffff), version: 1 + place };
    return { format: 1, workload: workload.name, content, hash: contentHash(content), ...numbers };
  });
  // SPEC U7: the kernel tells no processes and users apart.
  const judge = judgeBy({ documents, estate, policy: settleIdentity(built, nothingKnown) });
  const { probes, translation } = probesOf(random, {
    seed,
    documents,
    stands,
    rulesets,
    box: boxAddresses,
    judge,
    count,
  });
  const addresses = new Map<Spot, readonly Address[]>(stands.map(({ spot, addresses: own }) => [spot, own]));
  return { seed, rulesets, addresses: addresses.set('box', boxAddresses), translation, probes };
}

/** One workload of them is the host of at most two others. */
function withGuests(random: Random, documents: readonly Document[]): Document[] {
  const workloads = documents.filter((document) => document.kind === 'Workload');
  const enforced = workloads.filter((one) => one.enforced);
  const host = random.pick(enforced);
  const taken = new Set(addressesOf(host));
  const guests = new Set<string>();
  for (const one of random.some(enforced, enforced.length, enforced.length)) {
    const own = addressesOf(one);
    if (guests.size === 2 || one.name === host.name || own.length === 0 || own.some((text) => taken.has(text)))
      continue;
    guests.add(one.name);
    for (const text of own) taken.add(text);
  }
  return documents.map((document) => {
    if (document.kind !== 'Workload') return document;
    return { ...document, host: guests.has(document.name) ? host.name : null };
  });
}

const addressesOf = (document: WorkloadDocument): Address[] => document.addresses.map((claimed) => claimed.address);

function standsOf(random: Random, documents: readonly Document[], estate: Estate): Stand[] {
  const guests = documents.filter((document) => document.kind === 'Workload' && document.host !== null);
  const named = guests.flatMap((guest) => (guest.kind === 'Workload' ? [guest] : []));
  const enforced = estate.workloads.filter((one) => one.enforced && !named.some(({ name }) => name === one.name));
  const hostName = named[0]?.host ?? random.pick(enforced).name;
  const stand = (name: string, spot: Spot, more: readonly Address[]): Stand => {
    const workload = estate.byName.get(name);
    if (workload === undefined) throw new Error(`No workload ${name}`);
    return { workload, spot, addresses: [...new Set([...workload.addresses.map((c) => c.address), ...more])] };
  };
  const spots = ['g1', 'g2'] as const;
  return [
    stand(hostName, 'host', unknownLocals),
    ...named.map(({ name }, index) => stand(name, spots[index] ?? 'g2', [])),
  ];
}
