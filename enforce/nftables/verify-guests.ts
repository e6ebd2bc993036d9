import { type Address, addressFamily, parseAddress } from '@bulkhead/net/address.ts';
import { nameIn } from './copy.ts';
import { type GuestMap, guestBranches, guestMapName, placeOfBranch } from './guest-maps.ts';
import { guestPlaces, type HeldTable } from './held-table.ts';
import type { TableReading } from './read.ts';
import type { GuestAddresses } from './table-shape.ts';

const families = ['ip', 'ip6'] as const;
const kinds = ['from', 'to', 'published'] as const;

/** What the maps that all places share say of who is where; elements that lead elsewhere are in none of it. */
export function guestAddresses(reading: TableReading, held: HeldTable): GuestAddresses {
  const out = new Map<number, Address[]>(guestPlaces(held).map((place) => [place, []]));
  for (const ip of families) {
    const map = reading.maps.get(guestMapName('to', ip, held.shared));
    for (const [key, value] of map?.elements ?? []) {
      const address = parseAddress(key);
      if (address !== null) out.get(placeOfBranch(value) ?? 0)?.push(address);
    }
  }
  return out;
}

export type GuestDifference = { readonly text: string; readonly lacks: boolean };

/**
 * Whether exactly its addresses lead to this guest. Those of others are left to them; what leads to nobody, or counts as
 * a guest and leads nowhere, every guest notices.
 */
export function compareGuest(
  reading: TableReading,
  held: HeldTable,
  own: { place: number; local: readonly Address[] },
) {
  const out: GuestDifference[] = [];
  const led = new Set<string>(own.local);
  for (const what of kinds)
    for (const ip of families) out.push(...compareMap({ reading, held, ...own, what, ip, led }));
  for (const ip of families) {
    const name = guestMapName('all', ip, held.shared);
    const found = reading.sets.get(name)?.elements ?? new Set<string>();
    for (const address of ofFamily(own.local, ip))
      if (!found.has(address)) out.push({ text: `set ${name} lacks ${address}`, lacks: true });
    for (const key of found) if (!led.has(key)) out.push({ text: `set ${name} has ${key} too many`, lacks: false });
  }
  return out;
}

type Compared = {
  readonly reading: TableReading;
  readonly held: HeldTable;
  readonly place: number;
  readonly local: readonly Address[];
  readonly what: GuestMap;
  readonly ip: 'ip' | 'ip6';
  /** Gets every address that leads to some guest. */
  readonly led: Set<string>;
};

function compareMap({ reading, held, place, local, what, ip, led }: Compared): GuestDifference[] {
  const name = guestMapName(what, ip, held.shared);
  const found = reading.maps.get(name)?.elements ?? new Map<string, string>();
  const mine = new Set<string>(ofFamily(local, ip));
  const copy = held.places.get(place)?.copy ?? 'a';
  const wanted = `jump ${nameIn({ place, copy }, guestBranches[what])}`;
  const out: GuestDifference[] = [];
  for (const key of mine) {
    const value = found.get(key);
    if (value === undefined) out.push({ text: `map ${name} lacks ${key}`, lacks: true });
    else if (value !== wanted)
      out.push({ text: `map ${name} has ${key} : ${value} instead of ${wanted}`, lacks: false });
  }
  for (const [key, value] of found) {
    const owner = placeOfBranch(value);
    const isHeld = owner !== null && held.places.has(owner);
    if (isHeld) led.add(key);
    if (!mine.has(key) && (owner === place || !isHeld))
      out.push({ text: `map ${name} has ${key} too many`, lacks: false });
  }
  return out;
}

const ofFamily = (addresses: readonly Address[], ip: 'ip' | 'ip6'): Address[] =>
  addresses.filter((address) => addressFamily(address) === (ip === 'ip' ? 4 : 6));
