import { type Address, addressBits, addressFamily, addressFromBits, type Family } from '@bulkhead/net/address.ts';
import { familyWidth } from '@bulkhead/net/prefix.ts';
import { addressSetRanges } from '../address-set.ts';
import { compareBytes } from '../byte-order.ts';
import { describeTerms } from '../describe.ts';
import type { Estate } from '../estate.ts';
import { overlay } from '../overlay.ts';
import type { Term } from '../terms.ts';

/** Addresses of one family that no workload claims and no prefix or ip list tells apart. */
export type Outside = {
  readonly name: string;
  readonly family: Family;
  readonly addresses: bigint;
  readonly example: Address;
};

export function outsideOf(estates: readonly Estate[], terms: readonly Term[]): Outside[] {
  const lists = [...new Set(estates)].map(claimedAddresses);
  return ([4, 6] as const).flatMap((family) => {
    const claimed =
      lists.length === 1 ? lists[0]?.[family] : [...new Set(lists.flatMap((list) => list[family]))].sort(byValue);
    return outsideOfFamily(family, terms, claimed ?? []);
  });
}

type Mutable = { name: string; family: Family; addresses: bigint; example: Address | null };

function outsideOfFamily(family: Family, terms: readonly Term[], claimed: readonly bigint[]): Outside[] {
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
    const [from, to] = [positionOf(claimed, first), positionOf(claimed, last + 1n)];
    const free = last - first + 1n - BigInt(to - from);
    atom.addresses += free;
    if (free > 0n && atom.example === null) atom.example = firstFree(family, claimed, { first, from });
  }
  return [...atoms.values()].flatMap(({ example, ...atom }) => (example === null ? [] : [{ ...atom, example }]));
}

function nameOf(family: Family, terms: readonly Term[], tags: readonly number[]): string {
  const lists = [...new Set(tags.flatMap((tag) => terms[tag] ?? []).map((term) => describeTerms([term])))];
  return lists.length === 0 ? `any other IPv${family} address` : lists.sort(compareBytes).join(' and ');
}

type Start = { readonly first: bigint; readonly from: number };

function firstFree(family: Family, claimed: readonly bigint[], { first, from }: Start): Address {
  let free = first;
  for (let at = from; claimed[at] === free; at++) free++;
  return addressFromBits(family, free);
}

/** How many of the sorted values are smaller. */
function positionOf(values: readonly bigint[], value: bigint): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as bigint) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

type Claimed = Readonly<Record<Family, readonly bigint[]>>;

/** An estate is asked about again and again, and sorting its addresses takes long. */
const claimedOf = new WeakMap<Estate, Claimed>();

function claimedAddresses(estate: Estate): Claimed {
  const known = claimedOf.get(estate);
  if (known !== undefined) return known;
  const addresses = [...new Set([...estate.owners.values()].flatMap((owners) => [...owners.keys()]))];
  const ofFamily = (family: Family) =>
    addresses
      .filter((address) => addressFamily(address) === family)
      .map(addressBits)
      .sort(byValue);
  const claimed = { 4: ofFamily(4), 6: ofFamily(6) };
  claimedOf.set(estate, claimed);
  return claimed;
}

const byValue = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
