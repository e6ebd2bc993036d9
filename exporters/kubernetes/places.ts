import type { Prefix } from '@bulkhead/net/prefix.ts';
import {
  type AddressRanges,
  everyAddress,
  hasNoAddress,
  meetAddresses,
  prefixesOf,
  withoutAddresses,
} from './address-ranges.ts';
import { isWithin, meet, type Selection, selectionText, without } from './selection.ts';

/** One alternative of an end, its scope worked in and every name followed. */
export type PlaceTerm =
  | { readonly kind: 'any' }
  | { readonly kind: 'selection'; readonly selection: Selection }
  /** `written`: the prefixes that people wrote, for blocks like theirs. */
  | { readonly kind: 'addresses'; readonly ranges: AddressRanges; readonly written: readonly Prefix[] }
  | { readonly kind: 'domain'; readonly name: string }
  /** Of the cluster, by their labels without the space of the keys. */
  | { readonly kind: 'nodes'; readonly selection: Selection };

/** Whether an end may be in both: an address may be that of any workload, and of any name. */
export function placesMeet(a: PlaceTerm, b: PlaceTerm): boolean {
  if (a.kind === 'any' || b.kind === 'any') return true;
  if (a.kind === 'selection' && b.kind === 'selection') return meet(a.selection, b.selection) !== null;
  if (a.kind === 'addresses' && b.kind === 'addresses') return !hasNoAddress(meetAddresses(a.ranges, b.ranges));
  if (a.kind === 'addresses' || b.kind === 'addresses') return true;
  if (a.kind === 'nodes' && b.kind === 'nodes') return meet(a.selection, b.selection) !== null;
  return domainsMeet(a, b);
}

/** Whether whatever `narrow` matches is certain to match `wide`. */
export function placeCovers(wide: PlaceTerm, narrow: PlaceTerm): boolean {
  if (wide.kind === 'any') return true;
  if (wide.kind === 'selection' && narrow.kind === 'selection') return isWithin(narrow.selection, wide.selection);
  if (wide.kind === 'nodes' && narrow.kind === 'nodes') return isWithin(narrow.selection, wide.selection);
  if (wide.kind === 'addresses' && narrow.kind === 'addresses')
    return hasNoAddress(withoutAddresses(narrow.ranges, wide.ranges));
  return wide.kind === 'domain' && narrow.kind === 'domain' && domainCovers(wide.name, narrow.name);
}

/** What both match; null: that is no place that could be written. */
export function meetPlaces(a: PlaceTerm, b: PlaceTerm): PlaceTerm[] | null {
  if (!placesMeet(a, b)) return [];
  if (placeCovers(b, a)) return [a];
  if (placeCovers(a, b)) return [b];
  if (a.kind === 'selection' && b.kind === 'selection') {
    const selection = meet(a.selection, b.selection);
    return selection === null ? [] : [{ kind: 'selection', selection }];
  }
  if (a.kind !== 'addresses' || b.kind !== 'addresses') return null;
  return [{ kind: 'addresses', ranges: meetAddresses(a.ranges, b.ranges), written: [...a.written, ...b.written] }];
}

/**
 * What `a` matches and `b` does not; null: that is no place that could be written. `allHaveAddresses`: that everybody is
 * whoever has an address.
 */
export function withoutPlace(a: PlaceTerm, b: PlaceTerm, allHaveAddresses: boolean): PlaceTerm[] | null {
  if (!placesMeet(a, b)) return [a];
  if (placeCovers(b, a)) return [];
  if (a.kind === 'selection' && b.kind === 'selection')
    return without(a.selection, b.selection).map((selection) => ({ kind: 'selection', selection }));
  if (b.kind !== 'addresses' || (a.kind !== 'addresses' && a.kind !== 'any')) return null;
  if (a.kind === 'any' && !allHaveAddresses) return null;
  const [ranges, written] = a.kind === 'any' ? [everyAddress, prefixesOf(everyAddress)] : [a.ranges, a.written];
  return [{ kind: 'addresses', ranges: withoutAddresses(ranges, b.ranges), written }];
}

export function placeText(place: PlaceTerm): string {
  switch (place.kind) {
    case 'any':
      return 'anyone';
    case 'selection':
      return `selector ${selectionText(place.selection)}`;
    case 'addresses': {
      const texts = ([4, 6] as const).flatMap((family) =>
        place.ranges[family].map(({ first, last }) => `${family} ${first}-${last}`),
      );
      return `addresses ${texts.join(',')}`;
    }
    case 'nodes':
      return `nodes ${selectionText(place.selection)}`;
    case 'domain':
      return `name ${place.name}`;
  }
}

/** As policy/SPEC.md Y2 has it. */
const domainCovers = (pattern: string, name: string): boolean =>
  pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) && name.length >= pattern.length : name === pattern;

function domainsMeet(a: PlaceTerm, b: PlaceTerm): boolean {
  if (a.kind !== 'domain' || b.kind !== 'domain') return false;
  return domainCovers(a.name, b.name) || domainCovers(b.name, a.name);
}
