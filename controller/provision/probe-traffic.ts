import type { LabelledReport } from '@bulkhead/flows/edge.ts';
import type { ProbeCell } from '@bulkhead/wire/messages.ts';

/** Milliseconds: hosts' clocks differ, and a refused packet is sent again for a while. */
const tolerance = 60_000;
/** Cells remembered; each is two lines of a host's round. */
const mostRemembered = 20_000;

type Span = { readonly from: number; readonly until: number };

/**
 * Which denied attempts are probes that this controller ordered: they are evidence, and no traffic of anybody. Only
 * exactly what was ordered, only where it was denied, and only around the time of the order, so nobody's own attempt
 * is taken for one but by the host that was told to make the same.
 */
export class ProbeTraffic {
  readonly #spans = new Map<string, Span>();

  ordered(
    workload: string,
    cells: readonly ProbeCell[],
    { at, lasts }: { readonly at: number; readonly lasts: number },
  ) {
    for (const { address, service } of cells) {
      const key = `${workload} ${address} ${service}`;
      this.#spans.delete(key);
      this.#spans.set(key, { from: at - tolerance, until: at + lasts + tolerance });
    }
    for (const key of this.#spans.keys()) {
      if (this.#spans.size <= mostRemembered) return;
      this.#spans.delete(key);
    }
  }

  isProbe({ from, report }: LabelledReport): boolean {
    if (report.effective !== 'deny' || from.kind !== 'workload') return false;
    const address = report.direction === 'outbound' ? report.peer : report.local;
    const span = this.#spans.get(`${from.name} ${address} ${report.service}`);
    return span !== undefined && span.from <= report.first && report.last <= span.until;
  }
}
