import { addressBits, addressFamily, addressFromBits, parseAddress } from '@bulkhead/net/address.ts';
import { familyWidth, formatPrefix, parsePrefix } from '@bulkhead/net/prefix.ts';
import type { Finding } from '../finding.ts';

/** Says what is wrong with a text that `parseAddress` refused. */
export function addressFinding(value: string): Finding {
  const finding = { code: 'bad-address', cannot: 'read the address', value, so: 'it is not an address' };
  const bare = value.split(/[/%]/)[0] ?? '';
  const needed = 'one IPv4 or IPv6 address is needed';
  if (bare !== value && parseAddress(bare) !== null)
    return { ...finding, so: 'something follows the address', needed, hint: `write ${bare}` };
  return withOctalHint({ ...finding, needed }, value);
}

/** Says what is wrong with a text that `parsePrefix` refused; where only host bits are, the hint is the network. */
export function prefixFinding(value: string): Finding {
  const finding = { code: 'bad-prefix', cannot: 'read the prefix', value };
  const needed = 'a network such as 10.0.0.0/8 or fd00::/8, or an address, is needed';
  const [head = '', tail = '', ...rest] = value.split('/');
  const address = parseAddress(head);
  if (address === null || rest.length > 0) return withOctalHint({ ...finding, so: 'it is not a prefix', needed }, head);
  const family = addressFamily(address);
  if (family === 4 && head.includes(':'))
    return {
      ...finding,
      so: 'it is an IPv4 prefix written as IPv6',
      needed,
      hint: `write ${address} with a length of 0 to 32`,
    };
  if (!/^(0|[1-9]\d{0,2})$/.test(tail) || Number(tail) > familyWidth(family))
    return { ...finding, so: 'its length is wrong', needed, hint: `the length is 0 to ${familyWidth(family)}` };
  const host = BigInt(familyWidth(family) - Number(tail));
  const network = addressFromBits(family, (addressBits(address) >> host) << host);
  const prefix = parsePrefix(`${network}/${tail}`);
  const hint =
    prefix === null ? {} : { hint: `the network is ${formatPrefix(prefix)}, the address alone is ${address}` };
  return { ...finding, so: 'it has bits set beyond its length', needed, ...hint };
}

function withOctalHint(finding: Finding, address: string): Finding {
  const plain = address.replace(/(^|\.)0+(?=\d)/g, '$1');
  if (plain === address || parseAddress(plain) === null) return finding;
  return { ...finding, hint: `write ${plain}, without leading zeros` };
}
