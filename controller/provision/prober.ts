import type { LabelledReport } from '@bulkhead/flows/edge.ts';
import {
  type ProbeCell,
  type Probed,
  type ProbeOutcome,
  type ProbeResult,
  probeLimit,
  probing,
} from '@bulkhead/wire/messages.ts';
import type { Hosts } from '../agents/hosts.ts';
import { ProbeTraffic } from './probe-traffic.ts';

export type ProbeAnswer =
  | { readonly kind: 'probed'; readonly at: number; readonly results: readonly ProbeResult[] }
  /** `unable`: an agent from before there were probes. */
  | { readonly kind: 'away' | 'unable' | 'timeout' };

/** What an outcome says of the packets: whether they pass. Null: nothing. */
export function saysOpen(outcome: ProbeOutcome): boolean | null {
  switch (outcome) {
    case 'connected':
    case 'refused':
      return true;
    case 'denied':
    case 'silent':
      return false;
    case 'sent':
    case 'unreachable':
    case 'skipped':
      return null;
  }
}

type Waiting = { readonly workload: string; readonly resolve: (probed: Probed) => void };

/** Has hosts try cells with real packets, and waits for what they say. It judges nothing and changes nothing. */
export class Prober {
  readonly #hosts: Pick<Hosts, 'link' | 'status'>;
  readonly #clock: () => number;
  readonly #traffic = new ProbeTraffic();
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  constructor(hosts: Pick<Hosts, 'link' | 'status'>, clock: () => number) {
    this.#hosts = hosts;
    this.#clock = clock;
  }

  isAble(workload: string): boolean {
    return this.#hosts.status(workload).capabilities?.covers?.includes(probing) === true;
  }

  /** At most `probeLimit` cells; those beyond are not tried. */
  async probe(workload: string, cells: readonly ProbeCell[], milliseconds: number): Promise<ProbeAnswer> {
    const link = this.#hosts.link(workload);
    if (link === null) return { kind: 'away' };
    if (!this.isAble(workload)) return { kind: 'unable' };
    const id = ++this.#last;
    const answered = new Promise<Probed | null>((resolve) => {
      const timer = setTimeout(() => resolve(null), milliseconds);
      const done = (probed: Probed) => {
        clearTimeout(timer);
        resolve(probed);
      };
      this.#waiting.set(id, { workload, resolve: done });
    });
    const asked = cells.slice(0, probeLimit);
    this.#traffic.ordered(workload, asked, { at: this.#clock(), lasts: milliseconds });
    link.send({ kind: 'probe', probe: { id, cells: asked } });
    const probed = await answered;
    this.#waiting.delete(id);
    return probed === null ? { kind: 'timeout' } : { kind: 'probed', at: this.#clock(), results: probed.results };
  }

  /** What a host reports, without the attempts that were ordered here; null: it was nothing else. */
  withoutProbes(row: LabelledReport): LabelledReport | null {
    return this.#traffic.without(row);
  }

  /** An answer that nobody waits for, or that speaks for another host, is nothing. */
  probed(workload: string, probed: Probed): void {
    const waiting = this.#waiting.get(probed.id);
    if (waiting?.workload !== workload) return;
    this.#traffic.answered(workload, probed.results);
    waiting.resolve(probed);
  }
}
