import type { Address } from '@bulkhead/net/address.ts';
import { type DecisionCounter, decisionChains, usedDecisions } from './decision-chains.ts';
import { endChains } from './end-chains.ts';
import { entryChains, forwardedCounter } from './entry-chains.ts';
import { type Guest, guestMaps, guestSets, ownSetShapes } from './guest-maps.ts';
import { guestPlaces, type HeldTable, invalidCounter } from './held-table.ts';
import { lookupChains } from './lookup-chains.ts';
import { nameSets } from './name-sets.ts';
import type { NftOptions } from './options.ts';
import { peerMaps } from './peer-maps.ts';
import { classChains, serviceMaps } from './service-maps.ts';
import type { ChainShape, MapShape, SetShape, ShapeInput } from './shape.ts';
import { verdictMaps } from './verdict-maps.ts';

/** Everything one table holds. The script is printed from it and what the kernel lists is compared with it. */
export type TableShape = {
  readonly counters: readonly DecisionCounter[];
  readonly maps: readonly MapShape[];
  readonly sets: readonly SetShape[];
  readonly chains: readonly ChainShape[];
};

/** What is one place's own. */
export function placeShape(input: ShapeInput): TableShape {
  const { at, ruleset } = input;
  const { content } = ruleset;
  const used = usedDecisions(content);
  const decisions = decisionChains(used, input);
  const invalid = (['in', 'out'] as const).map((short) => ({
    name: invalidCounter(at.place, short),
    comment: 'belongs to no connection',
  }));
  return {
    counters: [...invalid, ...decisions.counters],
    maps: [...peerMaps(content, at), ...serviceMaps(content.classes, at), ...verdictMaps(content, used, at)],
    sets: nameSets(content, at.place),
    chains: [
      ...classChains(content.classes, at),
      ...decisions.chains,
      ...lookupChains(content, at),
      ...endChains(input),
    ],
  };
}

/** Addresses of guests by their places. */
export type GuestAddresses = ReadonlyMap<number, readonly Address[]>;

/** What all places share; who comes and goes changes it. */
export function sharedShape(table: HeldTable, addresses: GuestAddresses, options: NftOptions): TableShape {
  const guests = guestPlaces(table).map(
    (place): Guest => ({
      place,
      copy: table.places.get(place)?.copy ?? 'a',
      addresses: addresses.get(place) ?? [],
    }),
  );
  const none = guests.length === 0;
  return {
    counters: [forwardedCounter],
    maps: none ? [] : guestMaps(guests, table.shared),
    sets: [...ownSetShapes, ...(none ? [] : guestSets(guests, table.shared))],
    chains: entryChains(table, options),
  };
}
