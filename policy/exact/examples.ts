import { defaultNetwork } from '@bulkhead/model/words.ts';
import { formatServicePoint, type ServicePoint } from '@bulkhead/net/service-space.ts';
import type { Probe } from '../probe.ts';
import type { Side } from '../world.ts';
import type { Axis } from './axis.ts';

/** An end of an example: a position of a segment or outside, and one of its endpoints. */
export type ExampleEnd = { readonly position: number; readonly endpoint: number };

/** A connection between two endpoints in words that name just this one; short where a name alone does. */
export function probeBetween(
  { axis, side }: { readonly axis: Axis; readonly side: Side },
  [from, to]: readonly [ExampleEnd, ExampleEnd],
  service: ServicePoint,
): Probe {
  const source = endText(from, 0);
  const destination = endText(to, from.position === to.position ? 1 : 0);
  const text = formatServicePoint(service);
  if (!axis.isOutside(from.position) && !axis.isOutside(to.position)) {
    return { from: source.short, to: destination.short, service: text };
  }
  const network = source.network ?? destination.network ?? defaultNetwork;
  return { from: source.full, to: destination.full, service: text, network };

  /** `member`: which workload of the segment; nobody is asked about with himself. */
  function endText({ position, endpoint }: ExampleEnd, member: number) {
    if (axis.isOutside(position)) {
      const { example } = axis.outsideAt(position);
      return { short: example, full: example, network: null };
    }
    const name = axis.segments[position]?.workloads[member] ?? '';
    const { addresses } = axis.worlds[side].estate.byName.get(name) ?? { addresses: [] };
    const at = addresses[axis.endpoints(side, position).indexOf(endpoint)];
    const full = at === undefined ? name : `${name}@${at.address}`;
    return { short: addresses.length < 2 ? name : full, full, network: at?.network ?? defaultNetwork };
  }
}
