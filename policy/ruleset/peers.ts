import { compareBytes } from '@bulkhead/model/byte-order.ts';
import type { Identity, PeerAddress, PeerPrefix } from '@bulkhead/model/host-ruleset.ts';
import { compareAddresses } from '@bulkhead/model/host-ruleset-invariants.ts';
import type { Address } from '@bulkhead/net/address.ts';
import { type AddressRange, rangeToPrefixes } from '@bulkhead/net/prefix.ts';
import { describeTerms } from '../deciding/describe.ts';
import { matchTerms, type TermIndex } from '../deciding/term-index.ts';
import { type Estate, ownerSeenFrom } from '../estate.ts';
import { addressSetRanges } from '../language/address-set.ts';
import type { Term, TermId } from '../language/terms.ts';
import { overlay } from '../overlay.ts';

/** Who is where, for all hosts in the same networks. Addresses are in order; members are positions in them. */
export type Directory = {
  readonly addresses: readonly Address[];
  readonly members: ReadonlyMap<TermId, readonly number[]>;
};

export type Peers = {
  readonly identities: readonly Identity[];
  readonly addresses: readonly PeerAddress[];
  readonly prefixes: readonly PeerPrefix[];
  /** By identity; position 0 holds the terms of a peer that nobody knows. */
  readonly terms: readonly ReadonlySet<TermId>[];
};

/** The owned addresses a host in these networks may meet, and which terms match each. */
export function buildDirectory(estate: Estate, networks: readonly string[], index: TermIndex): Directory {
  const known = networks.flatMap((network) => [...(estate.owners.get(network)?.keys() ?? [])]);
  const addresses = [...new Set(known)].sort(compareAddresses);
  const members = new Map<TermId, number[]>();
  for (const [position, address] of addresses.entries()) {
    const labels = ownerSeenFrom(estate, networks, address)?.labels ?? null;
    for (const term of matchTerms(index, { labels, address })) {
      const positions = members.get(term) ?? [];
      members.set(term, positions);
      positions.push(position);
    }
  }
  return { addresses, members };
}

/**
 * Identities for the peers that the given terms tell apart (SPEC K3). An owned address that no selector among them
 * matches needs no entry: what prefixes say of it, the prefix entries say.
 */
export function identifyPeers(terms: readonly Term[], relevant: readonly TermId[], directory: Directory): Peers {
  const ids = [...relevant].sort((a, b) => a - b);
  const always = ids.filter((id) => terms[id]?.kind === 'any');
  const exact = exactSignatures(terms, ids, directory);
  const regions = prefixSignatures(terms, ids);
  const signatures = new Map<string, readonly TermId[]>();
  for (const signature of [...exact.values(), ...regions.map((region) => region.tags)]) {
    signatures.set(signature.join(','), signature);
  }
  const named = [...signatures].map(([key, signature]) => ({ key, signature, name: nameOf(terms, signature) }));
  named.sort((a, b) => compareBytes(a.name, b.name));
  const numbers = new Map(named.map(({ key }, index) => [key, index + 1]));
  const identity = (signature: readonly TermId[]): number => numbers.get(signature.join(',')) ?? 0;
  const positions = [...exact.keys()].sort((a, b) => a - b);
  return {
    identities: named.map(({ name }, index) => ({ id: index + 1, name })),
    addresses: positions.map((position) => ({
      address: directory.addresses[position] as Address,
      identity: identity(exact.get(position) ?? []),
    })),
    prefixes: regions.flatMap(({ family, first, last, tags }) =>
      rangeToPrefixes({ family, first, last }).map((prefix) => ({ prefix, identity: identity(tags) })),
    ),
    terms: [new Set(always), ...named.map(({ signature }) => new Set([...always, ...signature]))],
  };
}

/** By position in the directory: the terms that match, for addresses that some selector matches. */
function exactSignatures(terms: readonly Term[], ids: readonly TermId[], directory: Directory): Map<number, TermId[]> {
  const signatures = new Map<number, TermId[]>();
  const selected = new Set<number>();
  for (const id of ids) {
    const kind = terms[id]?.kind;
    if (kind === 'any') continue;
    for (const position of directory.members.get(id) ?? []) {
      const signature = signatures.get(position) ?? [];
      signatures.set(position, signature);
      signature.push(id);
      if (kind === 'workloads') selected.add(position);
    }
  }
  for (const position of signatures.keys()) if (!selected.has(position)) signatures.delete(position);
  return signatures;
}

/** Addresses of one family that exactly these terms contain. */
export type PrefixSignature = AddressRange & { readonly tags: readonly TermId[] };

/** Disjoint ranges of addresses, by family and then in order, with the terms that contain each. */
export function prefixSignatures(terms: readonly Term[], ids: readonly TermId[]): PrefixSignature[] {
  const ranges = ids.flatMap((id) => {
    const term = terms[id];
    return term?.kind === 'addresses' ? addressSetRanges(term.set).map((range) => ({ ...range, tag: id })) : [];
  });
  return ([4, 6] as const).flatMap((family) =>
    overlay(ranges.filter((range) => range.family === family)).map((range) => ({ family, ...range })),
  );
}

function nameOf(terms: readonly Term[], signature: readonly TermId[]): string {
  return describeTerms(signature.flatMap((id) => terms[id] ?? []));
}
