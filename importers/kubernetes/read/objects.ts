import type { Finding } from '@bulkhead/model/finding.ts';
import { quote } from '@bulkhead/model/finding.ts';
import type { InputFile } from '@bulkhead/model/parse.ts';
import type { Place } from '@bulkhead/model/problem.ts';
import { type Fields, reportType } from '@bulkhead/model/read/fields.ts';
import { fileCharacterLimit } from '@bulkhead/model/read/limits.ts';
import { type ProblemList, type Reading, startReading } from '@bulkhead/model/read/reading.ts';
import type { Tree } from '@bulkhead/model/read/tree.ts';
import { readTrees } from '@bulkhead/model/read/yaml-trees.ts';
import type { ClusterObject, ObjectHead } from '../cluster.ts';
import { readAdminPolicy } from './admin-policies.ts';
import { clusterLimits } from './cluster-limits.ts';
import { objectText, readHead } from './head.ts';
import { jsonTree } from './json-tree.ts';
import { fateOf, groupOf, isReadKind, type ReadKind, readKinds } from './kinds.ts';
import { readNode, readService } from './nodes-and-services.ts';
import { readPod, readPodMaker } from './pods.ts';
import { readNetworkPolicy } from './policies.ts';
import { article, readingOf, strictFields, template } from './values.ts';

/** Objects by kind. */
export type Tally = Record<string, number>;

export type Read = {
  readonly objects: readonly ClusterObject[];
  readonly read: Tally;
  /** They decide nothing. */
  readonly passed: Tally;
  /** The reader of the import said so. */
  readonly skipped: Tally;
};

export type ReadOptions = { readonly skip: readonly string[]; readonly namespace: string };

type Run = Read & {
  readonly objects: ClusterObject[];
  readonly options: ReadOptions;
  /** `kind namespace/name`, and where the first of that name is. */
  readonly seen: Map<string, Place>;
};

type ObjectReader = (reading: Reading, object: Fields, head: ObjectHead) => ClusterObject | null;

const readers: { readonly [K in ReadKind]: ObjectReader } = {
  Namespace: (_reading, _object, head) => ({ kind: 'namespace', head }),
  Node: readNode,
  Pod: readPod,
  Service: readService,
  ReplicationController: readPodMaker,
  Deployment: readPodMaker,
  ReplicaSet: readPodMaker,
  StatefulSet: readPodMaker,
  DaemonSet: readPodMaker,
  Job: readPodMaker,
  CronJob: readPodMaker,
  NetworkPolicy: readNetworkPolicy,
  AdminNetworkPolicy: readAdminPolicy,
  BaselineAdminNetworkPolicy: readAdminPolicy,
};

/** Every object of every file, and every problem with them. */
export function readObjects(files: readonly InputFile[], problems: ProblemList, options: ReadOptions): Read {
  const run: Run = { objects: [], read: {}, passed: {}, skipped: {}, options, seen: new Map() };
  for (const file of files)
    readFile(startReading(file, problems, { budget: { rules: 0 }, limits: clusterLimits }), run);
  return run;
}

function readFile(reading: Reading, run: Run): void {
  const whole = reading.text.length > fileCharacterLimit ? null : jsonTree(reading.text);
  const trees = whole === null ? readTrees(withoutContent(reading)) : [whole];
  for (const tree of trees) readTree(reading, tree, { run, inherited: null });
}

/**
 * What is wrong with the YAML itself is told without the author's text where that may be a Secret's (SPEC KI4). A
 * template is told as one, once, since what else is wrong with it follows from it.
 */
