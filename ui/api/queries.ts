import { type EdgeTable, unpackEdges } from '@bulkhead/flows/edge-table.ts';
import type { PairExplanation } from '@bulkhead/policy/explain.ts';
import { queryOptions } from '@tanstack/react-query';
import type { AllEdges } from './all-edges.ts';
import { ApiProblem, ask, askAll, segment } from './client.ts';
import { earlyChanges } from './early-changes.ts';
import { edgesPath, sessionPath, workloadsPath } from './first-answers.ts';
import { sessionKey } from './session-end.ts';
import type {
  AuditEntry,
  Draft,
  DraftSummary,
  Host,
  HostDetail,
  Session,
  Status,
  Version,
  VersionSummary,
  Workload,
} from './types.ts';

/** Null: nobody is signed in. */
export const sessionQuery = queryOptions({
  queryKey: sessionKey,
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: async ({ signal }) => {
    try {
      return await ask<Session>('GET', sessionPath, undefined, signal);
    } catch (error) {
      if (error instanceof ApiProblem && error.code === 'not-logged-in') return null;
      throw error;
    }
  },
});

export const setupQuery = queryOptions({
  queryKey: ['setup'],
  queryFn: ({ signal }) => ask<{ readonly needed: boolean }>('GET', '/setup', undefined, signal),
});

/** Changes of the counts alone are not told, so it is asked again. */
export const statusQuery = queryOptions({
  queryKey: ['status'],
  refetchInterval: 10_000,
  queryFn: ({ signal }) => ask<Status>('GET', '/status', undefined, signal),
});

/** What the controller's live view keeps. */
const edgeLimit = 100_000;

export const early = earlyChanges();

export const edgesQuery = queryOptions({
  queryKey: ['edges'],
  // Events keep it as it is.
  staleTime: Number.POSITIVE_INFINITY,
  structuralSharing: false,
  queryFn: async ({ signal }): Promise<AllEdges> => {
    const table = await ask<EdgeTable & { readonly lastEvent: string }>('GET', edgesPath, undefined, signal);
    const byKey = new Map(unpackEdges(table).map((edge) => [edge.key, edge]));
    early.catchUp(byKey);
    return { byKey, complete: byKey.size < edgeLimit, lastEvent: table.lastEvent };
  },
});

const rowLimit = 100_000;

export const workloadsQuery = queryOptions({
  queryKey: ['workloads'],
  queryFn: ({ signal }) => askAll<Workload>(workloadsPath, rowLimit, signal),
});

export const workloadQuery = (name: string) =>
  queryOptions({
    queryKey: ['workloads', name],
    queryFn: ({ signal }) => ask<Workload>('GET', `/workloads/${segment(name)}`, undefined, signal),
  });

export const hostQuery = (name: string) =>
  queryOptions({
    queryKey: ['hosts', name],
    refetchInterval: 10_000,
    queryFn: ({ signal }) => ask<HostDetail>('GET', `/hosts/${segment(name)}`, undefined, signal),
  });

export const hostsQuery = queryOptions({
  queryKey: ['hosts'],
  queryFn: ({ signal }) => askAll<Host>('/hosts?limit=20000', rowLimit, signal),
});

export const draftsQuery = queryOptions({
  queryKey: ['drafts'],
  queryFn: ({ signal }) => askAll<DraftSummary>('/drafts?limit=1000', rowLimit, signal),
});

export const draftQuery = (name: string) =>
  queryOptions({
    queryKey: ['drafts', name],
    queryFn: ({ signal }) => ask<Draft>('GET', `/drafts/${segment(name)}`, undefined, signal),
  });

export const versionsQuery = queryOptions({
  queryKey: ['versions'],
  queryFn: ({ signal }) => askAll<VersionSummary>('/versions?limit=100', 1000, signal),
});

export const versionQuery = (number: number) =>
  queryOptions({
    queryKey: ['versions', number],
    queryFn: ({ signal }) => ask<Version>('GET', `/versions/${number}`, undefined, signal),
  });

export const auditQuery = queryOptions({
  queryKey: ['audit'],
  queryFn: ({ signal }) => askAll<AuditEntry>('/audit?limit=200', 1000, signal),
});

type Explained = { readonly version: number; readonly pairs: readonly PairExplanation[] };
type ProbeText = { readonly from: string; readonly to: string; readonly service: string };

export const explainQuery = (probe: ProbeText) =>
  queryOptions({
    queryKey: ['explain', probe],
    staleTime: 0,
    queryFn: ({ signal }) => ask<Explained>('GET', `/explain?${new URLSearchParams(probe)}`, undefined, signal),
  });
