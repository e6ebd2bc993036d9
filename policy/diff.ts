import type { View } from '@bulkhead/model/decision.ts';
import { type Intervals, subtractIntervals } from '@bulkhead/net/intervals.ts';
import { formatServicePoint } from '@bulkhead/net/service-space.ts';
import { OpenServices, type World } from './open-services.ts';
import { endpointsOf, type Outside, outsideOf, type Segment, type Sides, segmentsOf } from './parties.ts';
import { type Endpoint, endpointText, type Probe } from './probe.ts';
import { countServices, exampleService, SharedSets, serviceTexts } from './service-sets.ts';
import { findTouched, mayDiffer, type Reach } from './touched.ts';

/** All cells between two segments whose verdict changes in one direction. */
export type Rectangle = {
  /** What the workloads of the segment have in common, as a selector would say it. */
  readonly from: string;
  readonly to: string;
  readonly services: readonly string[];
  readonly cells: number;
  /** A connection of the rectangle that passes in the world where it is open. */
  readonly example: Probe;
};

/** As a rectangle, between so many workloads and so many unowned addresses (a decimal number). */
export type AddressRectangle = Omit<Rectangle, 'cells'> & { readonly workloads: number; readonly addresses: string };

export type Change = {
  /** Exact below 2^53, which is beyond 100,000 workloads with every service. */
  readonly cells: number;
  readonly rectangles: readonly Rectangle[];
  readonly addressRectangles: readonly AddressRectangle[];
};

export type Difference = { readonly opened: Change; readonly closed: Change };

type Collected = { readonly rectangles: Rectangle[]; readonly addressRectangles: AddressRectangle[] };
type Comparison = { readonly worlds: Sides<World>; readonly open: Sides<OpenServices> };

/** Every cell that is open in one world and not in the other (SPEC F1-F3). Largest rectangles first. */
export function diff(before: World, after: World, view: View = 'intended'): Difference {
  const worlds = { before, after };
  const shared = new SharedSets();
  const open = { before: new OpenServices(before, view, shared), after: new OpenServices(after, view, shared) };
  const comparison = { worlds, open };
  const opened: Collected = { rectangles: [], addressRectangles: [] };
  const closed: Collected = { rectangles: [], addressRectangles: [] };
  const touched = findTouched(worlds);
  const segments = segmentsOf(worlds, open).map((segment) => placeSegment(worlds, segment, touched));
  const outsides = outsideOf(worlds);
  for (const from of segments) {
    for (const to of segments) {
      if (!mayDiffer(from.reach, to.reach) || (from === to && from.segment.workloads.length < 2)) continue;
      compareSegments({ comparison, opened, closed }, from, to);
    }
    if (!from.reach.unknown && from.reach.from.size === 0 && from.reach.to.size === 0) continue;
    for (const outside of outsides) compareOutside({ comparison, opened, closed }, from, outside);
  }
  return { opened: summary(opened), closed: summary(closed) };
}

type Placed = {
  readonly segment: Segment;
  readonly ends: Sides<readonly Endpoint[] | null>;
  readonly reach: Reach;
};
type Sink = { readonly comparison: Comparison; readonly opened: Collected; readonly closed: Collected };

function placeSegment(worlds: Sides<World>, segment: Segment, touched: (workload: string) => Reach): Placed {
  const first = segment.workloads[0] ?? '';
  const ends = { before: endpointsOf(worlds.before.estate, first), after: endpointsOf(worlds.after.estate, first) };
  return { segment, ends, reach: touched(first) };
}

function compareSegments({ comparison, opened, closed }: Sink, from: Placed, to: Placed): void {
  const { before, after } = openSides(comparison, from.ends, to.ends);
  if (before === after) return;
  const pairs = from === to ? squareWithoutSelf(from) : from.segment.workloads.length * to.segment.workloads.length;
  const add = (into: Collected, side: 'before' | 'after', services: Intervals) => {
    if (services.length === 0) return;
    const example = exampleBetween(comparison, { side, services }, [from, to]);
    const said = { from: from.segment.name, to: to.segment.name, services: serviceTexts(services), example };
    into.rectangles.push({ ...said, cells: pairs * countServices(services) });
  };
  add(opened, 'after', subtractIntervals(after, before));
  add(closed, 'before', subtractIntervals(before, after));
}

