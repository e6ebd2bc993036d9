import { type Finding, quote } from '@bulkhead/model/finding.ts';
import { addressFinding, prefixFinding } from '@bulkhead/model/read/address-findings.ts';
import type { Reading } from '@bulkhead/model/read/reading.ts';
import type { Tree } from '@bulkhead/model/read/tree.ts';
import { type Address, addressBits, addressFamily, addressFromBits, parseAddress } from '@bulkhead/net/address.ts';
import { familyWidth, formatPrefix, type Prefix, parsePrefix } from '@bulkhead/net/prefix.ts';
import { readWords } from './values.ts';

export function readIp(reading: Reading, tree: Tree, what: string): Address | null {
  const text = readWords(reading, tree, what);
  const address = text === null ? null : parseAddress(text);
  if (text !== null && address === null) reading.report(tree.offset, addressFinding(text));
  return address;
}

/** A status has its addresses as a list and the first of them alone, of which the list is the newer. */
export const withSingle = (list: readonly Address[], single: Address | null): readonly Address[] => [
  ...new Set([...list, ...(single === null ? [] : [single])]),
];

/** A network with its length. Bits beyond the length are dropped, as the API server drops them (SPEC KI8). */
export function readCidr(reading: Reading, tree: Tree, what: string): Prefix | null {
  const text = readWords(reading, tree, what);
  if (text === null) return null;
  if (parseAddress(text) !== null) {
    reading.report(tree.offset, noLength(text));
    return null;
  }
  const prefix = parsePrefix(text) ?? masked(text);
  if (prefix === null) reading.report(tree.offset, badCidr(text, what));
  else if (parsePrefix(text) === null) reading.report(tree.offset, hostBits(text, formatPrefix(prefix)));
  return prefix;
}

/** Null where more is wrong with the text than bits beyond its length. */
function masked(text: string): Prefix | null {
  const [head = '', tail = ''] = text.split('/');
  const address = parseAddress(head);
  if (address === null || !/^\d{1,3}$/.test(tail)) return null;
  const family = addressFamily(address);
  const host = BigInt(Math.max(0, familyWidth(family) - Number(tail)));
  return parsePrefix(`${addressFromBits(family, (addressBits(address) >> host) << host)}${text.slice(head.length)}`);
}

const needed = 'a network such as 10.0.0.0/8 or fd00::/8 is needed';

const badCidr = (value: string, what: string): Finding => ({
  ...prefixFinding(value),
  code: 'bad-cidr',
  cannot: `read ${what}`,
  needed,
});

function noLength(value: string): Finding {
  const hint = `write ${value}/${value.includes(':') ? 128 : 32} for the address alone`;
  return {
    code: 'bad-cidr',
    cannot: 'read the CIDR',
    value,
    so: 'it has no length',
    needed,
    hint,
  };
}

function hostBits(value: string, network: string): Finding {
  const so = 'it has bits set beyond its length';
  const taken = `the network ${quote(network)} is taken for it, as the API server does`;
  return { severity: 'warning', code: 'host-bits', cannot: 'keep the CIDR', value, so, needed: taken };
}
