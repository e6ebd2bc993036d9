import type { Edge, EdgeEnd } from '@bulkhead/flows/edge.ts';
import type { View } from '@bulkhead/model/decision.ts';
import { hasErrors } from '@bulkhead/model/problem.ts';
import { decide } from '@bulkhead/policy/decide.ts';
import { narrows } from '@bulkhead/policy/narrows.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import { runTests } from '@bulkhead/policy/test.ts';
import { compileSide } from '../provision/compile.ts';
import { draftMeaning } from '../provision/drafts.ts';
import type { Side } from '../provision/side.ts';
import { compareSides, requirePolicy } from './difference.ts';
import { type DraftHeaders, refuseChanged } from './draft-state.ts';
import type { ApiParts } from './parts.ts';
import { baseOf, draftProblems, findDraft } from './routes/drafts.ts';

/** Observed edges judged per preview; a person reads the first page of them. */
const judgedLimit = 5000;
const shownFlows = 1000;

/**
 * What provisioning a draft would do, and nothing of it done: what opens and closes, which hosts change, which observed
 * edges get another verdict, and what the policy's own tests say. With errors there are only the problems. Provisioning
 * with the `revision` it names does what was previewed or nothing, as long as `base` is `current`.
 */
export async function preview(parts: ApiParts, name: string, headers: DraftHeaders) {
  const draft = await findDraft(parts, name);
  refuseChanged(name, draft, headers);
  const base = await baseOf(parts, draft);
  const problems = draftProblems(parts, draft, base);
  const { current } = parts.conductor;
  const numbers = { revision: draft.revision, base: base.number, current: current.number };
  const head = { draft: name, ...numbers, baseMoved: base.number !== current.number };
  const [before, after] = [parts.currentSide(), parts.side(draftMeaning(draft, base))];
  const sound = !hasErrors(problems);
  if (before.policy === null || after.policy === null) return { ...head, sound, problems };
  const { intended, effective } = await compareSides(before, after);
  return {
    ...head,
    sound,
    problems,
    hosts: changedHosts(parts, after),
    diff: intended,
    effective,
    flows: touchedEdges(parts, before, after),
    tests: runTests({ policy: after.policy, estate: after.estate }, after.documents),
  };
}

/** Hosts whose ruleset would differ from what they are meant to hold; `narrows`: live connections are judged again. */
function changedHosts({ deliveries, clock }: ApiParts, after: Side) {
  const { hosts, problems } = compileSide(after, clock());
  const changed = [...hosts].filter(([workload, { hash }]) => deliveries.meant(workload).hash !== hash);
  return [
    ...changed.map(([workload, { content }]) => ({
      workload,
      narrows: narrows(deliveries.content(workload), content),
      problem: null,
    })),
    ...[...problems].map(([workload, problem]) => ({ workload, narrows: false, problem: problem.message })),
  ];
}

type Verdicts = Readonly<Record<View, string>>;

/** Edges of the last hour that would be judged otherwise; `omitted`: not shown or not judged for their number. */
function touchedEdges({ live, clock }: ApiParts, before: Side, after: Side) {
  const edges = live.snapshot({}, clock());
  const touched = edges.slice(0, judgedLimit).flatMap((edge) => {
    const [was, becomes] = [verdictOf(before, edge), verdictOf(after, edge)];
    if (was === null || becomes === null) return [];
    if (was.effective === becomes.effective && was.intended === becomes.intended) return [];
    const { key, serviceText, attempts, last } = edge;
    return [
      { key, from: endName(edge.from), to: endName(edge.to), service: serviceText, attempts, last, was, becomes },
    ];
  });
  const omitted = Math.max(edges.length - judgedLimit, 0) + Math.max(touched.length - shownFlows, 0);
  return { items: touched.slice(0, shownFlows), omitted };
}

/** Null: one end is not in the estate any more. */
function verdictOf(side: Side, edge: Edge): Verdicts | null {
  const { policy, estate } = requirePolicy(side, 'the policy');
  const answer = decide(policy, estate, { from: endName(edge.from), to: endName(edge.to), service: edge.serviceText });
  if (isProblem(answer)) return null;
  return { effective: answer.effective.verdict, intended: answer.intended.verdict };
}

const endName = (end: EdgeEnd): string => (end.kind === 'workload' ? end.name : end.address);
