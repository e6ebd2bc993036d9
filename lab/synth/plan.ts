import { makeEdges, type SynthEdge } from './edges.ts';
import { seededRandom } from './random.ts';
import { chooseReporters, workloadsOf } from './reporters.ts';
import { leastPerApp, makeWorkloads, type SynthWorkload } from './workloads.ts';

export type PlanAsked = {
  readonly workloads: number;
  readonly apps: number;
  readonly edges: number;
  readonly seed: number;
  /** Share of workloads, 0 to 1, that report at least; those that edges need report in any case. */
  readonly reporters: number;
  /** Names and addresses that are somebody else's. */
  readonly taken: ReadonlySet<string>;
};

/** INVARIANT: every edge has a reporter at an end; `reports` holds the edges of each reporter, maybe none. */
export type Plan = {
  readonly workloads: readonly SynthWorkload[];
  readonly edges: readonly SynthEdge[];
  readonly reports: ReadonlyMap<SynthWorkload, readonly SynthEdge[]>;
};

/** The whole synthetic estate, or why there is none in one sentence. Depends on what is asked alone. */
export function planEstate(asked: PlanAsked): Plan | string {
  const { workloads: count, apps, edges: wanted } = asked;
  if (count < leastPerApp * apps) {
    return `Cannot make ${apps} apps of ${count} workloads: each has at least ${leastPerApp}, fewer apps or more workloads are needed`;
  }
  const random = seededRandom(asked.seed);
  const instances = makeWorkloads(asked, random);
  const workloads = instances.flatMap(({ roles }) => [...roles.values()].flat());
  const edges = makeEdges(instances, wanted, random);
  if (edges.length < wanted) {
    return `Cannot make ${wanted} edges: only ${edges.length} distinct ones were found among ${count} workloads, more workloads or fewer edges are needed`;
  }
  const chosen = chooseReporters(edges);
  const others = random.shuffled(workloads.filter((workload) => !chosen.has(workload)));
  const missing = Math.max(0, Math.ceil(asked.reporters * count) - chosen.size);
  const reports = new Map<SynthWorkload, SynthEdge[]>();
  for (const workload of [...chosen, ...others.slice(0, missing)]) reports.set(workload, []);
  for (const edge of edges) for (const end of workloadsOf(edge)) reports.get(end)?.push(edge);
  return { workloads, edges, reports };
}
