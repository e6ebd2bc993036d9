import {
  countIntervals,
  type Intervals,
  intersectIntervals,
  intervals,
  subtractIntervals,
} from '@bulkhead/net/intervals.ts';
import { allServices, serviceProtocol } from '@bulkhead/net/service-space.ts';

/** A port that the destination has a name for. */
export type NamedPort = { readonly protocol: number; readonly name: string };

export type ServiceSet = { readonly ranges: Intervals; readonly named: readonly NamedPort[] };

const every: Intervals = [allServices];

export const everyService: ServiceSet = { ranges: every, named: [] };
export const isEveryService = ({ ranges }: ServiceSet): boolean => countIntervals(ranges) === countIntervals(every);
export const isNoService = ({ ranges, named }: ServiceSet): boolean => ranges.length + named.length === 0;

export function joinServices(a: ServiceSet, b: ServiceSet): ServiceSet {
  return { ranges: intervals([...a.ranges, ...b.ranges]), named: uniqueNames([...a.named, ...b.named]) };
}

/** Whether some service may be in both: nobody knows which number a name has. */
export function servicesMeet(a: ServiceSet, b: ServiceSet): boolean {
  if (intersectIntervals(a.ranges, b.ranges).length > 0) return true;
  return namesMeet(a, b) || namesMeet(b, a);
}

export function servicesCover(wide: ServiceSet, narrow: ServiceSet): boolean {
  if (subtractIntervals(narrow.ranges, wide.ranges).length > 0) return false;
  return narrow.named.every((port) => hasName(wide, port) || hasProtocol(wide, port.protocol));
}

/** Null: it cannot be said, for a name stands against numbers. */
export function withoutServices(a: ServiceSet, b: ServiceSet): ServiceSet | null {
  if (!servicesMeet(a, b)) return a;
  const named = a.named.filter((port) => !hasName(b, port) && !hasProtocol(b, port.protocol));
  const left = { ranges: subtractIntervals(a.ranges, b.ranges), named };
  const numbers = { ranges: left.ranges, named: [] };
  return namesMeet(b, numbers) || namesMeet(left, b) ? null : left;
}

/** What both have; null: it cannot be said. */
export function meetServices(a: ServiceSet, b: ServiceSet): ServiceSet | null {
  if (servicesCover(b, a)) return a;
  if (servicesCover(a, b)) return b;
  if (namesMeet(a, b) || namesMeet(b, a)) return null;
  return { ranges: intersectIntervals(a.ranges, b.ranges), named: [] };
}

export function servicesText({ ranges, named }: ServiceSet): string {
  const numbers = ranges.map(({ first, last }) => `${first}-${last}`);
  return [...numbers, ...named.map(({ protocol, name }) => `${protocol} ${name}`)].join(',');
}

const hasName = ({ named }: ServiceSet, { protocol, name }: NamedPort): boolean =>
  named.some((port) => port.protocol === protocol && port.name === name);

const wholeProtocol = (protocol: number): Intervals => [{ first: protocol << 16, last: (protocol << 16) | 0xffff }];

const hasProtocol = ({ ranges }: ServiceSet, protocol: number): boolean =>
  subtractIntervals(wholeProtocol(protocol), ranges).length === 0;

/** Whether a name of `a` may be a number, or is a name, of `b`. */
function namesMeet(a: ServiceSet, b: ServiceSet): boolean {
  return a.named.some(
    ({ protocol }) =>
      intersectIntervals(wholeProtocol(protocol), b.ranges).length > 0 ||
      b.named.some((port) => port.protocol === protocol),
  );
}

function uniqueNames(ports: readonly NamedPort[]): NamedPort[] {
  const byText = new Map(ports.map((port) => [`${port.protocol} ${port.name}`, port]));
  return [...byText.keys()].sort().flatMap((text) => byText.get(text) ?? []);
}

/** Ranges cut at the borders of protocols. */
export function perProtocol(
  set: Intervals,
): { readonly protocol: number; readonly first: number; readonly last: number }[] {
  return set.flatMap(({ first, last }) => {
    const out = [];
    for (let from = first; from <= last; from = (from | 0xffff) + 1) {
      const to = Math.min(last, from | 0xffff);
      out.push({ protocol: serviceProtocol(from), first: from & 0xffff, last: to & 0xffff });
    }
    return out;
  });
}
