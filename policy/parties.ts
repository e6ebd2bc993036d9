import { defaultNetwork } from '@bulkhead/model/words.ts';
import { type Address, addressBits, addressFamily, addressFromBits, type Family } from '@bulkhead/net/address.ts';
import { familyWidth } from '@bulkhead/net/prefix.ts';
import { addressSetRanges } from './address-set.ts';
import { compareBytes } from './byte-order.ts';
import { describeLabels, describeTerms } from './describe.ts';
import type { Estate } from './estate.ts';
import type { OpenServices, World } from './open-services.ts';
import { overlay } from './overlay.ts';
import type { Endpoint } from './probe.ts';
import { indexTerms, matchTerms } from './term-index.ts';
import type { Term } from './terms.ts';

/** Workloads that nothing in either world tells apart; ends of its first member speak for all. */
export type Segment = {
  readonly name: string;
  readonly workloads: readonly string[];
};

/** Addresses of one family that no workload claims and no prefix or ip list of either world tells apart. */
export type Outside = {
  readonly name: string;
  readonly family: Family;
  readonly addresses: bigint;
  readonly example: Address;
};

export type Sides<T> = { readonly before: T; readonly after: T };

/** Where a workload can be met; it is met without an address where it has none. Null: not in this world. */
export function endpointsOf(estate: Estate, name: string): readonly Endpoint[] | null {
  const workload = estate.byName.get(name);
  if (workload === undefined) return null;
  if (workload.addresses.length === 0) return [{ network: defaultNetwork, address: null, workload }];
  return workload.addresses.map(({ network, address }) => ({ network, address, workload }));
}

export function segmentsOf(worlds: Sides<World>, open: Sides<OpenServices>): Segment[] {
  const names = new Set([...worlds.before.estate.byName.keys(), ...worlds.after.estate.byName.keys()]);
  const groups = new Map<string, string[]>();
  const describe = (side: 'before' | 'after', name: string) =>
    endpointsOf(worlds[side].estate, name)?.map((endpoint) => open[side].describeEnd(endpoint)) ?? null;
  for (const name of [...names].sort(compareBytes)) {
    const key = JSON.stringify([describe('before', name), describe('after', name)]);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(name);
  }
  const naming = nameSegments(worlds);
  return [...groups.values()].map((workloads) => ({ name: naming(workloads), workloads }));
}

/** After what the selectors of both worlds ask of its labels; of the later world while it is there. */
function nameSegments(worlds: Sides<World>): (workloads: readonly string[]) => string {
  const indexes = [worlds.before, worlds.after].map(({ policy }) => indexTerms(policy.terms));
  return ([first = '', ...others]) => {
    const workload = worlds.after.estate.byName.get(first) ?? worlds.before.estate.byName.get(first);
    const seen = { labels: workload?.labels ?? null, address: null };
    const terms = indexes.flatMap((index) => matchTerms(index, seen).flatMap((id) => index.terms[id] ?? []));
    const selected = terms.filter((term) => term.kind === 'workloads' && term.requirements.length > 0);
    if (selected.length > 0) return describeLabels(selected, ',');
    return others.length === 0 ? first : `${first} and ${others.length} more`;
  };
}

export function outsideOf(worlds: Sides<World>): Outside[] {
  const terms = [...worlds.before.policy.terms, ...worlds.after.policy.terms].filter(
    ({ kind }) => kind === 'addresses',
  );
  return ([4, 6] as const).flatMap((family) => outsideOfFamily(family, terms, claimedAddresses(worlds, family)));
}

function outsideOfFamily(family: Family, terms: readonly Term[], claimed: readonly bigint[]): Outside[] {
  const ranges = terms.flatMap((term, tag) =>
    term.kind === 'addresses'
      ? addressSetRanges(term.set).flatMap((range) => (range.family === family ? [{ ...range, tag }] : []))
      : [],
  );
  const whole = { first: 0n, last: (1n << BigInt(familyWidth(family))) - 1n, tag: terms.length };
  const own = claimed.map((bits) => ({ first: bits, last: bits, tag: terms.length + 1 }));
  const atoms = new Map<string, Outside>();
  for (const { first, last, tags } of overlay([whole, ...ranges, ...own])) {
    if (tags.includes(terms.length + 1)) continue;
    const lists = [...new Set(tags.flatMap((tag) => terms[tag] ?? []).map((term) => describeTerms([term])))];
    const known = atoms.get(tags.join(','));
    const name = lists.length === 0 ? `any other IPv${family} address` : lists.sort(compareBytes).join(' and ');
    const addresses = (known?.addresses ?? 0n) + last - first + 1n;
    atoms.set(tags.join(','), { name, family, addresses, example: known?.example ?? addressFromBits(family, first) });
  }
  return [...atoms.values()];
}

function claimedAddresses(worlds: Sides<World>, family: Family): bigint[] {
  const maps = [worlds.before, worlds.after].flatMap(({ estate }) => [...estate.owners.values()]);
  const addresses = new Set(maps.flatMap((owners) => [...owners.keys()]));
  return [...addresses].filter((address) => addressFamily(address) === family).map(addressBits);
}
