import type { Requirement } from '@bulkhead/model/documents.ts';
import { requirementsMatch } from '@bulkhead/model/requirements.ts';
import { type Address, addressBits, addressFamily, type Family } from '@bulkhead/net/address.ts';
import type { Estate, Workload } from '../estate.ts';
import type { OverlayRange } from '../overlay.ts';

/** What is asked of an estate over and over, whatever the policy. */
export type EstateFacts = {
  /** Addresses that some workload claims, in order. */
  readonly claimed: Readonly<Record<Family, readonly Claimed[]>>;
  /** By key, then value: positions in `estate.workloads`, ascending. */
  readonly labelled: ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>;
};

type Claimed = { readonly bits: bigint; readonly address: Address };

const factsByEstate = new WeakMap<Estate, EstateFacts>();

/** Worked out once per estate. */
export function factsOf(estate: Estate): EstateFacts {
  const facts = factsByEstate.get(estate) ?? { claimed: claimedAddresses(estate), labelled: indexLabels(estate) };
  factsByEstate.set(estate, facts);
  return facts;
}

/** Positions in `estate.workloads`, ascending. */
export function workloadsMatching(estate: Estate, requirements: readonly Requirement[]): number[] {
  const { labelled } = factsOf(estate);
  const lists = requirements.flatMap(({ key, operator, values }) =>
    operator === 'in' ? [values.map((value) => labelled.get(key)?.get(value) ?? [])] : [],
  );
  const sizeOf = (list: readonly (readonly number[])[]) => list.reduce((sum, { length }) => sum + length, 0);
  const narrowest = lists.sort((a, b) => sizeOf(a) - sizeOf(b))[0];
  const candidates = narrowest === undefined ? estate.workloads.keys() : narrowest.flat().sort((a, b) => a - b);
  return [...candidates].filter((position) =>
    requirementsMatch(requirements, (estate.workloads[position] as Workload).labels),
  );
}

/** The claimed addresses in ranges that carry tags, with their tags. */
export function tagClaimed(
  estate: Estate,
  family: Family,
  ranges: readonly OverlayRange[],
): [Address, readonly number[]][] {
  const claimed = factsOf(estate).claimed[family];
  return ranges.flatMap(({ first, last, tags }) => {
    const inside = claimed.slice(countBelow(claimed, first), countBelow(claimed, last + 1n));
    return inside.map(({ address }) => [address, tags] as [Address, readonly number[]]);
  });
}

/** How many of the addresses, which are in order, come before. */
export function countBelow(claimed: readonly Claimed[], bits: bigint): number {
  let [low, high] = [0, claimed.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((claimed[middle] as Claimed).bits < bits) low = middle + 1;
    else high = middle;
  }
  return low;
}

export const byBits = (a: Claimed, b: Claimed): number => (a.bits < b.bits ? -1 : a.bits > b.bits ? 1 : 0);

function claimedAddresses(estate: Estate): EstateFacts['claimed'] {
  const addresses = [...new Set([...estate.owners.values()].flatMap((owners) => [...owners.keys()]))];
  const claimed = addresses.map((address) => ({ bits: addressBits(address), address }));
  const ofFamily = (family: Family) => claimed.filter(({ address }) => addressFamily(address) === family).sort(byBits);
  return { 4: ofFamily(4), 6: ofFamily(6) };
}

function indexLabels({ workloads }: Estate): EstateFacts['labelled'] {
  const labelled = new Map<string, Map<string, number[]>>();
  for (const [position, { labels }] of workloads.entries()) {
    for (const [key, value] of Object.entries(labels)) {
      const byValue = labelled.get(key) ?? new Map<string, number[]>();
      if (byValue.size === 0) labelled.set(key, byValue);
      const list = byValue.get(value);
      if (list === undefined) byValue.set(value, [position]);
      else list.push(position);
    }
  }
  return labelled;
}
