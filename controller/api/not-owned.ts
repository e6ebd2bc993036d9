import { isDeepStrictEqual } from 'node:util';
import { assignmentSlot } from '@bulkhead/model/assigned-labels.ts';
import type { Document, OwnershipDocument } from '@bulkhead/model/documents.ts';
import { parseDocuments, policyKinds } from '@bulkhead/model/parse.ts';
import type { LabelAssignment, PolicyContent, PolicyFile } from '@bulkhead/model/policy-content.ts';
import { requirementsMatch } from '@bulkhead/model/requirements.ts';
import type { Labels } from '@bulkhead/model/words.ts';
import { settleLabelGroups } from '@bulkhead/policy/language/label-groups.ts';
import { type Owned, ownedBy } from '@bulkhead/policy/ownership.ts';

/** A part of a change that is not its maker's to make. `ownership` null: nobody but an administrator's. */
export type NotOwned = {
  readonly kind: 'file' | 'document' | 'label';
  /** `teams/pay/a.yaml`, `Ruleset pay`, `app of web-1`. */
  readonly what: string;
  /** Of a document: where it stands, as well. */
  readonly path: string | null;
  readonly ownership: OwnershipDocument | null;
  /** What keeps the owners from it, too; null: nothing does. */
  readonly butAlso: string | null;
};

type Change = { readonly before: PolicyContent; readonly after: PolicyContent };
type By = {
  readonly name: string;
  /** The policy whose ownership holds. */
  readonly ownership: PolicyContent;
  readonly labelsOf: (workload: string, assignments: readonly LabelAssignment[]) => Labels | null;
};

/**
 * What of a change somebody may not make (SPEC O6, O7), one after the other: nothing, where all of it is his. A document
 * in a file that was told is not told again.
 */
export function* notOwned({ before, after }: Change, { name, ownership, labelsOf }: By): Generator<NotOwned> {
  const owners = ownersIn(ownership);
  const isHis = (one: OwnershipDocument | null) => one?.owners.includes(name) === true;
  const files = changedFiles(before, after);
  const others = new Set(files.filter((path) => !isHis(owners.of(path))));
  for (const path of others) yield { kind: 'file', what: path, path: null, ownership: owners.of(path), butAlso: null };
  for (const { what, paths } of changedDocuments(before, after, files)) {
    if (paths.some((one) => others.has(one))) continue;
    // Who owns what is an administrator's to say, wherever it is said.
    const path = what.startsWith('Ownership ') ? paths[0] : paths.find((one) => !isHis(owners.of(one)));
    if (path === undefined) continue;
    const of = owners.of(path);
    yield { kind: 'document', what, path, ownership: isHis(of) ? null : of, butAlso: null };
  }
  for (const { workload, key } of changedLabels(before, after)) {
    const [was, is] = [labelsOf(workload, before.labels), labelsOf(workload, after.labels)];
    const found = labelNotOwned(owners.all, { key, was, is, isHis });
    if (found !== null) yield { kind: 'label', what: `${key} of ${workload}`, path: null, ...found };
  }
}

type ChangedLabel = {
  readonly key: string;
  /** Null: nobody knows the workload. */
  readonly was: Labels | null;
  readonly is: Labels | null;
  readonly isHis: (ownership: OwnershipDocument) => boolean;
};

/** SPEC O7. Null: it is his. */
function labelNotOwned(
  ownerships: readonly OwnershipDocument[],
  { key, was, is, isHis }: ChangedLabel,
): Pick<NotOwned, 'ownership' | 'butAlso'> | null {
  const isIn = ({ scope }: OwnershipDocument, labels: Labels | null) =>
    labels !== null && requirementsMatch(scope.requirements, labels);
  const giving = ownerships.filter((one) => one.labels.includes(key) && isIn(one, was) && isIn(one, is));
  if (giving.some(isHis)) return null;
  if (giving[0] !== undefined) return { ownership: giving[0], butAlso: null };
  const around = ownerships.filter((one) => isIn(one, was));
  const ownership = around.find(({ labels }) => labels.includes(key)) ?? around[0] ?? null;
  const isListed = ownership?.labels.includes(key) === true;
  const butAlso = isListed ? 'the workload would leave that scope' : `its labels do not list "${key}"`;
  return { ownership, butAlso };
}

