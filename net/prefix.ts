import { type Address, addressBits, addressFamily, addressFromBits, type Family, parseAddress } from './address.ts';

/** `bits` has no bit set below `length`: the parser refuses `10.0.0.1/8`, so equal prefixes have equal fields. */
export type Prefix = { readonly family: Family; readonly bits: bigint; readonly length: number };

/** An inclusive range of address integers of one family. */
export type AddressRange = { readonly family: Family; readonly first: bigint; readonly last: bigint };

export const familyWidth = (family: Family): number => (family === 4 ? 32 : 128);

/** A prefix, or a bare address as a prefix of full length; null when it is neither or has host bits set. */
export function parsePrefix(text: string): Prefix | null {
  const [head = '', tail, ...rest] = text.split('/');
  const address = parseAddress(head);
  if (address === null || rest.length > 0) return null;
  const family = addressFamily(address);
  if (tail !== undefined && !/^(0|[1-9]\d{0,2})$/.test(tail)) return null;
  // An IPv4-mapped prefix would change family and length at once: only the plain spelling is a prefix.
  if (family === 4 && head.includes(':')) return null;
  const length = tail === undefined ? familyWidth(family) : Number(tail);
  if (length > familyWidth(family)) return null;
  const bits = addressBits(address);
  const prefix = { family, bits, length };
  return (bits & hostMask(prefix)) === 0n ? prefix : null;
}

export function formatPrefix(prefix: Prefix): string {
  return `${addressFromBits(prefix.family, prefix.bits)}/${prefix.length}`;
}

export function prefixContains(prefix: Prefix, address: Address): boolean {
  if (addressFamily(address) !== prefix.family) return false;
  return (addressBits(address) | hostMask(prefix)) === (prefix.bits | hostMask(prefix));
}

export function prefixRange(prefix: Prefix): AddressRange {
  return { family: prefix.family, first: prefix.bits, last: prefix.bits | hostMask(prefix) };
}

/** The fewest prefixes that cover exactly the range, in address order. */
export function rangeToPrefixes(range: AddressRange): Prefix[] {
  const width = familyWidth(range.family);
  const out: Prefix[] = [];
  let first = range.first;
  while (first <= range.last) {
    let size = 0;
    while (size < width) {
      const wider = (1n << BigInt(size + 1)) - 1n;
      if ((first & wider) !== 0n || first + wider > range.last) break;
      size++;
    }
    out.push({ family: range.family, bits: first, length: width - size });
    first += 1n << BigInt(size);
  }
  return out;
}

function hostMask(prefix: Prefix): bigint {
  return (1n << BigInt(familyWidth(prefix.family) - prefix.length)) - 1n;
}
