import type { Address } from '@bulkhead/net/address.ts';
import type { Estate } from '../estate.ts';

type Networks = {
  /** The networks that some workload has beside this one. */
  readonly beside: ReadonlyMap<string, ReadonlySet<string>>;
  /** Where an address is claimed; null: in several. Empty where no workload is in several networks. */
  readonly claims: ReadonlyMap<Address, string | null>;
};

const known = new WeakMap<Estate, Networks>();

/**
 * Whether some host in this network may take another workload than the owner there for the owner of the address, or one
 * where it has none (SPEC E11). Where addresses overlap but no host is on both sides this is never so.
 */
export function isAmbiguous(estate: Estate, network: string, address: Address | null): boolean {
  const { beside, claims } = known.get(estate) ?? networksOf(estate);
  const others = beside.get(network);
  if (others === undefined || address === null) return false;
  const where = claims.get(address);
  if (where === undefined || where === network) return false;
  const owner = estate.owners.get(network)?.get(address);
  for (const other of others) {
    const theirs = estate.owners.get(other)?.get(address);
    if (theirs !== undefined && theirs !== owner) return true;
  }
  return false;
}

function networksOf(estate: Estate): Networks {
  const beside = new Map<string, Set<string>>();
  for (const { networks } of estate.workloads) {
    if (networks.length < 2) continue;
    for (const network of networks) {
      const others = beside.get(network) ?? new Set<string>();
      beside.set(network, others);
      for (const other of networks) if (other !== network) others.add(other);
    }
  }
  const claims = new Map<Address, string | null>();
  if (beside.size > 0) {
    for (const [network, inside] of estate.owners)
      for (const address of inside.keys()) claims.set(address, claims.has(address) ? null : network);
  }
  const networks: Networks = { beside, claims };
  known.set(estate, networks);
  return networks;
}