type Owners = { readonly all: readonly OwnershipDocument[]; readonly of: Owned };

/** Where one Ownership cannot be read, nobody owns anything: it may lie inside of another's directory. */
function ownersIn({ files }: PolicyContent): Owners {
  const parsed = parse(files);
  const { documents } = settleLabelGroups(parsed.documents);
  const all = documents.filter((document) => document.kind === 'Ownership');
  if (parsed.broken.some(({ kind }) => kind === 'Ownership')) return { all: [], of: () => null };
  return { all, of: ownedBy(all) };
}

const parse = (files: readonly PolicyFile[]) =>
  parseDocuments(
    files.map(({ path, text }) => ({ file: path, text })),
    { kinds: policyKinds },
  );

function changedFiles(before: PolicyContent, after: PolicyContent): readonly string[] {
  const [was, is] = [textByPath(before), textByPath(after)];
  return [...new Set([...was.keys(), ...is.keys()])].filter((path) => was.get(path) !== is.get(path)).sort();
}

const textByPath = ({ files }: PolicyContent) => new Map(files.map(({ path, text }) => [path, text]));

type ChangedDocument = { readonly what: string; readonly paths: readonly string[] };

/**
 * Documents of a kind and a name that are not what they were, with every file that one of them stood or stands in: whoever
 * takes a name that is another's, or moves a document, changes what the other has said.
 */
function changedDocuments(
  before: PolicyContent,
  after: PolicyContent,
  files: readonly string[],
): readonly ChangedDocument[] {
  if (files.length === 0) return [];
  const [was, is] = [documentsByName(before), documentsByName(after)];
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((what) => {
    const [older, newer] = [was.get(what) ?? [], is.get(what) ?? []];
    if (isDeepStrictEqual(older, newer)) return [];
    return [{ what, paths: [...new Set([...older, ...newer].map(({ path }) => path))] }];
  });
}

type Placed = { readonly path: string; readonly said: object };

/** Each file is read alone: read together, one of two documents of a name would be left out. */
function documentsByName({ files }: PolicyContent): ReadonlyMap<string, readonly Placed[]> {
  const all = files.flatMap((file) =>
    parse([file]).documents.flatMap((document) =>
      'name' in document
        ? [{ what: `${document.kind} ${document.name}`, path: file.path, said: withoutPlaces(document) }]
        : [],
    ),
  );
  const sorted = all.sort((a, b) => (a.path < b.path ? -1 : 1)).map(({ what, ...placed }) => [what, placed] as const);
  const byName = new Map<string, Placed[]>();
  for (const [what, placed] of sorted) byName.set(what, [...(byName.get(what) ?? []), placed]);
  return byName;
}

/** A line more above it does not change a document. */
const withoutPlaces = (document: Document): object =>
  JSON.parse(
    JSON.stringify(document, (key, value: unknown) => {
      if (key === 'place') return undefined;
      return typeof value === 'bigint' ? String(value) : value;
    }),
  );

function changedLabels(before: PolicyContent, after: PolicyContent): readonly LabelAssignment[] {
  const [was, is] = [bySlot(before), bySlot(after)];
  const slots = [...new Set([...was.keys(), ...is.keys()])];
  return slots.flatMap((slot) => {
    const [older, newer] = [was.get(slot), is.get(slot)];
    const one = newer ?? older;
    return one === undefined || (older !== undefined && newer !== undefined && older.value === newer.value)
      ? []
      : [one];
  });
}

const bySlot = ({ labels }: PolicyContent) => new Map(labels.map((label) => [assignmentSlot(label), label]));
