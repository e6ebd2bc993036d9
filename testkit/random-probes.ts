import type { Document, WorkloadDocument } from '@bulkhead/model/documents.ts';
import { address, serviceRange } from './documents.ts';
import type { Random } from './random.ts';
import { probedAddresses, probedServices } from './random-estate.ts';

/** An end as a test picks it; `workload` is whose enforcer answers. */
export type RandomSide = {
  readonly network: string;
  readonly address: ReturnType<typeof address> | null;
  readonly workload: WorkloadDocument | null;
};

export const randomService = (random: Random): number => serviceRange(random.pick(probedServices)).first;

/** Mostly an address of a workload, at times none of it or one that nobody need own. */
export function randomSide(random: Random, documents: readonly Document[]): RandomSide {
  if (random.chance(0.2)) return unnamedSide(documents, 'main', address(random.pick(probedAddresses)));
  const workload = random.pick(documents.filter((document) => document.kind === 'Workload'));
  if (workload.addresses.length === 0) return { network: 'main', address: null, workload };
  return { ...random.pick(workload.addresses), workload };
}

/** The end of an address given alone: its owner answers where it has exactly one. */
export function unnamedSide(
  documents: readonly Document[],
  network: string,
  text: ReturnType<typeof address>,
): RandomSide {
  const owners = documents
    .filter((document) => document.kind === 'Workload')
    .filter(({ addresses }) => addresses.some((claimed) => claimed.network === network && claimed.address === text));
  return { network, address: text, workload: owners.length === 1 ? (owners[0] ?? null) : null };
}
