import { hasErrors, type Problem } from '@bulkhead/model/problem.ts';
import type { Progress } from '@bulkhead/policy/exact/steps.ts';
import { readInvariants } from '@bulkhead/policy/invariants.ts';
import { narrows } from '@bulkhead/policy/ruleset/narrows.ts';
import { runTests } from '@bulkhead/policy/test.ts';
import { verifyInSteps, whyNotProvable } from '@bulkhead/policy/verify.ts';
import type { Actor } from '../auth/permissions.ts';
import { dependenciesOf } from '../provision/dependencies.ts';
import { type DraftMeaning, draftMeaning } from '../provision/drafts.ts';
import { type CompiledHost, HostCompiler, isTooLarge } from '../provision/host-compiler.ts';
import { meaningOf, type Side } from '../provision/side.ts';
import type { LabelAssignment } from '../store/policy-text.ts';
import { versionHash } from '../store/versions.ts';
import { compareSides, requirePolicy } from './difference.ts';
import { type DraftHeaders, refuseChanged } from './draft-state.ts';
import { paced, type Watching } from './paced.ts';
import type { ApiParts } from './parts.ts';
import { warnNotOwned } from './refuse-not-owned.ts';
import { baseOf, findDraft, problemsOfSide } from './routes/drafts.ts';
import { type SizeView, sizeView } from './size-view.ts';
import { touchedEdges } from './touched-edges.ts';
import { type GivenContent, wholeContent } from './whole-content.ts';

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
export async function preview(parts: ApiParts, name: string, { actor, headers }: PreviewAsked) {
  const draft = await findDraft(parts, name);
  refuseChanged(name, draft, headers);
  const base = await baseOf(parts, draft);
  const { current } = parts.conductor;
  const numbers = { revision: draft.revision, base: base.number, current: current.number };
  const head = { draft: name, ...numbers, baseMoved: base.number !== current.number };
  return async (previewing: Previewing = {}) => {
    const after = draftMeaning(draft, base);
    const ownership = base.number === current.number ? [current] : [base, current];
    const notOwned = warnNotOwned(parts, { actor, before: base, after, ownership });
    return { ...head, ...(await effectOf(parts, { ...after, assigned: draft.labels, notOwned }, previewing)) };
  };
}

type PreviewAsked = { readonly actor: Actor; readonly headers: DraftHeaders };

/** `assigned`: the labels that are looked for in the estate. `notOwned`: what whoever asks could not provision. */
type Proposed = DraftMeaning & {
  readonly assigned: readonly LabelAssignment[];
  readonly notOwned: readonly Problem[];
};

/**
 * The same of a policy that is in no draft, against the version in force: provisioning it with the `base` that it names
 * does what was previewed or nothing.
 */
export async function previewContent(parts: ApiParts, given: ContentAsked, previewing: Previewing = {}) {
  const { current } = parts.conductor;
  const content = wholeContent(given, current);
  const head = { base: current.number, baseHash: current.hash, hash: versionHash(content) };
  const { actor } = given;
  const notOwned = warnNotOwned(parts, { actor, before: current, after: content, ownership: [current] });
  return { ...head, ...(await effectOf(parts, { ...content, assigned: content.labels, notOwned }, previewing)) };
}

type ContentAsked = GivenContent & { readonly actor: Actor };

async function effectOf(parts: ApiParts, proposed: Proposed, previewing: Previewing) {
  const [before, after] = [parts.currentSide(), parts.side(proposed)];
  const problems = [...problemsOfSide(parts, proposed.assigned, after), ...proposed.notOwned];
  if (before.policy === null || after.policy === null) return { sound: !hasErrors(problems), problems };
  const watch: Watch = (what) => watchingFor(previewing, what);
  const { intended, effective } = await compareSides(before, after, watch('differences'));
  const sides = { before: requirePolicy(before, 'the older'), after: requirePolicy(after, 'the newer') };
  const { hosts, tooLarge } = await changedHosts(parts, after, watch);
  problems.push(...tooLarge);
  return {
    sound: !hasErrors(problems),
    problems,
    hosts,
    diff: intended,
    effective,
    flows: await paced(touchedEdges(parts.live, parts.clock(), sides), watch('flows')),
    tests: runTests({ policy: after.policy, estate: after.estate }, after.documents),
    invariants: await paced(proofs(after), watch('invariants')),
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

/** Hosts whose ruleset would differ from what they are meant to hold, and those that could not be asked to hold theirs. */
async function changedHosts({ deliveries, estate, clock, budget }: ApiParts, after: Side, watch: Watch) {
  const compiler = new HostCompiler(meaningOf(after, clock()), budget);
  const { hosts, problems } = await paced(compiler.takeInSteps(), watch('hosts'));
  const changed = [...hosts].filter(([workload, { hash }]) => deliveries.meant(workload).hash !== hash);
  const judged = await paced(narrowing(deliveries, changed), watch('cuts'));
  const failed = [...problems].map(([workload, { message }]) => ({
    ...{ workload, narrows: false, size: null, problem: message },
  }));
  const ends = dependenciesOf(after.documents);
  const tries = (workload: string) => [
    ...new Set(ends(workload, (name) => estate.document(name)).map(({ end }) => end)),
  ];
  const all = [...judged, ...failed].map((host) => ({ ...host, tries: host.narrows ? tries(host.workload) : [] }));
  return { hosts: all, tooLarge: [...problems.values()].filter(isTooLarge) };
}

/** `narrows`: live connections of the host are judged again. */
function* narrowing(deliveries: ApiParts['deliveries'], changed: readonly (readonly [string, CompiledHost])[]) {
  const judged: ChangedHost[] = [];
  for (const [index, [workload, { content }]] of changed.entries()) {
    yield { done: index, of: changed.length };
    const size = sizeView(content);
    judged.push({ workload, narrows: narrows(deliveries.content(workload), content), size, problem: null });
  }
  return judged;
}

/** `size`: what it would take up on the host; null where it cannot be. */
type ChangedHost = {
  readonly workload: string;
  readonly narrows: boolean;
  readonly size: SizeView | null;
  readonly problem: string | null;
};
