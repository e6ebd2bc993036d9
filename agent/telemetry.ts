import { Attempts, type AttemptsOptions } from '@bulkhead/sensors/nflog/attempts.ts';
import { type HelperStats, RecordDecoder } from '@bulkhead/sensors/nflog/record.ts';
import { type StuckFlow, StuckFlows } from '@bulkhead/sensors/nflog/stuck-flows.ts';
import type { ListenerTable } from '@bulkhead/sensors/procfs/listener-table.ts';
import { encodeFlowBatch, rowLimit } from '@bulkhead/wire/flow-batch.ts';
import { backoff } from './backoff.ts';
import { nameListener } from './name-listener.ts';
import type { Privileged, RunningHelper } from './privileged.ts';
import type { Problems } from './problems.ts';
import type { Spool } from './spool.ts';

export type TelemetryParts = {
  readonly privileged: Pick<Privileged, 'startHelper'>;
  readonly attempts: AttemptsOptions;
  readonly listeners: () => ListenerTable;
  readonly spool: Spool;
  /** Log records received before this process. */
  readonly received: number;
  readonly problems: Problems;
  /** Somebody changed the firewall's rules, perhaps we; the programs, empty where the kernel does not name one. */
  readonly rulesChanged: (by: readonly string[]) => void;
  /** A flow that our rules allow does not get through this host. */
  readonly stuck: (flow: StuckFlow) => void;
  readonly random: () => number;
};

/** Keeps the helper running, and turns what it reads into numbered batches in the spool, one per window. */
export class Telemetry {
  readonly #parts: TelemetryParts;
  readonly #attempts: Attempts;
  readonly #stuck = new StuckFlows();
  #helper: RunningHelper | null = null;
  #failures = 0;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;
  /** Records of ours that found no room in a window. */
  #overflow = 0;

  constructor(parts: TelemetryParts) {
    this.#parts = parts;
    this.#attempts = new Attempts(parts.attempts);
  }

  /** Log records that came to be reports, in the life of the spool. */
  get received(): number {
    return this.#parts.received + this.#attempts.received - this.#overflow;
  }
  get helperPid(): number | null {
    return this.#helper?.pid ?? null;
  }

  start(): void {
    const decoder = new RecordDecoder();
    const helper = this.#parts.privileged.startHelper({
      bytes: (bytes) => {
        this.#take(decoder, bytes);
        if (decoder.broken) helper.stop();
      },
      complaint: (text) => this.#parts.problems.set('helper-complaint', `The helper says: ${text}`),
      ended: (why) => this.#ended(why),
    });
    this.#helper = helper;
  }

  /** Ends the window: what was seen becomes batches on disk. True when there were any. */
  closeWindow(): boolean {
    const { spool, listeners, problems } = this.#parts;
    const window = this.#attempts.take();
    this.#overflow += window.overflow;
    if (window.overflow > 0) {
      problems.set(
        'window-overflow',
        `${this.#overflow} log records found no room: too many different connections at once`,
      );
    }
    const reports = window.reports.map((report) => nameListener(report, listeners()));
    for (let start = 0; start < reports.length; start += rowLimit) {
      const rows = reports.slice(start, start + rowLimit);
      spool.append(encodeFlowBatch({ sequence: spool.nextSequence, reports: rows }), this.received);
    }
    return reports.length > 0;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.closeWindow();
    this.#helper?.stop();
  }

  #take(decoder: RecordDecoder, bytes: Uint8Array): void {
    const { records, stats, listening, changes } = decoder.push(bytes);
    for (const record of records) {
      this.#attempts.add(record);
      const stuck = this.#stuck.add(record);
      if (stuck !== null) this.#parts.stuck(stuck);
    }
    if (stats !== null) this.#note(stats);
    if (changes.length > 0) this.#parts.rulesChanged(changes);
    if (listening === null) return;
    this.#failures = 0;
    for (const code of ['helper', 'helper-complaint']) this.#parts.problems.clear(code);
  }

  #note({ overruns, gaps, malformed }: HelperStats): void {
    if (overruns + gaps + malformed === 0) return;
    const what = `${gaps} packets missing in ${overruns} overruns, ${malformed} not readable`;
    this.#parts.problems.set('helper-loss', `The kernel's log came incomplete since the helper started: ${what}`);
  }

  #ended(why: string): void {
    this.#helper = null;
    if (this.#stopped) return;
    const wait = backoff(this.#failures++, this.#parts.random);
    this.#parts.problems.set('helper', `Connections are not reported: the helper ${why}; it is started again`);
    this.#timer = setTimeout(() => this.start(), wait);
  }
}
