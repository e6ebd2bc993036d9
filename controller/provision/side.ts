import type { Document, LifelineDocument } from '@bulkhead/model/documents.ts';
import { estateKinds, parseDocuments, policyKinds } from '@bulkhead/model/parse.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import { resolveReferences } from '@bulkhead/model/references.ts';
import { unreadDocuments } from '@bulkhead/model/unread-documents.ts';
import type { Labels } from '@bulkhead/model/words.ts';
import { buildEstate, type Estate as PolicyEstate } from '@bulkhead/policy/estate.ts';
import { readInvariants } from '@bulkhead/policy/invariants.ts';
import {
  type Isolation,
  isolationPlace,
  layIsolations,
  reservedNames,
  withMembership,
} from '@bulkhead/policy/isolation.ts';
import { labelsBySource, rightsOf } from '@bulkhead/policy/labels-by-source.ts';
import { checkEnforceable } from '@bulkhead/policy/language/enforceable.ts';
import { checkOwnership } from '@bulkhead/policy/ownership.ts';
import { buildPolicy, type Policy } from '@bulkhead/policy/policy.ts';
import { whyNotProvable } from '@bulkhead/policy/verify.ts';
import type { Estate } from '../estate/estate.ts';
import type { LabelAssignment, PolicyFile } from '../store/policy-text.ts';
import type { WorkloadRecord } from '../store/workloads.ts';
import type { Meaning } from './meaning.ts';

/** A policy over the estate as it would be with these labels: what a draft or a version means right now. */
export type Side = {
  readonly documents: readonly Document[];
  readonly estate: PolicyEstate;
  /** Null where the text has errors that leave no policy. */
  readonly policy: Policy | null;
  readonly problems: readonly Problem[];
};

export type SideParts = {
  readonly estate: Estate;
  readonly files: readonly PolicyFile[];
  /** All assignments: those of the version, or of the base with the draft's laid over. */
  readonly labels: readonly LabelAssignment[];
  /** What every host must reach whatever the policy says; nobody writes them into a file. */
  readonly lifelines: readonly LifelineDocument[];
  /** Who is isolated whatever the policy says (SPEC Q1). */
  readonly isolations: readonly Isolation[];
  readonly now: number;
};

/** `isWatched`: clusters whose workloads get the labels that this policy's label sources let them have; all others keep theirs. */
export type ProposedParts = SideParts & { readonly isWatched: (cluster: string) => boolean };

/** What hosts are to enforce. What is wrong with the text was said before it became a version. */
export function readMeaning(parts: SideParts): Meaning {
  const { estate, labels, isolations, now } = parts;
  const workloads = estate.documents(labels).map((workload) => withMembership(workload, isolations));
  return { workloads, policy: readPolicy(parts), now };
}

/** The part of it that is no workload. */
export const readPolicy = ({ files, lifelines, isolations }: Omit<SideParts, 'estate' | 'labels' | 'now'>) =>
  layIsolations([...lifelines, ...parsePolicy(files).documents], isolations);

/** Of a side that has no errors. */
export function meaningOf({ documents }: Side, now: number): Meaning {
  const workloads = documents.filter((document) => document.kind === 'Workload');
  return { workloads, policy: documents.filter((document) => document.kind !== 'Workload'), now };
}

/** Workloads in policy files are not read: the estate is what enrolled or was imported. */
export function parsePolicy(files: readonly PolicyFile[]): ParsedDocuments {
  const known = parsedTexts.get(files);
  if (known !== undefined) return known;
  const read = parseDocuments(inputsOf(files), { kinds: policyKinds });
  parsedTexts.set(files, read);
  return read;
}

type ParsedDocuments = ReturnType<typeof parseDocuments>;
/** A version's text never changes, and an isolation must not wait for it to be read once more. */
const parsedTexts = new WeakMap<readonly PolicyFile[], ParsedDocuments>();

const inputsOf = (files: readonly PolicyFile[]) => files.map(({ path, text }) => ({ file: path, text }));

const unread = (files: readonly PolicyFile[]): Problem[] =>
  unreadDocuments(inputsOf(files), estateKinds, {
    so: 'a policy is read without them',
    needed: 'workloads that enrol, are imported or are in a watched cluster are needed',
  });

/** Label sources are part of a policy: another one labels the pods of watched clusters anew once it is in force. */
function ownLabelsBy(policy: readonly Document[], isWatched: ProposedParts['isWatched']) {
  const rights = rightsOf(policy, 'orchestrator');
  return ({ labels, source }: WorkloadRecord): Labels =>
    source !== null && isWatched(source.cluster) ? labelsBySource(rights, source.labels).set : labels;
}

export function buildSide({ estate, files, labels, lifelines, isolations, now, isWatched }: ProposedParts): Side {
  const parsed = parsePolicy(files);
  const workloads = estate.documents(labels, ownLabelsBy(parsed.documents, isWatched));
  const laid = layIsolations([...lifelines, ...parsed.documents], isolations);
  const documents = [...workloads.map((workload) => withMembership(workload, isolations)), ...laid];
  const builtEstate = buildEstate(documents);
  const builtPolicy = buildPolicy(documents, builtEstate.estate, now);
  const references = resolveReferences(documents, parsed.broken).map(asOfNow);
  const [{ estate: built }, { policy }] = [builtEstate, builtPolicy];
  const unenforceable = policy === null ? [] : checkEnforceable({ documents, estate: built, policy });
  const invariants = parsed.documents.filter((document) => document.kind === 'Invariant');
  const unproved =
    invariants.length === 0
      ? []
      : [
          ...readInvariants(documents, invariants, built).problems,
          ...(policy === null ? [] : [whyNotProvable(policy)].filter((problem) => problem !== null)),
        ];
  const ofPolicy = [...builtPolicy.problems, ...unenforceable, ...unproved];
  const owned = checkOwnership(parsed.documents);
  const ofText = [...parsed.problems, ...references, ...reservedNames(parsed.documents), ...owned, ...unread(files)];
  const said = [...ofText, ...builtEstate.problems, ...ofPolicy].filter(isOfPolicy);
  return { documents, estate: built, policy, problems: eachOnce(said) };
}

/** What is wrong with an isolation, such as that it matches nobody, is said where it is made and not of a policy. */
const isOfPolicy = ({ place }: Problem): boolean => place?.file !== isolationPlace.file;

/** A host that was removed is no fault of a policy: its guests are not enforced for, and that is said where they are. */
const asOfNow = (problem: Problem): Problem =>
  hostProblems.has(problem.code) ? { ...problem, severity: 'warning' } : problem;
const hostProblems: ReadonlySet<string> = new Set(['unknown-host', 'host-is-guest', 'host-without-enforcer']);

/** The text's reader and the policy's builder both look at references; one place is reported once per code. */
function eachOnce(problems: readonly Problem[]): Problem[] {
  const byPlace = new Map(problems.map((problem) => [JSON.stringify([problem.code, problem.place]), problem]));
  return [...byPlace.values()];
}
