import type { Anomaly } from '@bulkhead/policy/anomalies.ts';
import { queryOptions } from '@tanstack/react-query';
import { removeRule } from '../drafting/remove-rule.ts';
import { ask, askInSteps, askSeen, segment } from './client.ts';
import type { Preview, PreviewProgress, Provision, VersionDifference } from './policy-types.ts';
import type { Draft } from './types.ts';

export type Previewed = { readonly preview: Preview };

/** Always asked afresh: it depends on the draft, the estate and what was observed. */
export const previewQuery = (name: string) =>
  queryOptions({
    queryKey: ['previews', name],
    staleTime: 0,
    gcTime: 0,
    queryFn: async ({ signal, client }): Promise<Previewed> => {
      const tell = (progress: PreviewProgress) => client.setQueryData(progressKey(name), progress);
      client.removeQueries({ queryKey: progressKey(name) });
      return {
        preview: await askInSteps<Preview, PreviewProgress>('POST', `/drafts/${segment(name)}/preview`, {
          signal,
          tell,
        }),
      };
    },
  });

const progressKey = (name: string) => ['preview-progress', name];

/** How far a preview is; nothing before that is told. Nobody asks for it by itself. */
export const previewProgressQuery = (name: string) =>
  queryOptions<PreviewProgress | null>({
    queryKey: progressKey(name),
    queryFn: () => null,
    enabled: false,
    gcTime: 0,
  });

/** Events tell of it; it is asked again as well while it runs, so that a missed event leaves nobody waiting. */
export const provisionQuery = (version: number) =>
  queryOptions({
    queryKey: ['provisions', version],
    staleTime: 0,
    refetchInterval: (query: { readonly state: { readonly data: Provision | undefined } }) =>
      query.state.data?.state === 'running' ? 2000 : false,
    queryFn: ({ signal }) => ask<Provision>('GET', `/provisions/${version}`, undefined, signal),
  });

export const differenceQuery = (before: number, after: number) =>
  queryOptions({
    queryKey: ['differences', before, after],
    queryFn: ({ signal }) => ask<VersionDifference>('GET', `/versions/${before}/diff/${after}`, undefined, signal),
  });

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
