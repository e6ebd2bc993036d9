import { type DecisionState, decisionState } from './decision-state.ts';
import type { Edge, EdgeCounts, EdgeEnd } from './edge.ts';
import { endText, plainText } from './edge-text.ts';

/** By workload name, or by the values of label keys; labels that are not named play no part. */
export type GroupBy = { readonly kind: 'workload' } | { readonly kind: 'labels'; readonly keys: readonly string[] };

/**
 * `labels`: one value per key, null where the workload has none. `addresses`: everything no workload owns, as one end.
 */
export type GroupEnd =
  | { readonly kind: 'workload'; readonly name: string }
  | { readonly kind: 'labels'; readonly labels: Readonly<Record<string, string | null>> }
  | { readonly kind: 'address'; readonly text: string }
  | { readonly kind: 'addresses' };

export type GroupedEdge = EdgeCounts & {
  /** Unique among the grouped edges; `app=shop,env=- -> addresses tcp/443`. */
  readonly key: string;
  readonly from: GroupEnd;
  readonly to: GroupEnd;
  readonly service: number;
  readonly serviceText: string;
  readonly state: DecisionState;
  readonly latest: DecisionState;
  /** Edges added up here. */
  readonly edges: number;
  readonly first: number;
  readonly last: number;
};

export const groupKeyLimit = 8;

/** `workload`, or label keys joined by commas (`role`, `app,env`); null when malformed. */
export function parseGroupBy(text: string): GroupBy | null {
  if (text === 'workload') return { kind: 'workload' };
  const keys = text.split(',');
  if (keys.length > groupKeyLimit || new Set(keys).size < keys.length) return null;
  return keys.every((key) => /^[^\s=,!]{1,253}$/.test(key)) ? { kind: 'labels', keys } : null;
}

/** Edges with equal groups and equal service become one. An attempt is in one edge, so sums count it once. */
export function groupEdges(edges: readonly Edge[], by: GroupBy): GroupedEdge[] {
  const grouped = new Map<string, GroupedEdge>();
  for (const edge of edges) {
    const [from, to] = [groupEnd(edge.from, by), groupEnd(edge.to, by)];
    const key = `${groupText(from)} -> ${groupText(to)} ${edge.serviceText}`;
    const { service, serviceText, state, latest, attempts, denied, wouldBeDenied, records, first, last } = edge;
    const counts = { attempts, denied, wouldBeDenied, records };
    const one = { key, from, to, service, serviceText, state, latest, ...counts, edges: 1, first, last };
    const sum = grouped.get(key);
    grouped.set(key, sum === undefined ? one : addGrouped(sum, one));
  }
  return [...grouped.values()].sort((a, b) => b.last - a.last || (a.key < b.key ? -1 : 1));
}

export function groupText(end: GroupEnd): string {
  if (end.kind === 'workload') return end.name;
  if (end.kind === 'address') return end.text;
  if (end.kind === 'addresses') return 'addresses';
  return Object.entries(end.labels)
    .map(([key, value]) => `${plainText(key)}=${value === '-' ? '"-"' : plainText(value ?? '-')}`)
    .join(',');
}

function groupEnd(end: EdgeEnd, by: GroupBy): GroupEnd {
  if (by.kind === 'workload') {
    return end.kind === 'workload' ? { kind: 'workload', name: end.name } : { kind: 'address', text: endText(end) };
  }
  if (end.kind === 'address') return { kind: 'addresses' };
  const values = by.keys.map(
    (key) => [key, Object.hasOwn(end.labels, key) ? (end.labels[key] ?? null) : null] as const,
  );
  return { kind: 'labels', labels: Object.fromEntries(values) };
}

function addGrouped(a: GroupedEdge, b: GroupedEdge): GroupedEdge {
  const counts = {
    attempts: a.attempts + b.attempts,
    denied: a.denied + b.denied,
    wouldBeDenied: a.wouldBeDenied + b.wouldBeDenied,
    records: a.records + b.records,
  };
  const judged = a.state !== 'unknown' || b.state !== 'unknown';
  return {
    ...a,
    ...counts,
    state: decisionState({ ...counts, judged }),
    latest: a.latest === b.latest ? a.latest : 'mixed',
    edges: a.edges + b.edges,
    first: Math.min(a.first, b.first),
    last: Math.max(a.last, b.last),
  };
}
