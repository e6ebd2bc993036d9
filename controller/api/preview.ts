import type { Edge, EdgeEnd } from '@bulkhead/flows/edge.ts';
import type { View } from '@bulkhead/model/decision.ts';
import { hasErrors } from '@bulkhead/model/problem.ts';
import { decide } from '@bulkhead/policy/decide.ts';
import type { Progress } from '@bulkhead/policy/exact/steps.ts';
import { readInvariants } from '@bulkhead/policy/invariants.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import { narrows } from '@bulkhead/policy/ruleset/narrows.ts';
import { runTests } from '@bulkhead/policy/test.ts';
import { verifyInSteps, whyNotProvable } from '@bulkhead/policy/verify.ts';
import { draftMeaning } from '../provision/drafts.ts';
import { type CompiledHost, HostCompiler } from '../provision/host-compiler.ts';
import { meaningOf, type Side } from '../provision/side.ts';
import { compareSides, requirePolicy } from './difference.ts';
import { type DraftHeaders, refuseChanged } from './draft-state.ts';
import { paced, type Watching } from './paced.ts';
import type { ApiParts } from './parts.ts';
import { baseOf, draftProblems, findDraft } from './routes/drafts.ts';

/** Observed edges judged per preview; a person reads the first page of them. */
const judgedLimit = 5000;
const shownFlows = 1000;
/** Edges judged between two looks at whether others wait. */
const judgedAtOnce = 50;

/** What is being worked out, and how far that has come. */
export type PreviewProgress = Progress & { readonly what: 'differences' | 'hosts' | 'cuts' | 'flows' | 'invariants' };

export type Previewing = { readonly signal?: AbortSignal; readonly tell?: (progress: PreviewProgress) => void };

/**
 * What provisioning a draft would do, and nothing of it done: what opens and closes, which hosts change, which observed
 * edges get another verdict, and what the policy's own tests and invariants say. With errors there are only the problems.
 * Provisioning with the `revision` it names does what was previewed or nothing, as long as `base` is `current`.
 *
 * @returns what works it out; the draft was found and is the one that was asked for.
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
  return async (previewing: Previewing = {}) => {
    if (before.policy === null || after.policy === null) return { ...head, sound, problems };
    const watch: Watch = (what) => watchingFor(previewing, what);
    const { intended, effective } = await compareSides(before, after, watch('differences'));
    return {
      ...head,
      sound,
      problems,
      hosts: await changedHosts(parts, after, watch),
      diff: intended,
      effective,
      flows: await paced(touchedEdges(parts, before, after), watch('flows')),
      tests: runTests({ policy: after.policy, estate: after.estate }, after.documents),
      invariants: await paced(proofs(after), watch('invariants')),
    };
  };
}

type Watch = (what: PreviewProgress['what']) => Watching;

function watchingFor({ signal, tell }: Previewing, what: PreviewProgress['what']) {
  return {
    ...(signal !== undefined && { signal }),
    ...(tell !== undefined && { tell: (progress: Progress) => tell({ ...progress, what }) }),
  };
}

/** What cannot be proved is among the problems of the draft. */
function* proofs(side: Side) {
  const documents = side.documents.filter((document) => document.kind === 'Invariant');
  const { policy: rules } = readInvariants(side.documents, documents, side.estate);
  if (documents.length === 0 || rules === null) return [];
  const { policy, estate } = requirePolicy(side, 'the policy');
  if (whyNotProvable(policy) !== null) return [];
  return yield* verifyInSteps({ policy, estate }, { documents, rules }, 'intended');
}

/** Hosts whose ruleset would differ from what they are meant to hold. */
async function changedHosts({ deliveries, clock }: ApiParts, after: Side, watch: Watch) {
  const compiler = new HostCompiler(meaningOf(after, clock()));
  const { hosts, problems } = await paced(compiler.takeInSteps(), watch('hosts'));
  const changed = [...hosts].filter(([workload, { hash }]) => deliveries.meant(workload).hash !== hash);
  const judged = await paced(narrowing(deliveries, changed), watch('cuts'));
  const failed = [...problems].map(([workload, { message }]) => ({ workload, narrows: false, problem: message }));
  return [...judged, ...failed];
}

/** `narrows`: live connections of the host are judged again. */
function* narrowing(deliveries: ApiParts['deliveries'], changed: readonly (readonly [string, CompiledHost])[]) {
  const judged: { readonly workload: string; readonly narrows: boolean; readonly problem: string | null }[] = [];
  for (const [index, [workload, { content }]] of changed.entries()) {
    yield { done: index, of: changed.length };
    judged.push({ workload, narrows: narrows(deliveries.content(workload), content), problem: null });
  }
  return judged;
}

type Verdicts = Readonly<Record<View, string>>;
type Touched = {
  readonly key: string;
  readonly from: string;
  readonly to: string;
  readonly service: string;
  readonly attempts: number;
  readonly last: number;
  readonly was: Verdicts;
  readonly becomes: Verdicts;
};

/** Edges of the last hour that would be judged otherwise; `omitted`: not shown or not judged for their number. */
function* touchedEdges({ live, clock }: ApiParts, before: Side, after: Side) {
  const edges = live.snapshot({}, clock());
  const judged = edges.slice(0, judgedLimit);
  const touched: Touched[] = [];
  for (const [done, edge] of judged.entries()) {
    if (done % judgedAtOnce === 0) yield { done, of: judged.length };
    const [was, becomes] = [verdictOf(before, edge), verdictOf(after, edge)];
    if (was === null || becomes === null) continue;
    if (was.effective === becomes.effective && was.intended === becomes.intended) continue;
    const { key, serviceText, attempts, last } = edge;
    const ends = { from: endName(edge.from), to: endName(edge.to) };
    touched.push({ key, ...ends, service: serviceText, attempts, last, was, becomes });
  }
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
