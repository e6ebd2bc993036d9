import type { Document } from '@bulkhead/model/documents.ts';
import type { Opening } from '@bulkhead/policy/incremental/engine.ts';
import type { CompanySize } from '@bulkhead/testkit/company.ts';
import type { Figure } from '../figure.ts';

/** What every measure gets: the same documents, whole and as the engine takes them. */
export type Subject = {
  readonly documents: readonly Document[];
  readonly opening: Opening & { readonly workloads: readonly Extract<Document, { readonly kind: 'Workload' }>[] };
  readonly size: CompanySize;
};
export type Measure = (subject: Subject) => readonly Figure[];

type Named = Opening['policy'] extends Iterable<infer D> ? D : never;
const named: readonly string[] = ['Ruleset', 'Service', 'IpList', 'Lifeline'];

export function splitDocuments(documents: readonly Document[], size: CompanySize): Subject {
  const workloads = documents.filter((document) => document.kind === 'Workload');
  const policy = documents.filter((document): document is Named => named.includes(document.kind));
  const modes = documents.filter((document) => document.kind === 'Mode');
  return { documents, opening: { workloads, policy, modes, tiers: [], now: 0 }, size };
}

/** Milliseconds of the clock. */
export function timed<T>(work: () => T): { readonly took: number; readonly result: T } {
  const began = performance.now();
  const result = work();
  return { took: performance.now() - began, result };
}

export const figure = (name: string, unit: string, ...values: readonly number[]): Figure => {
  return { name, unit, values, shape: 'repeats' };
};
export const samples = (name: string, unit: string, values: readonly number[]): Figure => {
  return { name, unit, values, shape: 'samples' };
};
