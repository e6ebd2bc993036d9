import type { Labels } from '@bulkhead/model/words.ts';
import { parseAddress } from '@bulkhead/net/address.ts';
import { parseServiceRange, type ServiceRange } from '@bulkhead/net/service-space.ts';
import { type DecisionState, isDecisionState } from './decision-state.ts';
import type { Edge, EdgeEnd } from './edge.ts';

/** Equality only: one workload, one address, or workloads that carry all of these labels. */
export type EndFilter =
  | { readonly kind: 'workload'; readonly name: string }
  | { readonly kind: 'address'; readonly address: string }
  | { readonly kind: 'labels'; readonly labels: Labels };

/** Every part given must hold. `verdict`: how the edge was judged last. `since` (ms) is inclusive and exact to a bucket in live edges, to the row in history. */
export type EdgeFilter = {
  readonly from?: EndFilter;
  readonly to?: EndFilter;
  readonly service?: ServiceRange;
  readonly verdict?: DecisionState;
  readonly since?: number;
};

export const labelFilterLimit = 16;

/** `10.0.0.1` is an address, `role=web,app=shop` is labels, anything else a workload's name; null when malformed. */
export function parseEndFilter(text: string): EndFilter | null {
  const address = parseAddress(text);
  if (address !== null) return { kind: 'address', address };
  if (!text.includes('=')) return /^[^\s,{}]{1,253}$/.test(text) ? { kind: 'workload', name: text } : null;
  const parts = text.split(',');
  if (parts.length > labelFilterLimit) return null;
  const labels: Record<string, string> = Object.create(null);
  for (const part of parts) {
    const match = /^\s*([^\s=,!]+)\s*=\s*([^\s=,]*)\s*$/.exec(part);
    const [key, value] = [match?.[1], match?.[2]];
    if (key === undefined || value === undefined || key in labels) return null;
    labels[key] = value;
  }
  return { kind: 'labels', labels };
}

export type EdgeFilterText = {
  readonly from?: string;
  readonly to?: string;
  readonly service?: string;
  readonly verdict?: string;
  readonly since?: number;
};

/** The filter, or the name of the first part that cannot be read. */
export function parseEdgeFilter(text: EdgeFilterText): EdgeFilter | { readonly bad: keyof EdgeFilterText } {
  const from = text.from === undefined ? undefined : parseEndFilter(text.from);
  if (from === null) return { bad: 'from' };
  const to = text.to === undefined ? undefined : parseEndFilter(text.to);
  if (to === null) return { bad: 'to' };
  const service = text.service === undefined ? undefined : parseServiceRange(text.service);
  if (service === null) return { bad: 'service' };
  const { verdict, since } = text;
  if (verdict !== undefined && !isDecisionState(verdict)) return { bad: 'verdict' };
  return {
    ...(from && { from }),
    ...(to && { to }),
    ...(service && { service }),
    ...(verdict !== undefined && { verdict }),
    ...(since !== undefined && { since }),
  };
}

export function endMatches(filter: EndFilter | undefined, end: EdgeEnd): boolean {
  if (filter === undefined) return true;
  if (end.kind === 'address') return filter.kind === 'address' && filter.address === end.address;
  if (filter.kind === 'workload') return filter.name === end.name;
  if (filter.kind === 'address') return false;
  return Object.entries(filter.labels).every(
    ([key, value]) => Object.hasOwn(end.labels, key) && end.labels[key] === value,
  );
}

/** Ends and service only: the parts that do not depend on what was counted. */
export function keyMatches(filter: EdgeFilter, edge: Pick<Edge, 'from' | 'to' | 'service'>): boolean {
  const { service } = filter;
  if (service !== undefined && (edge.service < service.first || edge.service > service.last)) return false;
  return endMatches(filter.from, edge.from) && endMatches(filter.to, edge.to);
}
