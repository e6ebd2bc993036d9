import type { ConnectionReport } from '@bulkhead/model/connection.ts';

/** From the helper's bytes to connection reports; made anew for every helper that is started. */
export type RecordStream = {
  /** Null, or why these bytes end the stream: the helper speaks another format and must be started again. */
  readonly push: (bytes: Uint8Array) => string | null;
  /** Reports of the window that ends now. */
  readonly close: (now: number) => readonly ConnectionReport[];
  /** Log records in it so far. */
  readonly received: () => number;
};
