import { type Finding, problemOf } from '@bulkhead/model/finding.ts';
import { documentsText, type WrittenDocument } from '@bulkhead/model/format/document-text.ts';
import { formatProblem } from '@bulkhead/model/format-problem.ts';
import { labelNameNeeded, wrongLabelValue } from '@bulkhead/model/label-text.ts';
import { loadDocuments } from '@bulkhead/model/load.ts';
import { isWord } from '@bulkhead/model/name-text.ts';
import type { InputFile } from '@bulkhead/model/parse.ts';
import { hasErrors, type Place, type Problem } from '@bulkhead/model/problem.ts';
import { fileCharacterLimit } from '@bulkhead/model/read/limits.ts';
import { ProblemList } from '@bulkhead/model/read/reading.ts';
import { sortProblems } from '@bulkhead/model/sort-problems.ts';
import type { ClusterObject } from './cluster.ts';
import { isNamespaceName } from './read/head.ts';
import { type Read, readObjects, type Tally } from './read/objects.ts';
import { reportDoubts } from './warnings.ts';
import { policyDocuments } from './write/policy.ts';
import { peerFinder, servicesByMember } from './write/scene.ts';
import { virtualServicesOf } from './write/virtual-services.ts';
import { workloadsOf, writtenWorkload } from './write/workloads.ts';

export type ImportOptions = {
  /** The name of the cluster: a label value, in every selector and in front of the name of every ruleset. */
  readonly cluster: string;
  /** Where the addresses of pods and nodes are. */
  readonly network: string;
  /** Whether a pod and its own node may talk although NetworkPolicies isolate the pod, as the specification has it. */
  readonly ownNode: 'active' | 'disabled';
  /** Kinds that are passed over, whatever they decide: `KIND`, or `KIND.GROUP` for that group of the API alone. */
  readonly skip: readonly string[];
  /** Of objects that say none; absent: `default`. */
  readonly namespace?: string;
  /** In front of the names of all workloads, `PREFIX/NAMESPACE/NAME`, where another cluster has the same; absent: nothing. */
  readonly namePrefix?: string;
};

export type ImportCounts = {
  /** Objects by kind. */
  readonly read: Tally;
  readonly passedOver: Tally;
  readonly skipped: Tally;
  /** Documents by kind; nothing where nothing was imported. */
  readonly written: Tally;
};

/** YAML texts of estate and policy, both null where a problem is an error (SPEC KI3). */
export type Imported = {
  readonly estate: string | null;
  readonly policy: string | null;
  readonly problems: readonly Problem[];
  readonly counts: ImportCounts;
};

/** Objects of one cluster in the language of policies: what importers/kubernetes/SPEC.md says. Never throws for an input. */
export function importKubernetes(files: readonly InputFile[], options: ImportOptions): Imported {
  // The order in which files are given would else decide which of two objects is the second.
  const inOrder = [...files].sort((a, b) => (a.file < b.file ? -1 : 1));
  const problems = new ProblemList();
  for (const finding of wrongOptions(options)) problems.add(problemOf(finding, null));
  const { skip, namespace = 'default' } = options;
  const read = readObjects(inOrder, problems, { skip, namespace });
  const written = problems.errors > 0 ? null : write(read.objects, options, problems);
  return {
    estate: written?.estate ?? null,
    policy: written?.policy ?? null,
    problems: sortProblems(problems.all, inOrder),
    counts: countsOf(read, written?.documents ?? []),
  };
}

type Texts = { readonly estate: string; readonly policy: string; readonly documents: readonly WrittenDocument[] };

/** Null where what the cluster says has no place in the language. */
function write(objects: readonly ClusterObject[], options: ImportOptions, problems: ProblemList): Texts | null {
  const report = (place: Place | null, finding: Finding): void => problems.add(problemOf(finding, place));
  const where = { cluster: options.cluster, network: options.network, prefix: options.namePrefix ?? null };
  const population = workloadsOf(objects, where);
  const services = virtualServicesOf(
    objects.filter((object) => object.kind === 'service'),
    { where, population, report },
  );
  const met = peerFinder(population, where);
  const scene = { where, population, report, services, servicesOf: servicesByMember(services), met };
  reportDoubts(objects, report);
  const estate = [...population.nodes, ...population.pods].map((workload) => writtenWorkload(workload, where));
  const policy = policyDocuments(objects, scene, options.ownNode);
  if (problems.errors > 0) return null;
  const texts = { estate: documentsText(estate), policy: documentsText(policy) };
  for (const [name, { length }] of Object.entries(texts))
    if (length > fileCharacterLimit) report(null, tooLarge(name, length));
  if (problems.errors > 0) return null;
  readBack(texts);
  return { ...texts, documents: [...estate, ...policy] };
}

/** INVARIANT: what is written is read without an error (SPEC KO1); anything else is a bug here and no bad input. */
function readBack({ estate, policy }: Pick<Texts, 'estate' | 'policy'>): void {
  const { problems } = loadDocuments([
    { file: 'estate.yaml', text: estate },
    { file: 'policy.yaml', text: policy },
  ]);
  if (hasErrors(problems)) throw new Error(`The import cannot be read back: ${problems.map(formatProblem).join('\n')}`);
}

function tooLarge(value: string, length: number): Finding {
  const so = `it would have ${length} characters`;
  const [needed, hint] = [`at most ${fileCharacterLimit} are read`, 'import a part of the cluster at a time'];
  return { code: 'too-large', cannot: 'write the documents', value, so, needed, hint };
}

function countsOf({ read, passed, skipped }: Read, documents: readonly WrittenDocument[]): ImportCounts {
  const written: Tally = {};
  for (const { kind } of documents) written[kind] = (written[kind] ?? 0) + 1;
  return { read: inOrder(read), passedOver: inOrder(passed), skipped: inOrder(skipped), written };
}

const inOrder = (tally: Tally): Tally => Object.fromEntries(Object.entries(tally).sort(([a], [b]) => (a < b ? -1 : 1)));

function wrongOptions({ cluster, network, namespace, namePrefix }: ImportOptions): readonly Finding[] {
  const findings: Finding[] = [];
  const named = [
    { code: 'bad-cluster', cannot: 'use the name of the cluster', value: cluster },
    { code: 'bad-prefix', cannot: 'use the prefix of names', value: namePrefix },
  ];
  for (const { value, ...finding } of named) {
    const so = value === '' ? 'it is empty' : wrongLabelValue(value ?? '');
    if (value !== undefined && so !== null) findings.push({ ...finding, value, so, needed: labelNameNeeded });
  }
  if (!isWord(network)) findings.push(badWord('network', network));
  if (namespace !== undefined && !isNamespaceName(namespace)) findings.push(badWord('namespace', namespace));
  return findings;
}

function badWord(what: 'network' | 'namespace', value: string): Finding {
  const needed = 'at most 63 letters, digits and "-" are needed';
  return { code: `bad-${what}`, cannot: `use the ${what}`, value, so: 'it is not a word', needed };
}