function withoutContent(reading: Reading): Reading {
  const { text } = reading;
  const secret = /\bSecret/.test(text);
  const isTemplate = /\{\{/.test(text);
  let told = false;
  const report: Reading['report'] = (offset, finding) => {
    if (told) return;
    told = isTemplate && looksLikeTemplate(text, offset);
    if (told) return reading.report(text.indexOf('{{'), { ...template, cannot: 'read the file' });
    reading.report(offset, secret ? silent(finding) : finding);
  };
  return { ...reading, report };
}

/** The line in question or the one before it has the sign of a template. */
function looksLikeTemplate(text: string, offset: number): boolean {
  const before = text.lastIndexOf('\n', text.lastIndexOf('\n', offset - 1) - 1);
  const end = text.indexOf('\n', offset);
  return text.slice(before + 1, end < 0 ? text.length : end).includes('{{');
}

function silent({ code, cannot, needed, hint }: Finding): Finding {
  const so = 'something is wrong with it here, and the file may hold a Secret';
  return hint === undefined ? { code, cannot, so, needed } : { code, cannot, so, needed, hint };
}

type Spot = {
  readonly run: Run;
  /** What a list of one kind says of its members that do not say it themselves. */
  readonly inherited: { readonly apiVersion: string; readonly kind: string } | null;
};

function readTree(reading: Reading, tree: Tree, spot: Spot): void {
  const type = tree.kind === 'map' ? typeOf(reading, tree, spot) : null;
  // Its text may be a Secret's.
  if (tree.kind !== 'map') reading.report(tree.offset, notAnObject);
  else if (type !== null && isList(tree, type.kind)) readList(reading, tree, { ...spot, type });
  else if (type !== null) readTyped(reading, tree, { run: spot.run, type });
}

function readTyped(
  reading: Reading,
  tree: Tree,
  { run, type }: { readonly run: Run; readonly type: ObjectType },
): void {
  const { kind, apiVersion, offset } = type;
  const { skip } = run.options;
  if (skip.includes(kind) || skip.includes(`${kind}.${groupOf(apiVersion)}`)) {
    count(run.skipped, kind);
    return;
  }
  const fate = fateOf(apiVersion, kind);
  if (fate.kind === 'passed') count(run.passed, kind);
  else if (fate.kind === 'refused') reading.report(offset, fate.finding);
  else if (isReadKind(kind)) readObject(reading, tree, { run, kind });
}

type ObjectType = { readonly apiVersion: string; readonly kind: string; readonly offset: number };

/** Which kind in which version, and where it says so; null, reported, where it does not. */
function typeOf(reading: Reading, tree: Tree & { readonly kind: 'map' }, { inherited }: Spot): ObjectType | null {
  const [kind, apiVersion] = [typeText(reading, tree, 'kind'), typeText(reading, tree, 'apiVersion')];
  if (kind === null || apiVersion === null) return null;
  const known = { kind: kind?.text ?? inherited?.kind, apiVersion: apiVersion?.text ?? inherited?.apiVersion };
  if (known.kind === undefined) {
    reading.report(tree.offset, missingKind(reading.file));
    return null;
  }
  if (known.apiVersion === undefined) {
    reading.report(tree.offset, missingVersion(known.kind));
    return null;
  }
  return { kind: known.kind, apiVersion: known.apiVersion, offset: kind?.offset ?? tree.offset };
}

/** Undefined where it is absent, null where it is no text, which is reported. */
function typeText(
  reading: Reading,
  tree: Tree & { readonly kind: 'map' },
  key: 'kind' | 'apiVersion',
): { readonly text: string; readonly offset: number } | null | undefined {
  const value = tree.entries.get(key)?.value;
  if (value === undefined || value.kind === 'null') return undefined;
  if (value.kind === 'text' && value.value.includes('{{')) {
    reading.report(value.offset, { ...template, value: value.value });
    return null;
  }
  if (value.kind === 'text' && value.value !== '') return { text: value.value, offset: value.offset };
  reportType(reading, value, { what: `"${key}"`, needed: 'a text' });
  return null;
}

/** Of one kind, or of any; a kind of its own may end like that, too. */
const isList = (tree: Tree & { readonly kind: 'map' }, kind: string): boolean =>
  kind === 'List' || (kind.endsWith('List') && tree.entries.has('items'));

function readList(
  reading: Reading,
  tree: Tree & { readonly kind: 'map' },
  { run, type }: { readonly run: Run; readonly type: ObjectType },
): void {
  const { kind, apiVersion } = type;
  const inherited = kind === 'List' ? null : { apiVersion, kind: kind.slice(0, -'List'.length) };
  const items = tree.entries.get('items')?.value;
  if (items?.kind === 'list') for (const item of items.items) readTree(reading, item, { run, inherited });
  else if (items?.kind !== 'null') reading.report(items?.offset ?? tree.offset, noItems(kind));
}

const objectKeys = ['apiVersion', 'kind', 'metadata', 'spec', 'status'];
const policyKinds: ReadonlySet<ReadKind> = new Set<ReadKind>([
  'NetworkPolicy',
  'AdminNetworkPolicy',
  'BaselineAdminNetworkPolicy',
]);

function readObject(reading: Reading, tree: Tree, { run, kind }: { readonly run: Run; readonly kind: ReadKind }): void {
  const errors = reading.errors();
  const inKind = readingOf(reading, namedSoFar(tree, kind));
  // Beside policies there may be more at the top, as the data of a namespace's owner.
  const keys = policyKinds.has(kind) || tree.kind !== 'map' ? objectKeys : [...objectKeys, ...tree.entries.keys()];
  const fields = strictFields(inKind, tree, { what: article(kind), keys });
  const head = fields === null ? null : readHead(inKind, fields, { kind, namespace: run.options.namespace });
  if (fields === null || head === null) return;
  const object = readers[kind](readingOf(reading, objectText(kind, head.namespace, head.name)), fields, head);
  count(run.read, kind);
  checkUnique(reading, tree, { run, head });
  if (object !== null && reading.errors() === errors) run.objects.push(object);
}

/** As messages name an object whose name was not checked yet. */
function namedSoFar(tree: Tree, kind: string): string {
  const metadata = tree.kind === 'map' ? tree.entries.get('metadata')?.value : undefined;
  const name = metadata?.kind === 'map' ? metadata.entries.get('name')?.value : undefined;
  return name?.kind === 'text' ? `${kind} ${quote(name.value)}` : article(kind);
}

function checkUnique(
  reading: Reading,
  tree: Tree,
  { run, head }: { readonly run: Run; readonly head: ObjectHead },
): void {
  const { kind, namespace, name } = head;
  const key = objectText(kind, namespace, name);
  const first = run.seen.get(key);
  if (first === undefined) {
    run.seen.set(key, head.place);
    return;
  }
  const so = `${first.file}:${first.line} has it already`;
  const needed = 'each object once is needed';
  reading.report(tree.offset, { code: 'duplicate-object', cannot: 'read the object', value: key, so, needed });
}

function count(tally: Tally, kind: string): void {
  tally[kind] = (Object.hasOwn(tally, kind) ? (tally[kind] ?? 0) : 0) + 1;
}

const notAnObject: Finding = {
  code: 'not-an-object',
  cannot: 'read the object',
  so: 'it is no map',
  needed: 'a map with apiVersion, kind and metadata is needed',
};

function noItems(value: string): Finding {
  const so = 'it has no list of "items"';
  return { code: 'not-an-object', cannot: 'read the list', value, so, needed: 'one of objects is needed' };
}

/** Files beside objects that hold none. */
const fileHints: readonly (readonly [end: RegExp, hint: string])[] = [
  [/(^|\/)(Chart|values)[^/]*\.ya?ml$/, 'a chart is imported as what "helm template" prints'],
  [/(^|\/)kustomization\.ya?ml$/, 'import what "kubectl kustomize DIR" prints'],
];

function missingKind(file: string): Finding {
  const hint = fileHints.find(([end]) => end.test(file))?.[1];
  const finding = {
    code: 'missing-kind',
    cannot: 'read the object',
    so: 'it has no "kind"',
    needed: 'that key is needed',
  };
  return hint === undefined ? finding : { ...finding, hint };
}

function missingVersion(kind: string): Finding {
  const finding = { code: 'missing-api-version', cannot: 'read the object', value: kind, so: 'it has no "apiVersion"' };
  const hint = isReadKind(kind) ? { hint: `${kind} is read in ${readKinds[kind]}` } : {};
  return { ...finding, needed: 'that key is needed', ...hint };
}
