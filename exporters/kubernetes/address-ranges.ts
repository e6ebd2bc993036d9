import { type Address, addressBits, addressFamily, type Family } from '@bulkhead/net/address.ts';
import { familyWidth, type Prefix, prefixRange, rangeToPrefixes } from '@bulkhead/net/prefix.ts';

type Range = { readonly first: bigint; readonly last: bigint };

/** Addresses as disjoint ranges in order, per family. */
export type AddressRanges = Readonly<Record<Family, readonly Range[]>>;

const families = [4, 6] as const;

export const everyAddress: AddressRanges = { 4: [wholeFamily(4)], 6: [wholeFamily(6)] };

export function addressRanges(prefixes: readonly Prefix[]): AddressRanges {
  const of = (family: Family) => joined(prefixes.filter((prefix) => prefix.family === family).map(prefixRange));
  return { 4: of(4), 6: of(6) };
}

export function meetAddresses(a: AddressRanges, b: AddressRanges): AddressRanges {
  return perFamily((family) =>
    a[family].flatMap((x) =>
      b[family].flatMap((y) => {
        const both = { first: larger(x.first, y.first), last: smaller(x.last, y.last) };
        return both.first <= both.last ? [both] : [];
      }),
    ),
  );
}

export function withoutAddresses(a: AddressRanges, b: AddressRanges): AddressRanges {
  return perFamily((family) =>
    a[family].flatMap((range) => {
      const left: Range[] = [];
      let first = range.first;
      for (const hole of b[family]) {
        if (hole.last < first || hole.first > range.last) continue;
        if (hole.first > first) left.push({ first, last: hole.first - 1n });
        first = hole.last + 1n;
      }
      return first <= range.last ? [...left, { first, last: range.last }] : left;
    }),
  );
}

export const hasNoAddress = (ranges: AddressRanges): boolean => ranges[4].length + ranges[6].length === 0;

export function includesAddress(ranges: AddressRanges, address: Address): boolean {
  const bits = addressBits(address);
  return ranges[addressFamily(address)].some(({ first, last }) => first <= bits && bits <= last);
}

/** The fewest prefixes, those of IPv4 first. */
export function prefixesOf(ranges: AddressRanges): Prefix[] {
  return families.flatMap((family) => ranges[family].flatMap((range) => rangeToPrefixes({ family, ...range })));
}

/** A prefix and what of it is not meant: every one of `except` lies inside and is smaller. */
export type Block = { readonly prefix: Prefix; readonly except: readonly Prefix[] };

/** The addresses as blocks, each within one of the prefixes that they were written with, where there are any. */
export function blocksOf(ranges: AddressRanges, written: readonly Prefix[]): Block[] {
  const blocks: Block[] = [];
  let left = ranges;
  for (const prefix of widestFirst(written)) {
    const whole = addressRanges([prefix]);
    const inside = meetAddresses(left, whole);
    if (hasNoAddress(inside)) continue;
    const except = prefixesOf(withoutAddresses(whole, inside));
    const plain = prefixesOf(inside);
    if (except.length < plain.length) blocks.push({ prefix, except });
    else blocks.push(...plain.map((one) => ({ prefix: one, except: [] })));
    left = withoutAddresses(left, whole);
  }
  return [...blocks, ...prefixesOf(left).map((prefix) => ({ prefix, except: [] }))];
}

const widestFirst = (prefixes: readonly Prefix[]): Prefix[] =>
  [...prefixes].sort((a, b) => a.family - b.family || a.length - b.length || (a.bits < b.bits ? -1 : 1));

function joined(ranges: readonly Range[]): Range[] {
  const out: { first: bigint; last: bigint }[] = [];
  for (const { first, last } of [...ranges].sort((a, b) => (a.first < b.first ? -1 : 1))) {
    const previous = out.at(-1);
    if (previous === undefined || first > previous.last + 1n) out.push({ first, last });
    else if (last > previous.last) previous.last = last;
  }
  return out;
}

function wholeFamily(family: Family): Range {
  return { first: 0n, last: (1n << BigInt(familyWidth(family))) - 1n };
}

const [larger, smaller] = [(a: bigint, b: bigint) => (b > a ? b : a), (a: bigint, b: bigint) => (b > a ? a : b)];

const perFamily = (of: (family: Family) => Range[]): AddressRanges => ({ 4: of(4), 6: of(6) });
