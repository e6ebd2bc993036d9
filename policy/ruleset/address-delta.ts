import type { AddressDelta, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { alike } from '../alike.ts';

/**
 * What turns one content into the other when nothing but `addresses` differs; null when more differs or there is no
 * `before`. A changed identity is a removal and an addition. Equal contents give an empty delta.
 */
export function addressDelta(before: HostRulesetContent | null, after: HostRulesetContent): AddressDelta | null {
  if (before === null || !alike({ ...before, addresses: [] }, { ...after, addresses: [] })) return null;
  const had = new Map(before.addresses.map((peer) => [peer.address, peer.identity]));
  const has = new Map(after.addresses.map((peer) => [peer.address, peer.identity]));
  return {
    added: after.addresses.filter(({ address, identity }) => had.get(address) !== identity),
    removed: before.addresses.filter(({ address, identity }) => has.get(address) !== identity),
  };
}
