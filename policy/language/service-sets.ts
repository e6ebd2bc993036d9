import { type Interval, type Intervals, intersectIntervals } from '@bulkhead/net/intervals.ts';
import {
  allServices,
  formatServicePoint,
  formatServiceRange,
  protocolHasPorts,
  protocolIsIcmp,
  serviceProtocol,
} from '@bulkhead/net/service-space.ts';

export const everyService: Intervals = [allServices];

/** How many services people would count: ports, ICMP types with codes, and one for every other protocol. */
export function countServices(set: Intervals): number {
  return splitProtocols(set).reduce((sum, { first, last }) => sum + (isPointless(first) ? 1 : last - first + 1), 0);
}

/** Texts that parse back to exactly the set. */
export function serviceTexts(set: Intervals): string[] {
  if (set[0]?.first === allServices.first && set[0].last === allServices.last) return ['all'];
  return splitProtocols(set).flatMap((range) => {
    const text = formatServiceRange(range);
    return text === null ? icmpTexts(range) : [text];
  });
}

/** One service of a set that is not empty, TCP where there is one. */
export function exampleService(set: Intervals): number {
  const tcp = intersectIntervals(set, [{ first: 6 << 16, last: (6 << 16) + 65535 }]);
  const range = tcp[0] ?? set[0];
  if (range === undefined) throw new Error('An empty set has no example');
  return range.first;
}

const isPointless = (point: number): boolean => {
  const protocol = serviceProtocol(point);
  return !protocolHasPorts(protocol) && !protocolIsIcmp(protocol);
};

function splitProtocols(set: Intervals): Interval[] {
  return set.flatMap(({ first, last }) => {
    const out: Interval[] = [];
    for (let from = first; from <= last; ) {
      const to = Math.min(last, from | 0xffff);
      out.push({ first: from, last: to });
      from = to + 1;
    }
    return out;
  });
}

/** ICMP ranges that are no single type: whole types where they are whole, else each code. */
function icmpTexts({ first, last }: Interval): string[] {
  const out: string[] = [];
  for (let point = first; point <= last; ) {
    const type = { first: point, last: point | 0xff };
    const whole = (point & 0xff) === 0 && type.last <= last ? formatServiceRange(type) : null;
    out.push(whole ?? formatServicePoint(point));
    point = whole === null ? point + 1 : type.last + 1;
  }
  return out;
}
