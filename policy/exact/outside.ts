import { compareBytes } from '@bulkhead/model/byte-order.ts';
import { type Address, addressFromBits, type Family } from '@bulkhead/net/address.ts';
import { familyWidth } from '@bulkhead/net/prefix.ts';
import { describeTerms } from '../deciding/describe.ts';
import { addressSetRanges } from '../language/address-set.ts';
import type { Term } from '../language/terms.ts';
import { snatOf } from '../language/virtual-services.ts';
import { overlay } from '../overlay.ts';
import type { World } from '../world.ts';
import { byBits, countBelow, type EstateFacts, factsOf } from './estate-facts.ts';
import { type NameEnd, namesIn } from './name-ends.ts';

/** An end that is no workload. */
export type Outside = OutsideAddresses | ({ readonly kind: 'name' } & NameEnd) | SnatEnd;

/** What members behind frontends of a network see instead of the client (SPEC V2); it is no end itself. */
export type SnatEnd = {
  readonly kind: 'snat';
  readonly name: string;
  readonly network: string;
  readonly example: Address;
};

/** Addresses of one family that no workload claims and no prefix or ip list tells apart. */
export type OutsideAddresses = {
  readonly kind: 'addresses';
  readonly name: string;
  readonly family: Family;
  readonly addresses: bigint;
  readonly example: Address;
};

/** Addresses first, then names, then what is seen instead of clients. */
export function outsideOf(worlds: readonly World[], terms: readonly Term[]): Outside[] {
  const facts = [...new Set(worlds.map(({ estate }) => estate))].map(factsOf);
  const addresses = ([4, 6] as const).flatMap((family) => outsideOfFamily(family, terms, claimedBy(facts, family)));
  const names = namesIn(terms).map((name) => ({ kind: 'name', ...name }) as const);
  return [...addresses, ...names, ...snatEnds(worlds)];
}

function snatEnds(worlds: readonly World[]): SnatEnd[] {
  const ends = new Map<string, SnatEnd>();
  for (const virtual of worlds.flatMap(({ policy }) => policy.virtualServices)) {
    const example = snatOf(virtual);
    if (example === null) continue;
    for (const { network } of virtual.frontends) {
      const name = snatName(network, example);
      ends.set(name, { kind: 'snat', name, network, example });
    }
  }
  return [...ends.values()];
}

export const snatName = (network: string, address: Address): string => `${network} ${address}`;

type Claimed = EstateFacts['claimed'][Family];

function claimedBy([first, ...others]: readonly EstateFacts[], family: Family): Claimed {
  const claimed = first?.claimed[family] ?? [];
  if (others.length === 0) return claimed;
  const all = [...claimed, ...others.flatMap((facts) => facts.claimed[family])];
  return [...new Map(all.map((one) => [one.address, one])).values()].sort(byBits);
}

type Mutable = { name: string; family: Family; addresses: bigint; example: Address | null };

function outsideOfFamily(family: Family, terms: readonly Term[], claimed: Claimed): OutsideAddresses[] {
  const ranges = terms.flatMap((term, tag) =>
    term.kind === 'addresses'
      ? addressSetRanges(term.set).flatMap((range) => (range.family === family ? [{ ...range, tag }] : []))
      : [],
  );
  const whole = { first: 0n, last: (1n << BigInt(familyWidth(family))) - 1n, tag: terms.length };
  const atoms = new Map<string, Mutable>();
  for (const { first, last, tags } of overlay([whole, ...ranges])) {
    const key = tags.join(',');
    const atom = atoms.get(key) ?? { name: nameOf(family, terms, tags), family, addresses: 0n, example: null };
    atoms.set(key, atom);
    const [from, to] = [countBelow(claimed, first), countBelow(claimed, last + 1n)];
    const free = last - first + 1n - BigInt(to - from);
    atom.addresses += free;
    if (free > 0n && atom.example === null) atom.example = firstFree(family, claimed, { first, from });
  }
  return [...atoms.values()].flatMap(({ example, ...atom }) =>
    example === null ? [] : [{ kind: 'addresses', ...atom, example }],
  );
}

function nameOf(family: Family, terms: readonly Term[], tags: readonly number[]): string {
  const lists = [...new Set(tags.flatMap((tag) => terms[tag] ?? []).map((term) => describeTerms([term])))];
  return lists.length === 0 ? `any other IPv${family} address` : lists.sort(compareBytes).join(' and ');
}

type Start = { readonly first: bigint; readonly from: number };

function firstFree(family: Family, claimed: Claimed, { first, from }: Start): Address {
  let free = first;
  for (let at = from; claimed[at]?.bits === free; at++) free++;
  return addressFromBits(family, free);
}
