import type { ConnectionReport } from '@bulkhead/model/connection.ts';
import type { ListenerTable } from '@bulkhead/sensors/procfs/listener-table.ts';
import { encodeFlowBatch, rowLimit } from '@bulkhead/wire/flow-batch.ts';
import { backoff } from './backoff.ts';
import { nameListener } from './name-listener.ts';
import type { Privileged, RunningHelper } from './privileged.ts';
import type { Problems } from './problems.ts';
import type { RecordStream } from './record-stream.ts';
import type { Spool } from './spool.ts';

export type TelemetryParts = {
  readonly privileged: Privileged;
  readonly newStream: () => RecordStream;
  readonly listeners: () => ListenerTable;
  readonly spool: Spool;
  readonly problems: Problems;
  readonly clock: () => number;
  readonly random: () => number;
};

/** Keeps the helper running, and turns what it reads into numbered batches in the spool, one per window. */
export class Telemetry {
  readonly #parts: TelemetryParts;
  #helper: RunningHelper | null = null;
  #stream: RecordStream;
  #failures = 0;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;
  /** Records of streams before this one, and those of this one that are in the spool. */
  #received: number;
  #spooled = 0;

  constructor(parts: TelemetryParts) {
    this.#parts = parts;
    this.#stream = parts.newStream();
    this.#received = parts.spool.received;
  }

  /** Log records received in the life of the spool. */
  get received(): number {
    return this.#received + this.#stream.received();
  }
  get helperPid(): number | null {
    return this.#helper?.pid ?? null;
  }

  start(): void {
    this.#stream = this.#parts.newStream();
    const helper = this.#parts.privileged.startHelper({
      bytes: (bytes) => {
        const why = this.#stream.push(bytes);
        if (why !== null) {
          this.#parts.problems.set('helper-stream', why);
          helper.stop();
        }
      },
      complaint: (text) => this.#parts.problems.set('helper-complaint', `The helper says: ${text}`),
      ended: (why) => this.#ended(why),
    });
    this.#helper = helper;
  }

  /** Ends the window: what was seen becomes batches on disk. True when there were any. */
  closeWindow(): boolean {
    const { spool, clock, listeners } = this.#parts;
    const reports = this.#stream.close(clock()).map((report) => nameListener(report, listeners()));
    for (let start = 0; start < reports.length; start += rowLimit) {
      const rows = reports.slice(start, start + rowLimit);
      const records = rows.reduce((sum: number, row: ConnectionReport) => sum + row.records, 0);
      spool.append(encodeFlowBatch({ sequence: spool.nextSequence, reports: rows }), records);
      this.#spooled += records;
    }
    if (reports.length > 0) this.#failures = 0;
    return reports.length > 0;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.closeWindow();
    this.#helper?.stop();
  }

  #ended(why: string): void {
    this.#helper = null;
    if (this.#stopped) return;
    this.closeWindow();
    this.#received += this.#stream.received();
    this.#stream = this.#parts.newStream();
    const wait = backoff(this.#failures++, this.#parts.random);
    this.#parts.problems.set('helper', `Connections are not reported: the helper ${why}; it is started again`);
    this.#timer = setTimeout(() => {
      this.start();
      this.#parts.problems.clear('helper');
    }, wait);
  }
}
