import type { Decision } from '@bulkhead/model/decision.ts';
import type { Document } from '@bulkhead/model/documents.ts';
import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import { contentHash } from '@bulkhead/model/host-ruleset-text.ts';
import { type Address, addressFamily } from '@bulkhead/net/address.ts';
import { formatServicePoint, servicePoint } from '@bulkhead/net/service-space.ts';
import { compileHost } from '@bulkhead/policy/compile.ts';
import { decideEnd } from '@bulkhead/policy/decide.ts';
import { buildEstate, type Workload } from '@bulkhead/policy/estate.ts';
import { nothingKnown, settleIdentity } from '@bulkhead/policy/identity.ts';
import { buildPolicy } from '@bulkhead/policy/policy.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import { address, serviceRange } from '@bulkhead/testkit/documents.ts';
import { type Random, seededRandom } from '@bulkhead/testkit/random.ts';
import { probedAddresses, probedServices, randomDocuments, randomNow } from '@bulkhead/testkit/random-estate.ts';
import { unnamedSide } from '@bulkhead/testkit/random-probes.ts';
import { frontendAddresses, randomSemantics } from '@bulkhead/testkit/random-semantics.ts';
import { type FirstPacket, type Kind, packetKind } from './packets.ts';

export type Case = FirstPacket & { readonly kind: Kind; readonly expected: Decision; readonly where: string };

/** One host of one random estate: what to load, which addresses it has, what to send and what must come of it. */
export type HostCases = {
  readonly ruleset: HostRuleset;
  readonly addresses: readonly Address[];
  readonly cases: readonly Case[];
};

/** Addresses of the host that the estate knows nothing of. */
const unknownLocals = ['10.77.0.1', 'fd77::1'].map(address);
const moreServices = [
  'icmp/13/0',
  'icmpv6/134/0',
  'proto/50',
  'proto/89',
  'tcp/8050',
  'tcp/65535',
  'udp/65535',
  'tcp/1',
];
const services = [...probedServices, ...moreServices].map((text) => serviceRange(text).first);

export function casesOfEstate(seed: number, perHost: number): HostCases[] {
  const random = seededRandom(seed);
  const made = seed % 2 === 0 ? randomDocuments(random) : randomSemantics(random);
  // Every host here is a kernel of its own.
  const documents = made.map((document) => (document.kind === 'Workload' ? { ...document, host: null } : document));
  const { estate } = buildEstate(documents);
  const { policy: built } = buildPolicy(documents, estate, randomNow);
  if (built === null) throw new Error(`Seed ${seed} makes no policy`);
  // SPEC U7: the kernel tells no processes and users apart.
  const policy = settleIdentity(built, nothingKnown);
  const input = { estate, policy: built, now: randomNow };
  const hosts = random.some(
    estate.workloads.filter(({ enforced }) => enforced),
    1,
    2,
  );
  return hosts.map((workload, index) => {
    const content = compileHost(input, workload.name);
    if (isProblem(content)) throw new Error(content.message);
    const numbers = { generation: seed + index, revision: 1 + random.below(0xffff), version: seed };
    const ruleset: HostRuleset = {
      format: 1,
      workload: workload.name,
      content,
      hash: contentHash(content),
      ...numbers,
    };
    const decide = (packet: FirstPacket): Decision => {
      const known = workload.addresses.find((claimed) => claimed.address === packet.local);
      const network = known?.network ?? workload.networks[0] ?? 'main';
      const near = { network, address: known?.address ?? null, workload };
      const other = unnamedSide(documents, network, packet.peer);
      const far = { ...other, workload: other.workload && (estate.byName.get(other.workload.name) ?? null) };
      const [source, destination] = packet.direction === 'outbound' ? [near, far] : [far, near];
      const end = { source, destination, service: packet.service, direction: packet.direction };
      const { effective, intended } = decideEnd(policy, estate, end);
      if (effective.verdict === 'none' || intended.verdict === 'none')
        throw new Error('A managed host has an enforcer');
      return { effective, intended };
    };
    const addresses = [...new Set([...workload.addresses.map((claimed) => claimed.address), ...unknownLocals])];
    const packets = packetsOf(random, { documents, workload, addresses, count: perHost });
    const cases = packets.map((packet) => ({
      ...packet,
      expected: decide(packet),
      where: `seed ${seed}, ${workload.name}@${packet.local}, ${packet.direction}, peer ${packet.peer}, ${formatServicePoint(packet.service)}`,
    }));
    return { ruleset, addresses, cases };
  });
}

type PacketsInput = {
  readonly documents: readonly Document[];
  readonly workload: Workload;
  readonly addresses: readonly Address[];
  readonly count: number;
};

function packetsOf(random: Random, { documents, addresses, count }: PacketsInput): (FirstPacket & { kind: Kind })[] {
  const owned = documents.flatMap((d) => (d.kind === 'Workload' ? d.addresses.map((claimed) => claimed.address) : []));
  const peers = [...owned, ...[...probedAddresses, ...frontendAddresses].map(address)].filter(
    (peer) => !addresses.includes(peer),
  );
  const out = new Map<string, FirstPacket & { kind: Kind }>();
  for (let tries = 0; out.size < count && tries < 50 * count; tries++) {
    const local = random.pick(addresses);
    const peer = random.pick(peers);
    const service = random.chance(0.8)
      ? random.pick(services)
      : servicePoint(random.pick([6, 17]), 1 + random.below(65535));
    const direction = random.pick(['inbound', 'outbound'] as const);
    const kind = packetKind(service, addressFamily(local));
    if (addressFamily(local) !== addressFamily(peer) || kind === 'impossible') continue;
    // Distinct but for the client port: what has no port must be told apart too.
    const key = `${direction} ${local} ${peer} ${service}`;
    out.set(key, { direction, local, peer, service, kind, client: 1024 + random.below(60_000) });
  }
  return [...out.values()];
}
