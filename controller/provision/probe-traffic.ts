import type { LabelledReport } from '@bulkhead/flows/edge.ts';
import type { ProbeCell, ProbeResult } from '@bulkhead/wire/messages.ts';

/** Milliseconds: hosts' clocks differ, and what is silent is tried again for a while. */
const tolerance = 60_000;
/** Cells remembered, the oldest go first. */
const mostRemembered = 20_000;

/** One attempt was ordered, and each end may report it once. */
type Order = { readonly from: number; readonly until: number; readonly outstanding: Set<'inbound' | 'outbound'> };

/**
 * Denied attempts that this controller ordered as probes are evidence, and no traffic of anybody. Each order takes one
 * attempt off what each end reports of exactly that cell around that time, so that whoever tries the same besides is
 * still seen.
 */
export class ProbeTraffic {
  readonly #orders = new Map<string, Order>();

  ordered(
    workload: string,
    cells: readonly ProbeCell[],
    { at, lasts }: { readonly at: number; readonly lasts: number },
  ) {
    for (const cell of cells) {
      const key = keyOf(workload, cell);
      this.#orders.delete(key);
      const outstanding = new Set(['inbound', 'outbound'] as const);
      this.#orders.set(key, { from: at - tolerance, until: at + lasts + tolerance, outstanding });
    }
    for (const key of this.#orders.keys()) {
      if (this.#orders.size <= mostRemembered) return;
      this.#orders.delete(key);
    }
  }

  /** What was never sent, or passed, is in no report of a denial. */
  answered(workload: string, results: readonly ProbeResult[]): void {
    for (const result of results) {
      if (result.outcome !== 'denied' && result.outcome !== 'silent') this.#orders.delete(keyOf(workload, result));
    }
  }

  /** The report without the probe in it; null: it was nothing else. */
  without(row: LabelledReport): LabelledReport | null {
    const { from, report } = row;
    if (report.effective !== 'deny' || from.kind !== 'workload') return row;
    const address = report.direction === 'outbound' ? report.peer : report.local;
    const order = this.#orders.get(keyOf(from.name, { address, service: report.service }));
    if (order === undefined || report.first < order.from || report.last > order.until) return row;
    if (!order.outstanding.delete(report.direction)) return row;
    return report.count <= 1 ? null : { ...row, report: { ...report, count: report.count - 1 } };
  }
}

const keyOf = (workload: string, { address, service }: ProbeCell): string => `${workload} ${address} ${service}`;
