import type { Edge, LabelledReport } from '@bulkhead/flows/edge.ts';
import type { EdgeFilter } from '@bulkhead/flows/edge-filter.ts';

/**
 * Expected outcomes: the disk is full or failing, too much is waiting, the session must resume lower, a cursor is not
 * one of ours. Nothing of the batch is stored.
 */
export type HistoryFailure = {
  readonly kind: 'failed';
  readonly code: 'history-full' | 'history-io' | 'history-busy' | 'history-order' | 'history-cursor' | 'history-closed';
  readonly message: string;
};

export type HistoryOptions = {
  /** Made (mode 0700) when absent; one process at a time. */
  readonly directory: string;
  /** Of the database, in MiB; default 128. */
  readonly memoryLimit?: number;
  /** Rows older than this many days are deleted by `retain`; default 30. */
  readonly keepDays?: number;
};

/** Newest first. `cursor` is what an earlier page returned; `until` is exclusive. */
export type FlowQuery = EdgeFilter & {
  readonly until?: number;
  readonly limit?: number;
  readonly cursor?: string;
};

export type EdgeQuery = EdgeFilter & { readonly until?: number; readonly limit?: number };

/** `next` is null on the last page. */
export type FlowPage = { readonly flows: readonly LabelledReport[]; readonly next: string | null };
/** `truncated`: more judgements matched than the query's limit; the edges that are named are complete or cut short. */
export type EdgePage = { readonly edges: readonly Edge[]; readonly truncated: boolean };

/** Sums since the process started. */
export type HistoryCounts = {
  readonly storedBatches: number;
  readonly duplicateBatches: number;
  readonly failedBatches: number;
  readonly storedRows: number;
};

export type History = {
  /**
   * Resolves once the batch is durable. Batches of one agent must come in rising order of sequence. After a failure
   * everything above the failed sequence is refused (`history-order`) until that one is sent again or `lastSequence`
   * starts a new session, so that a later batch can never make an earlier, lost one look stored.
   */
  append(
    agent: string,
    sequence: number,
    rows: readonly LabelledReport[],
  ): Promise<'stored' | 'duplicate' | HistoryFailure>;
  /** The highest stored sequence of the agent, 0 for none: what `welcome.acknowledged` says. Starts a session. */
  lastSequence(agent: string): Promise<number | HistoryFailure>;
  edges(query: EdgeQuery): Promise<EdgePage | HistoryFailure>;
  flows(query: FlowQuery): Promise<FlowPage | HistoryFailure>;
  /** Everything since then, added up per live bucket, oldest first: feed it to `LiveEdges.add` after a restart. */
  recent(since: number): Promise<readonly LabelledReport[] | HistoryFailure>;
  /** Seals finished days and deletes what is older than `keepDays`. Call it about once an hour. */
  retain(now: number): Promise<{ readonly deletedRows: number; readonly sealedDays: number } | HistoryFailure>;
  counts(): HistoryCounts;
  close(): Promise<void>;
};
