import { type Address, addressBits, addressFamily, type Family } from '@bulkhead/net/address.ts';
import { type AddressRange, type Prefix, prefixRange } from '@bulkhead/net/prefix.ts';
import { overlay, rangeAt } from '../overlay.ts';

type Range = { readonly first: bigint; readonly last: bigint };

/** Disjoint ranges in order, per family. */
export type AddressSet = Readonly<Record<Family, readonly Range[]>>;

/** SPEC R5: `prefixes` minus `except`. */
export function addressSet(prefixes: readonly Prefix[], except: readonly Prefix[]): AddressSet {
  return { 4: familyRanges(4, prefixes, except), 6: familyRanges(6, prefixes, except) };
}

export function addressSetContains(set: AddressSet, address: Address): boolean {
  const ranges = set[addressFamily(address)];
  return ranges.length > 0 && rangeAt(ranges, addressBits(address)) !== null;
}

export function addressSetRanges(set: AddressSet): AddressRange[] {
  return ([4, 6] as const).flatMap((family) => set[family].map((range) => ({ family, ...range })));
}

export const isEmptyAddressSet = (set: AddressSet): boolean => set[4].length === 0 && set[6].length === 0;

function familyRanges(family: Family, prefixes: readonly Prefix[], except: readonly Prefix[]): Range[] {
  const tagged = (list: readonly Prefix[], tag: number) =>
    list.filter((prefix) => prefix.family === family).map((prefix) => ({ ...prefixRange(prefix), tag }));
  return overlay([...tagged(prefixes, 0), ...tagged(except, 1)])
    .filter(({ tags }) => tags.length === 1 && tags[0] === 0)
    .map(({ first, last }) => ({ first, last }));
}
