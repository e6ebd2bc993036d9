import type { Document } from '@bulkhead/model/documents.ts';
import { defaultTiers, fixedTiers } from '@bulkhead/model/words.ts';
import type { Workload } from '../api/types.ts';

/** Words of an estate and a draft that somebody may mean. */
export type Words = {
  readonly labels: ReadonlyMap<string, readonly string[]>;
  readonly services: readonly string[];
  readonly ipLists: readonly string[];
  readonly labelGroups: readonly string[];
  readonly userGroups: readonly string[];
  readonly virtualServices: readonly string[];
  readonly tiers: readonly string[];
  readonly workloads: readonly string[];
};

/** Values of one key, and workloads, that are offered at most. */
const offeredMost = 1000;

export function wordsOf(documents: readonly Document[], workloads: readonly Workload[]): Words {
  return {
    labels: labelsOf(documents, workloads),
    services: namesOf(documents, 'Service'),
    ipLists: namesOf(documents, 'IpList'),
    labelGroups: namesOf(documents, 'LabelGroup'),
    userGroups: namesOf(documents, 'UserGroup'),
    virtualServices: namesOf(documents, 'VirtualService'),
    tiers: [...new Set([...fixedTiers, ...documents.flatMap(tiersOf), ...defaultTiers])],
    workloads: workloads.slice(0, offeredMost).map(({ name }) => name),
  };
}

const namesOf = (documents: readonly Document[], kind: Document['kind']): readonly string[] =>
  documents.flatMap((document) => (document.kind === kind && 'name' in document ? [document.name] : []));

function labelsOf(documents: readonly Document[], workloads: readonly Workload[]): Words['labels'] {
  const values = new Map<string, Set<string>>();
  const add = (key: string, value: string | null) => {
    const known = values.get(key) ?? new Set();
    values.set(key, known);
    if (value !== null && known.size < offeredMost) known.add(value);
  };
  for (const { labels } of workloads) for (const [key, value] of Object.entries(labels)) add(key, value);
  for (const document of documents) {
    // In a selector a group stands where its values do.
    if (document.kind === 'LabelGroup') add(document.key, `@${document.name}`);
    if (document.kind !== 'LabelKey') continue;
    add(document.name, null);
    for (const value of document.values ?? []) add(document.name, value);
  }
  return new Map([...values].map(([key, known]) => [key, [...known].sort()]));
}

function tiersOf(document: Document): readonly string[] {
  if (document.kind !== 'Tiers') return [];
  return document.order.flatMap((entry) => (entry.kind === 'tier' ? [entry.name] : entry.tiers));
}
