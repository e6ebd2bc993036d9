import { type Address, addressFromBits, type Family } from '@bulkhead/net/address.ts';
import { familyWidth } from '@bulkhead/net/prefix.ts';
import { compareBytes } from '../byte-order.ts';
import { describeTerms } from '../deciding/describe.ts';
import type { Estate } from '../estate.ts';
import { addressSetRanges } from '../language/address-set.ts';
import type { Term } from '../language/terms.ts';
import { overlay } from '../overlay.ts';
import { byBits, countBelow, type EstateFacts, factsOf } from './estate-facts.ts';
import { type NameEnd, namesIn } from './name-ends.ts';

/** An end that is no workload. */
export type Outside = OutsideAddresses | ({ readonly kind: 'name' } & NameEnd);

/** Addresses of one family that no workload claims and no prefix or ip list tells apart. */
export type OutsideAddresses = {
  readonly kind: 'addresses';
  readonly name: string;
  readonly family: Family;
  readonly addresses: bigint;
  readonly example: Address;
};

export function outsideOf(estates: readonly Estate[], terms: readonly Term[]): Outside[] {
  const facts = [...new Set(estates)].map(factsOf);
  const addresses = ([4, 6] as const).flatMap((family) => outsideOfFamily(family, terms, claimedBy(facts, family)));
  return [...addresses, ...namesIn(terms).map((name) => ({ kind: 'name', ...name }) as const)];
}

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
