import type { Edge, EdgeEnd } from '@bulkhead/flows/edge.ts';
import type { LiveEdges } from '@bulkhead/flows/live-edges.ts';
import { ManyProbes, type Verdicts } from '@bulkhead/policy/decide-many.ts';
import type { Progress } from '@bulkhead/policy/exact/steps.ts';
import type { Probe } from '@bulkhead/policy/probe.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import type { World } from '@bulkhead/policy/world.ts';

/** Edges that are told; a person reads the first page of them. */
const toldMost = 1000;
/** Edges judged between two looks at whether others wait: a few milliseconds where every one of them is a new question. */
const judgedAtOnce = 100;

export type TouchedEdge = {
  readonly key: string;
  readonly from: string;
  readonly to: string;
  readonly service: string;
  readonly attempts: number;
  readonly last: number;
  readonly was: Verdicts;
  readonly becomes: Verdicts;
};

/** `omitted`: how many more there are. */
export type TouchedEdges = { readonly items: readonly TouchedEdge[]; readonly omitted: number };

export type Sides = { readonly before: World; readonly after: World };

/**
 * The observed edges that would get another verdict, the newest of them by name. Every edge that is kept is judged: there
 * are as many as `LiveLimits` allow.
 */
export function* touchedEdges(
  live: LiveEdges,
  now: number,
  { before, after }: Sides,
): Generator<Progress, TouchedEdges> {
  const [old, next] = [new ManyProbes(before), new ManyProbes(after)];
  const { edges: of } = live.counts();
  let [newest, found, done]: [TouchedEdge[], number, number] = [[], 0, 0];
  for (const slice of live.slices({}, now, judgedAtOnce)) {
    for (const edge of slice) {
      const touched = judge(edge, old, next);
      if (touched === null) continue;
      found++;
      newest.push(touched);
    }
    if (newest.length >= 2 * toldMost) newest = firstOf(newest);
    // Edges come and go between the steps.
    done = Math.min(done + judgedAtOnce, of);
    yield { done, of };
  }
  const items = firstOf(newest);
  return { items, omitted: found - items.length };
}

const firstOf = (edges: readonly TouchedEdge[]): TouchedEdge[] =>
  edges.toSorted((a, b) => b.last - a.last || (a.key < b.key ? -1 : 1)).slice(0, toldMost);

/** Null: its verdicts stay, or one end is not in the estate any more. */
function judge(edge: Edge, old: ManyProbes, next: ManyProbes): TouchedEdge | null {
  const probe = probeOf(edge);
  const [was, becomes] = [old.verdicts(probe), next.verdicts(probe)];
  if (isProblem(was) || isProblem(becomes)) return null;
  if (was.effective === becomes.effective && was.intended === becomes.intended) return null;
  const { key, serviceText: service, attempts, last } = edge;
  return { key, from: probe.from, to: probe.to, service, attempts, last, was, becomes };
}

function probeOf({ from, to, serviceText: service }: Edge): Probe {
  const alone = [from, to].find((end) => end.kind === 'address');
  return { from: nameOf(from), to: nameOf(to), service, ...(alone !== undefined && { network: alone.network }) };
}

const nameOf = (end: EdgeEnd): string => (end.kind === 'workload' ? end.name : end.address);
