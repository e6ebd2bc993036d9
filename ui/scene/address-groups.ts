import type { AddressEnd } from '@bulkhead/flows/edge.ts';
import { defaultNetwork } from '@bulkhead/model/words.ts';
import { addressBits, addressFamily, parseAddress } from '@bulkhead/net/address.ts';
import { familyWidth, formatPrefix, type Prefix, parsePrefix } from '@bulkhead/net/prefix.ts';
import type { KnownPrefix } from './scene.ts';

/** Says under which name an address is shown: a known prefix that holds it, else its /24 or /64. */
export type AddressGroups = (end: AddressEnd) => string;

export function addressGroups(known: readonly KnownPrefix[]): AddressGroups {
  const names = new Map<string, string>();
  const lengths = { 4: new Set<number>(), 6: new Set<number>() };
  for (const { name, prefix: text } of known) {
    const prefix = parsePrefix(text);
    if (prefix === null) continue;
    names.set(formatPrefix(prefix), name);
    lengths[prefix.family].add(prefix.length);
  }
  const longestFirst = { 4: descending(lengths[4]), 6: descending(lengths[6]) };
  return (end) => {
    // Edges arrive as JSON: an end that is no address after all is shown as what it says.
    if (parseAddress(end.address) !== end.address) return inNetwork(end, end.address);
    const family = addressFamily(end.address);
    for (const length of longestFirst[family]) {
      const name = names.get(formatPrefix(prefixOf(end, length)));
      if (name !== undefined) return inNetwork(end, name);
    }
    return inNetwork(end, formatPrefix(prefixOf(end, family === 4 ? 24 : 64)));
  };
}

const descending = (lengths: ReadonlySet<number>): readonly number[] => [...lengths].sort((a, b) => b - a);

function prefixOf(end: AddressEnd, length: number): Prefix {
  const family = addressFamily(end.address);
  const shift = BigInt(familyWidth(family) - length);
  return { family, bits: (addressBits(end.address) >> shift) << shift, length };
}

function inNetwork(end: AddressEnd, name: string): string {
  return end.network === defaultNetwork ? name : `${end.network}/${name}`;
}
