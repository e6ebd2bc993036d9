import type { BackEnd } from '@bulkhead/enforce/back-end.ts';
import { flowText, type StuckFlow } from '@bulkhead/sensors/nflog/stuck-flows.ts';
import type { Problems } from './problems.ts';

export type ForeignDropsParts = {
  readonly kernel: Pick<BackEnd, 'whoDrops'>;
  readonly problems: Problems;
  readonly clock: () => number;
  /** Tables of the older iptables, which cannot be traced; empty: there are none. */
  readonly olderTables: () => readonly string[];
};

/** A stuck flow sends its first packet again after one, two, four, eight seconds. */
const traceMilliseconds = 9000;
/** Tracing is told rule by rule, so one flow stands for many. */
const restMilliseconds = 10_000;
/** What was named is left standing so long after it was last seen. */
const overAfter = 600_000;
const mostNamed = 8;

/** Names who drops what our rules allow: looked for only when a flow is stuck, and one at a time. */
export class ForeignDrops {
  readonly #parts: ForeignDropsParts;
  readonly #named = new Map<string, number>();
  #restUntil = 0;
  #looking = false;

  constructor(parts: ForeignDropsParts) {
    this.#parts = parts;
  }

  async found(flow: StuckFlow): Promise<void> {
    const { kernel, clock } = this.#parts;
    if (this.#looking || clock() < this.#restUntil) return;
    this.#looking = true;
    const traced = await kernel.whoDrops(flow, traceMilliseconds);
    this.#looking = false;
    this.#restUntil = clock() + restMilliseconds;
    if (traced.kind === 'done') this.#name(flow, traced.value ?? this.#older());
  }

  /** What nobody has seen for a while is over. */
  tidy(): void {
    for (const [code, at] of this.#named) {
      if (this.#parts.clock() - at < overAfter) continue;
      this.#named.delete(code);
      this.#parts.problems.clear(code);
    }
  }

  #name(flow: StuckFlow, dropper: string | null): void {
    if (dropper === null) return;
    const code = `foreign-drop ${dropper}`;
    if (this.#named.size >= mostNamed && !this.#named.has(code)) return;
    this.#named.set(code, this.#parts.clock());
    const allowed = flow.rule === null ? 'passes our rules' : `rule ${flow.rule} allows`;
    this.#parts.problems.set(code, `Another firewall drops what ${allowed}: ${flowText(flow)}, by ${dropper}`);
  }

  #older(): string | null {
    const tables = this.#parts.olderTables();
    return tables.length === 0 ? null : `what cannot be traced, the older iptables with its table ${tables.join(', ')}`;
  }
}
