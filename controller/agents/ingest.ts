import type { LabelledReport } from '@bulkhead/flows/edge.ts';
import { labelReport } from '@bulkhead/flows/label-report.ts';
import type { LiveEdges } from '@bulkhead/flows/live-edges.ts';
import type { ConnectionReport } from '@bulkhead/model/connection.ts';
import type { FlowBatch } from '@bulkhead/wire/messages.ts';
import type { Estate } from '../estate/estate.ts';
import type { History } from '../history/types.ts';
import type { ReportFeed } from '../provision/flow-watch.ts';
import type { Prober } from '../provision/prober.ts';
import type { Disk } from './disk.ts';
import type { Hosts } from './hosts.ts';
import type { Refusal } from './refusals.ts';

export type IngestParts = {
  readonly estate: Estate;
  readonly hosts: Hosts;
  readonly live: LiveEdges;
  readonly history: History;
  readonly disk: Disk;
  readonly clock: () => number;
  /** Whoever watches what hosts report. */
  readonly reports: Pick<ReportFeed, 'emit'>;
  readonly prober: Pick<Prober, 'withoutProbes'>;
};

/** Hosts' clocks differ by less than this where time is kept at all; milliseconds. */
const clockTolerance = 5 * 60_000;

/**
 * Flow batches of all agents. The live view takes a batch at once, the agent's acknowledgement waits for the disk:
 * what was acknowledged is never lost, and a full disk stops neither the view nor the hosts.
 */
export class Ingest {
  readonly #parts: IngestParts;
  /** Highest sequence already in the live view, per stream: a batch that is sent again is not counted again. */
  readonly #shown = new Map<string, number>();

  constructor(parts: IngestParts) {
    this.#parts = parts;
  }

  /** Starts a session; the highest sequence number that is durable. */
  async begin(workload: string): Promise<number | Refusal> {
    const last = await this.#parts.history.lastSequence(this.#stream(workload));
    if (typeof last !== 'number') return this.#failed(last);
    const stream = this.#stream(workload);
    this.#shown.set(stream, Math.max(this.#shown.get(stream) ?? 0, last));
    return last;
  }

  /** Resolves once the batch is durable. */
  async add(workload: string, batch: FlowBatch): Promise<Refusal | null> {
    const { hosts, history, live, clock, prober } = this.#parts;
    const stream = this.#stream(workload);
    const labelled = this.#label(workload, batch.reports);
    const rows = labelled.flatMap((row) => prober.withoutProbes(row) ?? []);
    const shown = this.#shown.get(stream) ?? 0;
    if (batch.sequence > shown) {
      this.#shown.set(stream, batch.sequence);
      for (const row of rows) live.add(row, clock());
      this.#parts.reports.emit(rows);
      hosts.count(workload, {
        batches: 1,
        reports: rows.length,
        probes: labelled.length - rows.length,
        missing: batch.sequence - shown - 1,
      });
    }
    const stored = await history.append(stream, batch.sequence, rows);
    if (typeof stored !== 'string') return this.#failed(stored);
    this.#parts.disk.worked('history');
    if (stored === 'duplicate') hosts.count(workload, { duplicates: 1 });
    return null;
  }

  #label(workload: string, reports: readonly ConnectionReport[]): LabelledReport[] {
    const { estate, hosts, clock } = this.#parts;
    const latest = clock() + clockTolerance;
    const rows: LabelledReport[] = [];
    let [foreign, early] = [0, 0];
    for (const report of reports) {
      if (report.last > latest) early++;
      const timed = report.last > latest ? atNow(report, clock()) : report;
      const guest = estate.guestAt(workload, timed.local);
      const owner = estate.book.ownerAt(timed.network, timed.local, timed.last);
      if (guest !== null) rows.push(labelReport(estate.book, guest.name, this.#seenFrom(guest.network, timed)));
      else if (owner.kind === 'workload' && owner.name !== workload) foreign++;
      else rows.push(labelReport(estate.book, workload, timed));
    }
    if (foreign + early > 0) hosts.count(workload, { foreign, early });
    return rows;
  }

  /** A guest in a network of its own talks to others in it, and to everybody else by way of its host. */
  #seenFrom(network: string, report: ConnectionReport): ConnectionReport {
    const peer = this.#parts.estate.book.ownerAt(network, report.peer, report.last);
    return peer.kind === 'workload' ? { ...report, network } : report;
  }

  /** A host that took over a name starts its own numbering, so it is a stream of its own. */
  #stream(workload: string): string {
    return `${workload}~${this.#parts.estate.get(workload)?.enrolment ?? 0}`;
  }

  #failed(failure: { readonly code: string; readonly message: string }): Refusal {
    this.#parts.disk.failed('history', failure);
    return { code: failure.code, message: failure.message };
  }
}

function atNow(report: ConnectionReport, now: number): ConnectionReport {
  return { ...report, first: Math.min(report.first, now), last: now };
}
