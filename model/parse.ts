import type { Document } from './documents.ts';
import type { Finding } from './finding.ts';
import { listed, nearest } from './nearest.ts';
import type { Problem } from './problem.ts';
import { readDependency } from './read/dependency.ts';
import { reportType } from './read/fields.ts';
import { readLabelGroup, readUserGroup } from './read/groups.ts';
import { readInvariant } from './read/invariant.ts';
import { readLabelSource } from './read/label-source.ts';
import { readLifeline } from './read/lifeline.ts';
import { type ReadLimits, readLimits } from './read/limits.ts';
import { readLogon } from './read/logon.ts';
import { readIpList, readLabelKey, readMode, readService } from './read/objects.ts';
import { readOwnership } from './read/ownership.ts';
import { ProblemList, type Reading, startReading } from './read/reading.ts';
import { readRuleset } from './read/ruleset.ts';
import { readTest } from './read/test-document.ts';
import { readTiers } from './read/tiers.ts';
import type { Tree } from './read/tree.ts';
import { readVirtualService } from './read/virtual-service.ts';
import { readWorkload } from './read/workload.ts';
import { readTrees } from './read/yaml-trees.ts';
import { sortProblems } from './sort-problems.ts';

export type InputFile = { readonly file: string; readonly text: string };
export type DocumentKind = Document['kind'];

/** `kinds`: documents of other known kinds are skipped without being looked into. Absent: all kinds. */
/** `limits`: other than those that hold everywhere, where somebody asks what happens beyond them. */
export type ParseOptions = { readonly kinds?: readonly DocumentKind[]; readonly limits?: ReadLimits };

/** A document that was left out because of an error; what refers to it is not reported again. */
export type BrokenDocument = { readonly kind: DocumentKind; readonly name: string };

export type Parsed = {
  /** Sound documents only, in the order of the files: one with an error in it is left out whole. */
  readonly documents: readonly Document[];
  /** In the order of the files, then of their lines. At most about a thousand; the last one counts the rest. */
  readonly problems: readonly Problem[];
  readonly broken: readonly BrokenDocument[];
};

const readers: { readonly [K in DocumentKind]: (reading: Reading, tree: Tree) => Document | null } = {
  Workload: readWorkload,
  Logon: readLogon,
  Ruleset: readRuleset,
  Service: readService,
  IpList: readIpList,
  LabelGroup: readLabelGroup,
  UserGroup: readUserGroup,
  VirtualService: readVirtualService,
  LabelSource: readLabelSource,
  Ownership: readOwnership,
  Invariant: readInvariant,
  LabelKey: readLabelKey,
  Mode: readMode,
  Tiers: readTiers,
  Test: readTest,
  Lifeline: readLifeline,
  Dependency: readDependency,
};

export const documentKinds = Object.keys(readers) as readonly DocumentKind[];
export const estateKinds: readonly DocumentKind[] = ['Workload', 'Logon'];
export const policyKinds: readonly DocumentKind[] = documentKinds.filter((kind) => !estateKinds.includes(kind));
/** Read by the lab, which knows its own form. */
const foreignKinds: readonly string[] = ['Lab'];

/**
 * Reads every document of every file and finds every problem in one run; never throws. References between documents
 * are `resolveReferences` (references.ts), and `loadDocuments` (load.ts) does both.
 */
export function parseDocuments(files: readonly InputFile[], options: ParseOptions = {}): Parsed {
  const problems = new ProblemList();
  const limits = options.limits ?? readLimits;
  const budget = { rules: limits.rules };
  const run: Run = {
    wanted: new Set<string>(options.kinds ?? documentKinds),
    documents: [],
    broken: [],
    names: new Map(),
  };
  for (const file of files) {
    const reading = startReading(file, problems, { budget, limits });
    for (const tree of readTrees(reading)) readDocument(reading, tree, run);
  }
  return { documents: run.documents, problems: sortProblems(problems.all, files), broken: run.broken };
}

type Run = {
  readonly wanted: ReadonlySet<string>;
  readonly documents: Document[];
  readonly broken: BrokenDocument[];
  /** `kind/name` of every named document, and where the first of that name is. */
  readonly names: Map<string, Document>;
};

function readDocument(reading: Reading, tree: Tree, run: Run): void {
  const kind = readKind(reading, tree, run.wanted);
  if (kind === null) return;
  const errors = reading.errors();
  const document = readers[kind](reading, tree);
  if (document !== null && 'name' in document && document.name !== '') checkUnique(reading, document, { tree, run });
  if (document !== null && reading.errors() === errors) run.documents.push(document);
  else run.broken.push({ kind, name: document !== null && 'name' in document ? document.name : '' });
}

/** Null for a document that is not for this run, and, reported, for one without a known kind. */
function readKind(reading: Reading, tree: Tree, wanted: ReadonlySet<string>): DocumentKind | null {
  if (tree.kind !== 'map') {
    reportType(reading, tree, { what: 'the document', needed: 'a map with the key kind' });
    return null;
  }
  const entry = tree.entries.get('kind');
  if (entry === undefined) {
    reading.report(tree.offset, missingKind);
    return null;
  }
  const { value } = entry;
  if (value.kind !== 'text') {
    reportType(reading, value.kind === 'null' ? { ...value, offset: entry.keyOffset } : value, {
      what: 'the kind',
      needed: 'a text',
    });
    return null;
  }
  const kind = documentKinds.find((known) => known === value.value);
  if (kind !== undefined) return wanted.has(kind) ? kind : null;
  if (foreignKinds.includes(value.value)) return null;
  reading.report(value.offset, unknownKind(value.value));
  return null;
}

function checkUnique(
  reading: Reading,
  document: Document & { readonly name: string },
  { tree, run }: { readonly tree: Tree; readonly run: Run },
): void {
  const key = `${document.kind}/${document.name}`;
  const first = run.names.get(key);
  if (first === undefined) {
    run.names.set(key, document);
    return;
  }
  const so = `${first.place.file}:${first.place.line} has one of the same name`;
  const offset = tree.kind === 'map' ? (tree.entries.get('name')?.value.offset ?? tree.offset) : tree.offset;
  const cannot = `add the ${document.kind}`;
  reading.report(offset, {
    code: 'duplicate-name',
    cannot,
    value: document.name,
    so,
    needed: 'a name of its own is needed',
  });
}

const missingKind: Finding = {
  code: 'missing-kind',
  cannot: 'read the document',
  so: 'it has no "kind"',
  needed: 'that key is needed',
  hint: `known kinds are ${listed(documentKinds)}`,
};

function unknownKind(value: string): Finding {
  const near = nearest(value, [...documentKinds, ...foreignKinds]);
  const hint = near === null ? `known kinds are ${listed(documentKinds)}` : `did you mean "${near}"?`;
  return {
    code: 'unknown-kind',
    cannot: 'read the kind',
    value,
    so: 'there is no such kind',
    needed: 'a known kind is needed',
    hint,
  };
}
