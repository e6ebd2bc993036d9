import { queryOptions } from '@tanstack/react-query';
import { ask, askInSteps, segment } from './client.ts';
import type { Preview, PreviewProgress, Provision, VersionDifference } from './policy-types.ts';

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
