import type { DirectionTable, HostEnd, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { compareAddresses } from '@bulkhead/model/host-ruleset-invariants.ts';
import { type Address, addressBits, addressFamily, type Family } from '@bulkhead/net/address.ts';
import { familyWidth, prefixRange } from '@bulkhead/net/prefix.ts';
import { allServices } from '@bulkhead/net/service-space.ts';
import { overlay, rangeAt, type TaggedRange } from '../overlay.ts';
import type { NamedDecision } from './named-decision.ts';

/** Numbers of one thing in the two contents that are laid over each other. */
export type Both = { readonly before: number; readonly after: number };
export type Region = Both & { readonly family: Family; readonly first: bigint; readonly last: bigint };

/**
 * The coarsest cut of all packets in which both contents judge everything in one piece alike.
 * Regions cover both address families wholly, and services the whole space, with 0 where a content has no entry.
 */
export type Refinement = {
  readonly addresses: readonly (Both & { readonly address: Address })[];
  readonly regions: readonly Region[];
  readonly services: readonly (Both & { readonly first: number; readonly last: number })[];
  /** The last one has no addresses and stands for every other local address. */
  readonly ends: readonly {
    readonly addresses: readonly Address[];
    readonly before: HostEnd;
    readonly after: HostEnd;
  }[];
};

export function refine(before: HostRulesetContent, after: HostRulesetContent): Refinement {
  const regions = ([4, 6] as const).flatMap((family) => refineFamily(family, before, after));
  return {
    addresses: refineAddresses(before, after, regions),
    regions,
    services: refineServices(before, after),
    ends: refineEnds(before.ends, after.ends),
  };
}

/** Reads one direction of one end as the back ends do. */
export function readTable(decisions: (number: number) => NamedDecision, { cells, miss }: DirectionTable) {
  const byKey = new Map(cells.map((cell) => [cell.identity * 4096 + cell.class, cell.decision]));
  return (identity: number, number: number): NamedDecision =>
    decisions(byKey.get(identity * 4096 + number) ?? byKey.get(number) ?? miss);
}

/** Tags hold two numbers: twice the number, plus one for the second content; the tag -1 covers everything. */
const tagged = (number: number, side: 0 | 1): number => number * 2 + side;

function untag(tags: readonly number[]): Both {
  let [before, after] = [0, 0];
  for (const tag of tags) {
    if (tag < 0) continue;
    if (tag % 2 === 0) before = tag / 2;
    else after = (tag - 1) / 2;
  }
  return { before, after };
}

function refineFamily(family: Family, before: HostRulesetContent, after: HostRulesetContent): Region[] {
  const sides = [before, after].flatMap(({ prefixes }, side) =>
    prefixes
      .filter(({ prefix }) => prefix.family === family)
      .map(({ prefix, identity }) => ({ ...prefixRange(prefix), tag: tagged(identity, side === 0 ? 0 : 1) })),
  );
  const whole = { first: 0n, last: (1n << BigInt(familyWidth(family))) - 1n, tag: -1 };
  return overlay([whole, ...sides]).map(({ first, last, tags }) => ({ family, first, last, ...untag(tags) }));
}

function refineServices(before: HostRulesetContent, after: HostRulesetContent): Refinement['services'] {
  const ranges: TaggedRange[] = [{ first: 0n, last: BigInt(allServices.last), tag: -1 }];
  for (const [side, { classes }] of [before, after].entries()) {
    for (const { id, services } of classes) {
      for (const { first, last } of services) {
        ranges.push({ first: BigInt(first), last: BigInt(last), tag: tagged(id, side === 0 ? 0 : 1) });
      }
    }
  }
  return overlay(ranges).map(({ first, last, tags }) => ({ first: Number(first), last: Number(last), ...untag(tags) }));
}

function refineAddresses(
  before: HostRulesetContent,
  after: HostRulesetContent,
  regions: readonly Region[],
): Refinement['addresses'] {
  const exact = [before, after].map(({ addresses }) => new Map(addresses.map((peer) => [peer.address, peer.identity])));
  const byFamily = { 4: regions.filter(({ family }) => family === 4), 6: regions.filter(({ family }) => family === 6) };
  const all = [...new Set(exact.flatMap((map) => [...map.keys()]))].sort(compareAddresses);
  return all.map((address) => {
    const region = rangeAt(byFamily[addressFamily(address)], addressBits(address));
    return {
      address,
      before: exact[0]?.get(address) ?? region?.before ?? 0,
      after: exact[1]?.get(address) ?? region?.after ?? 0,
    };
  });
}

function refineEnds(before: readonly HostEnd[], after: readonly HostEnd[]): Refinement['ends'] {
  const endOf = (ends: readonly HostEnd[], address: Address | null): number => {
    const found = ends.findIndex(({ addresses }) => address !== null && addresses.includes(address));
    return found < 0 ? ends.length - 1 : found;
  };
  const groups = new Map<string, { addresses: Address[]; before: HostEnd; after: HostEnd }>();
  const local = [...new Set([...before, ...after].flatMap(({ addresses }) => addresses))].sort(compareAddresses);
  for (const address of [...local, null]) {
    const [b, a] = [endOf(before, address), endOf(after, address)];
    // The last group keeps a key of its own: it must stay without addresses.
    const key = address === null ? 'others' : `${b} ${a}`;
    const group = groups.get(key) ?? { addresses: [], before: before[b] as HostEnd, after: after[a] as HostEnd };
    groups.set(key, group);
    if (address !== null) group.addresses.push(address);
  }
  return [...groups.values()];
}
