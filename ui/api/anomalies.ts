import type { Anomaly } from '@bulkhead/policy/anomalies.ts';
import { queryOptions } from '@tanstack/react-query';
import { removeRule } from '../drafting/remove-rule.ts';
import { ask, askSeen, segment } from './client.ts';
import type { Draft } from './types.ts';

export type Anomalies = {
  readonly revision: number;
  readonly anomalies: readonly Anomaly[];
  readonly omitted: number;
};

/** Asked for when somebody looks: it takes as long as a preview. */
export const anomaliesQuery = (draft: string) =>
  queryOptions({
    queryKey: ['anomalies', draft],
    staleTime: 0,
    queryFn: ({ signal }) => ask<Anomalies>('GET', `/drafts/${segment(draft)}/anomalies`, undefined, signal),
  });

/** Takes a rule out of a draft as it was looked at; throws where a person has to do it. */
export async function takeOut(draft: string, { rule, revision }: { readonly rule: string; readonly revision: number }) {
  const { files } = await ask<Draft>('GET', `/drafts/${segment(draft)}`);
  const left = removeRule(files, rule);
  if (left === null)
    throw new Error(`Cannot take "${rule}" out by itself: its lines are shared, remove it in the editor`);
  await askSeen('PUT', `/drafts/${segment(draft)}`, { revision, body: { files: left } });
}
