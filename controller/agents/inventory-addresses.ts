import { defaultNetwork, type NetworkAddress } from '@bulkhead/model/words.ts';
import { parseAddress } from '@bulkhead/net/address.ts';
import { parsePrefix, prefixContains } from '@bulkhead/net/prefix.ts';
import type { Inventory } from '@bulkhead/wire/messages.ts';

/** Addresses that mean another host, or nothing, elsewhere: they identify nobody. */
const localOnly = [
  '127.0.0.0/8',
  '::1/128',
  'fe80::/10',
  '169.254.0.0/16',
  '0.0.0.0/32',
  '::/128',
  '224.0.0.0/4',
  'ff00::/8',
]
  .map(parsePrefix)
  .filter((prefix) => prefix !== null);

/** More than any host has; a host that claims more could make every peer's ruleset grow. */
export const addressLimit = 512;

/** The addresses by which others know the host, sorted, each once. What is no address is left out. */
export function inventoryAddresses(inventory: Inventory): NetworkAddress[] {
  const found = inventory.addresses
    .map(({ address }) => parseAddress(address))
    .filter((address) => address !== null)
    .filter((address) => !localOnly.some((prefix) => prefixContains(prefix, address)));
  return [...new Set(found)]
    .sort()
    .slice(0, addressLimit)
    .map((address) => ({ network: defaultNetwork, address }));
}
