import type { SynthEdge } from './edges.ts';
import type { SynthWorkload } from './workloads.ts';

/** The workloads of an edge: two, or one where the other end is outside. */
export const workloadsOf = ({ from, to }: SynthEdge): readonly SynthWorkload[] =>
  [to.workload, from.workload].filter((workload) => workload !== null);

/**
 * Few workloads such that every edge has one of them at an end: greedily the one that covers most of what is left, so
 * servers and hubs come first. Ties go to whoever was seen first, destinations before sources.
 */
export function chooseReporters(edges: readonly SynthEdge[]): Set<SynthWorkload> {
  const own = new Map<SynthWorkload, SynthEdge[]>();
  for (const edge of edges) for (const end of workloadsOf(edge)) own.set(end, [...(own.get(end) ?? []), edge]);
  const left = new Map([...own].map(([workload, list]) => [workload, list.length]));
  const byLeft: SynthWorkload[][] = [];
  const put = (workload: SynthWorkload, count: number): void => {
    byLeft[count] ??= [];
    byLeft[count].push(workload);
  };
  for (const [workload, count] of left) put(workload, count);
  const chosen = new Set<SynthWorkload>();
  const covered = new Set<SynthEdge>();
  for (let most = byLeft.length - 1; most > 0; most--) {
    // Those whose count has fallen since they were put here move down; nobody ever moves up.
    for (const workload of byLeft[most] ?? []) {
      const count = left.get(workload) ?? 0;
      if (count < most) {
        put(workload, count);
        continue;
      }
      chosen.add(workload);
      for (const edge of own.get(workload) ?? []) {
        if (covered.has(edge)) continue;
        covered.add(edge);
        for (const end of workloadsOf(edge)) left.set(end, (left.get(end) ?? 0) - 1);
      }
    }
  }
  return chosen;
}
