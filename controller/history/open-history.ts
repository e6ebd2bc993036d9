import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { LabelledReport } from '@bulkhead/flows/edge.ts';
import { fineBucket } from '@bulkhead/flows/time-cells.ts';
import { formatCursor, parseCursor } from './cursor.ts';
import { edgesOfRows, type JudgementRow } from './edges-of-rows.ts';
import { type FlowRow, packRows, rowReader } from './flow-columns.ts';
import { edgesQuery, flowPageLimit, flowsQuery, judgementLimit, type Query, recentQuery } from './flow-queries.ts';
import { type HistoryAnswer, sourceMark } from './history-protocol.ts';
import { storeFailure } from './store-failure.ts';
import type {
  EdgePage,
  EdgeQuery,
  FlowPage,
  FlowQuery,
  History,
  HistoryCounts,
  HistoryFailure,
  HistoryOptions,
} from './types.ts';
import { WorkerLink } from './worker-link.ts';

/** Rows that wait for their commit: beyond it agents are told to keep theirs. About 100 MB. */
export const pendingRowLimit = 300_000;
const defaultMemoryLimit = 128;
const defaultKeepDays = 30;

/** A history, or why the directory cannot hold one. */
export async function openHistory(options: HistoryOptions): Promise<History | HistoryFailure> {
  const directory = resolve(options.directory);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (thrown) {
    return storeFailure('open', thrown);
  }
  const link = new WorkerLink({ directory, memoryLimit: options.memoryLimit ?? defaultMemoryLimit });
  const ready = await link.ready;
  if (ready !== 'done') {
    await link.close();
    return ready as HistoryFailure;
  }
  return new WorkerHistory(link, options.keepDays ?? defaultKeepDays);
}

class WorkerHistory implements History {
  readonly #link: WorkerLink;
  readonly #keepDays: number;
  #pendingRows = 0;
  #counts: HistoryCounts = { storedBatches: 0, duplicateBatches: 0, failedBatches: 0, storedRows: 0 };

  constructor(link: WorkerLink, keepDays: number) {
    this.#link = link;
    this.#keepDays = keepDays;
  }

  async append(
    agent: string,
    sequence: number,
    rows: readonly LabelledReport[],
  ): Promise<'stored' | 'duplicate' | HistoryFailure> {
    if (this.#pendingRows > 0 && this.#pendingRows + rows.length > pendingRowLimit)
      return this.#refuse(agent, sequence);
    this.#pendingRows += rows.length;
    const columns = packRows(rows);
    const moved = [columns.texts.buffer, columns.numbers.buffer];
    const answer = await this.#link.ask({ kind: 'append', agent, sequence, columns }, moved);
    this.#pendingRows -= rows.length;
    return this.#count(answer, rows.length);
  }

  async lastSequence(agent: string): Promise<number | HistoryFailure> {
    const answer = await this.#link.ask({ kind: 'lastSequence', agent });
    if (typeof answer === 'object' && answer.kind === 'last') return answer.sequence;
    return failureOf(answer);
  }

  async edges(query: EdgeQuery): Promise<EdgePage | HistoryFailure> {
    const limit = Math.min(query.limit ?? judgementLimit, judgementLimit);
    const rows = await this.#rows(edgesQuery(sourceMark, { ...query, limit }), query);
    if (!Array.isArray(rows)) return rows;
    const edges = edgesOfRows(rows as unknown as JudgementRow[]);
    const kept = edges.filter((edge) => query.verdict === undefined || edge.latest === query.verdict);
    return { edges: kept, truncated: rows.length >= limit };
  }

  async flows(query: FlowQuery): Promise<FlowPage | HistoryFailure> {
    const after = query.cursor === undefined ? null : parseCursor(query.cursor);
    if (query.cursor !== undefined && after === null) return cursorFailure(query.cursor);
    const limit = Math.min(query.limit ?? flowPageLimit, flowPageLimit);
    const rows = await this.#rows(flowsQuery(sourceMark, { ...query, limit, after }), query);
    if (!Array.isArray(rows)) return rows;
    const read = rowReader();
    const newest = rows.at(-1) as unknown as Parameters<typeof formatCursor>[0] | undefined;
    const next = newest === undefined || rows.length < limit ? null : formatCursor(newest);
    return { flows: rows.map((row) => read(row as unknown as FlowRow)), next };
  }

  async recent(since: number): Promise<readonly LabelledReport[] | HistoryFailure> {
    const rows = await this.#rows(recentQuery(sourceMark, since, fineBucket), { since });
    if (!Array.isArray(rows)) return rows;
    const read = rowReader();
    return rows.map((row) => read(row as unknown as FlowRow));
  }

  async retain(now: number): Promise<{ deletedRows: number; sealedDays: number } | HistoryFailure> {
    const answer = await this.#link.ask({ kind: 'retain', now, keepDays: this.#keepDays });
    if (typeof answer !== 'object' || answer.kind !== 'retained') return failureOf(answer);
    return { deletedRows: answer.deletedRows, sealedDays: answer.sealedDays };
  }

  counts(): HistoryCounts {
    return this.#counts;
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  async #rows(
    query: Query,
    time: { since?: number; until?: number },
  ): Promise<Record<string, unknown>[] | HistoryFailure> {
    const [since, until] = [time.since ?? -Infinity, time.until ?? Infinity];
    const answer = await this.#link.ask({ kind: 'rows', query, since, until });
    return typeof answer === 'object' && answer.kind === 'rows' ? [...answer.rows] : failureOf(answer);
  }

  /** The worker hears of it too, or it would take the agent's next batch for the next in order. */
  async #refuse(agent: string, sequence: number): Promise<HistoryFailure> {
    await this.#link.ask({ kind: 'refuse', agent, sequence });
    const message = `Cannot store a batch of "${agent}": ${this.#pendingRows} rows wait already, fewer are needed`;
    return this.#count({ kind: 'failed', code: 'history-busy', message }, 0) as HistoryFailure;
  }

  #count(answer: HistoryAnswer, rows: number): 'stored' | 'duplicate' | HistoryFailure {
    const counts = this.#counts;
    if (answer === 'stored') {
      this.#counts = { ...counts, storedBatches: counts.storedBatches + 1, storedRows: counts.storedRows + rows };
      return answer;
    }
    if (answer === 'duplicate') {
      this.#counts = { ...counts, duplicateBatches: counts.duplicateBatches + 1 };
      return answer;
    }
    this.#counts = { ...counts, failedBatches: counts.failedBatches + 1 };
    return failureOf(answer);
  }
}

function failureOf(answer: HistoryAnswer): HistoryFailure {
  if (typeof answer === 'object' && answer.kind === 'failed') return answer;
  throw new Error(`The history worker gave an answer that fits no question: ${JSON.stringify(answer)}`);
}

function cursorFailure(cursor: string): HistoryFailure {
  const shown = cursor.length > 80 ? `${cursor.slice(0, 80)}...` : cursor;
  const message = `Cannot continue from cursor "${shown}": it is none that this server gave, the value of "next" is needed`;
  return { kind: 'failed', code: 'history-cursor', message };
}
