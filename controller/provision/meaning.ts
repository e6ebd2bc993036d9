import { isDeepStrictEqual } from 'node:util';
import type { Document, WorkloadDocument } from '@bulkhead/model/documents.ts';
import type { Event, Opening } from '@bulkhead/policy/incremental/engine.ts';

/** A policy, an estate and a moment: what hosts are to enforce. `policy`: every document that is not a workload. */
export type Meaning = {
  readonly workloads: readonly WorkloadDocument[];
  readonly policy: readonly Document[];
  /** Milliseconds since the epoch. */
  readonly now: number;
};

type Named = Opening['policy'] extends Iterable<infer One> ? One : never;

const namedKinds: ReadonlySet<Document['kind']> = new Set<Named['kind']>([
  'Ruleset',
  'Service',
  'IpList',
  'Lifeline',
  'UserGroup',
  'VirtualService',
  'LabelGroup',
]);

export function openingOf({ workloads, policy, now }: Meaning): Opening {
  return { workloads, policy: policy.filter(isNamed), modes: modesIn(policy), tiers: tiersIn(policy), now };
}

/** What turns a compiler of `before` into one of `after`. Documents that say the same are left alone. */
export function policyEvents(before: readonly Document[], after: readonly Document[]): Event[] {
  const [was, is] = [before, after].map(
    (documents) => new Map(documents.filter(isNamed).map((one) => [keyOf(one), one])),
  );
  const events: Event[] = [];
  for (const [key, { kind, name }] of was ?? [])
    if (is?.has(key) !== true) events.push({ kind: 'policy gone', of: kind, name });
  for (const [key, document] of is ?? [])
    if (!isDeepStrictEqual(was?.get(key), document)) events.push({ kind: 'policy', document });
  if (!isDeepStrictEqual(modesIn(before), modesIn(after))) events.push({ kind: 'modes', documents: modesIn(after) });
  if (!isDeepStrictEqual(tiersIn(before), tiersIn(after))) events.push({ kind: 'tiers', documents: tiersIn(after) });
  return events;
}

const isNamed = (document: Document): document is Named => namedKinds.has(document.kind);
const keyOf = ({ kind, name }: Named): string => `${kind} ${name}`;
const modesIn = (documents: readonly Document[]) => documents.filter((document) => document.kind === 'Mode');
const tiersIn = (documents: readonly Document[]) => documents.filter((document) => document.kind === 'Tiers');
