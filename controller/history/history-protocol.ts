import type { FlowColumns } from './flow-columns.ts';
import type { Query } from './flow-queries.ts';
import type { HistoryFailure } from './types.ts';

/** What the worker is asked; answered in any order, by number. */
export type HistoryRequest =
  | { readonly kind: 'append'; readonly agent: string; readonly sequence: number; readonly columns: FlowColumns }
  /** The batch was refused before it got here: nothing above it may be stored. */
  | { readonly kind: 'refuse'; readonly agent: string; readonly sequence: number }
  | { readonly kind: 'lastSequence'; readonly agent: string }
  /** The worker puts the table, and the sealed days of the time asked for, where the text says `sourceMark`. */
  | { readonly kind: 'rows'; readonly query: Query; readonly since: number; readonly until: number }
  | { readonly kind: 'retain'; readonly now: number; readonly keepDays: number }
  | { readonly kind: 'close' };

export type HistoryAnswer =
  | 'stored'
  | 'duplicate'
  | 'done'
  | HistoryFailure
  | { readonly kind: 'last'; readonly sequence: number }
  | { readonly kind: 'rows'; readonly rows: readonly Record<string, unknown>[] }
  | { readonly kind: 'retained'; readonly deletedRows: number; readonly sealedDays: number };

/** The worker's number 0 says whether it could open the store. */
export type Numbered<T> = { readonly number: number; readonly body: T };
/** Given to the worker at its start. */
export type WorkerStart = { readonly directory: string; readonly memoryLimit: number };

/** Stands for the table in the text of a query; never part of a value. */
export const sourceMark = '%flows%';
