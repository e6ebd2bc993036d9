import type { ServiceClass } from '@bulkhead/model/host-ruleset.ts';
import type { Interval, Intervals } from '@bulkhead/net/intervals.ts';
import { allServices } from '@bulkhead/net/service-space.ts';
import { overlay } from '../overlay.ts';

/** Services that none of the given sets tells apart. `sets` are the ones that contain it. */
export type ClassOfServices = { readonly services: Intervals; readonly sets: ReadonlySet<number> };

/** At position 0 what only sets of all services contain (SPEC K5); then the others by their first service. */
export type ServiceClasses = readonly ClassOfServices[];

export function classifyServices(serviceSets: readonly Intervals[], ids: Iterable<number>): ServiceClasses {
  const whole = new Set<number>();
  const partial: { first: bigint; last: bigint; tag: number }[] = [];
  for (const id of new Set(ids)) {
    const set = serviceSets[id] ?? [];
    if (isWhole(set)) whole.add(id);
    else for (const { first, last } of set) partial.push({ first: BigInt(first), last: BigInt(last), tag: id });
  }
  const classes = new Map<string, { services: Interval[]; sets: ReadonlySet<number> }>();
  for (const { first, last, tags } of overlay(partial)) {
    const key = tags.join(',');
    const found = classes.get(key) ?? { services: [], sets: new Set([...whole, ...tags]) };
    classes.set(key, found);
    found.services.push({ first: Number(first), last: Number(last) });
  }
  return [{ services: [], sets: whole }, ...classes.values()];
}

/** In the form of the host ruleset, where class 0 is not listed. */
export function listClasses(classes: readonly { readonly services: Intervals }[]): ServiceClass[] {
  return classes.slice(1).map(({ services }, index) => ({ id: index + 1, services }));
}

const isWhole = (set: Intervals): boolean => set[0]?.first === allServices.first && set[0].last === allServices.last;
