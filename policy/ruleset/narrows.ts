import type { HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { type Address, addressBits, addressFamily } from '@bulkhead/net/address.ts';
import { type Both, type Refinement, type Region, readTable, refine } from './refine.ts';

/** SPEC K7: whether some packet of the host was effectively allowed before and is denied after. Null: no ruleset yet. */
export function narrows(before: HostRulesetContent | null, after: HostRulesetContent): boolean {
  if (before === null) return true;
  const refinement = refine(before, after);
  const peers = distinct([
    ...refinement.addresses,
    ...refinement.regions.filter((region) => isMet(region, refinement)),
  ]);
  const services = distinct(refinement.services);
  for (const end of refinement.ends) {
    for (const direction of ['inbound', 'outbound'] as const) {
      const was = readTable(before.decisions, end.before[direction]);
      const is = readTable(after.decisions, end.after[direction]);
      const closes = (peer: Both, service: Both): boolean =>
        was(peer.before, service.before).effective.verdict === 'allow' &&
        is(peer.after, service.after).effective.verdict === 'deny';
      if (peers.some((peer) => services.some((service) => closes(peer, service)))) return true;
    }
  }
  return false;
}

/** A region stands for no peer when every address in it has an entry of its own. */
function isMet(region: Region, { addresses }: Refinement): boolean {
  const size = region.last - region.first + 1n;
  // Checked first because regions are mostly huge and entries are mostly few.
  if (size > BigInt(addresses.length)) return true;
  const inside = addresses.filter(({ address }) => isInside(region, address));
  return BigInt(inside.length) < size;
}

function isInside(region: Region, address: Address): boolean {
  const bits = addressBits(address);
  return addressFamily(address) === region.family && region.first <= bits && bits <= region.last;
}

function distinct(list: readonly Both[]): Both[] {
  return [...new Map(list.map((both) => [`${both.before} ${both.after}`, both])).values()];
}