function compareOutside({ comparison, opened, closed }: Sink, placed: Placed, outside: Outside): void {
  for (const outbound of [true, false]) {
    const far = outsideEnds(placed, outside);
    const [from, to] = outbound ? [placed.ends, far] : [far, placed.ends];
    const { before, after } = openSides(comparison, from, to);
    const add = (into: Collected, side: 'before' | 'after', services: Intervals) => {
      const [sources, destinations] = [from[side], to[side]];
      if (services.length === 0 || sources === null || destinations === null) return;
      const point = exampleService(services);
      const { source, destination } = comparison.open[side].passingPair(sources, destinations, point);
      const ends = { from: endpointText(source), to: endpointText(destination), network: source.network };
      const example = { ...ends, service: formatServicePoint(point) };
      const names = [placed.segment.name, outside.name];
      const said = { from: names[outbound ? 0 : 1] ?? '', to: names[outbound ? 1 : 0] ?? '', example };
      into.addressRectangles.push({
        ...said,
        services: serviceTexts(services),
        workloads: placed.segment.workloads.length,
        addresses: `${outside.addresses}`,
      });
    };
    add(opened, 'after', subtractIntervals(after, before));
    add(closed, 'before', subtractIntervals(before, after));
  }
}

const nothing: Intervals = [];

function openSides({ open }: Comparison, from: Placed['ends'], to: Placed['ends']): Sides<Intervals> {
  const side = (which: 'before' | 'after'): Intervals => {
    const [sources, destinations] = [from[which], to[which]];
    return sources === null || destinations === null ? nothing : open[which].between(sources, destinations);
  };
  return { before: side('before'), after: side('after') };
}

/** The outside as seen from each network the segment is in; null where the segment has no address of the family. */
function outsideEnds(placed: Placed, outside: Outside): Placed['ends'] {
  const side = (ends: readonly Endpoint[] | null): readonly Endpoint[] | null => {
    const near = ends?.filter(({ address }) => address === null || isFamily(address, outside)) ?? [];
    const networks = [...new Set(near.map(({ network }) => network))];
    if (networks.length === 0) return null;
    return networks.map((network) => ({ network, address: outside.example, workload: null }));
  };
  return { before: side(placed.ends.before), after: side(placed.ends.after) };
}

const isFamily = (address: string, { family }: Outside): boolean => address.includes(':') === (family === 6);
const squareWithoutSelf = ({ segment }: Placed): number => segment.workloads.length * (segment.workloads.length - 1);

type Open = { readonly side: 'before' | 'after'; readonly services: Intervals };

function exampleBetween(
  { worlds, open }: Comparison,
  { side, services }: Open,
  ends: readonly [Placed, Placed],
): Probe {
  const [from, to] = ends;
  const service = exampleService(services);
  const other = from === to ? 1 : 0;
  const sources = endpointsOf(worlds[side].estate, from.segment.workloads[0] ?? '') ?? [];
  const destinations = endpointsOf(worlds[side].estate, to.segment.workloads[other] ?? '') ?? [];
  const passing = open[side].passingPair(sources, destinations, service);
  const said = (endpoint: Endpoint, all: readonly Endpoint[]) =>
    all.length === 1 ? (endpoint.workload?.name ?? '') : endpointText(endpoint);
  const [source, destination] = [said(passing.source, sources), said(passing.destination, destinations)];
  return { from: source, to: destination, service: formatServicePoint(service) };
}

function summary({ rectangles, addressRectangles }: Collected): Change {
  const cells = rectangles.reduce((sum, rectangle) => sum + rectangle.cells, 0);
  const largest = [...addressRectangles].sort((a, b) => Number(BigInt(b.addresses) - BigInt(a.addresses)));
  return { cells, rectangles: [...rectangles].sort((a, b) => b.cells - a.cells), addressRectangles: largest };
}
