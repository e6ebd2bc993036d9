import { type Edge, edgeKey, type Lab } from './lab-file.ts';

/** What one declared edge did since the last reset. Failures are attempts without success, whoever is to blame. */
export type EdgeTraffic = {
  readonly from: string;
  readonly to: string;
  readonly service: string;
  readonly trigger: string | null;
  readonly counted: boolean;
  readonly attempts: number;
  readonly successes: number;
  readonly failures: number;
  readonly lastError: string | null;
};

type Count = { successes: number; failures: number; lastError: string | null };

/** Adds up `edge FROM TO SERVICE OUTCOME` lines. `ok`, and `--` (haproxy: nothing went wrong), are successes. */
export class TrafficCount {
  readonly #edges: readonly Edge[];
  #counts = new Map<string, Count>();

  constructor(lab: Lab) {
    this.#edges = lab.edges;
  }

  /** Lines that are none, or name an edge that was never declared, are not counted: a log holds other things too. */
  take(text: string): void {
    for (const line of text.split('\n')) {
      const [mark, from, to, service, outcome] = line.trim().split(' ');
      if (mark !== 'edge' || from === undefined || to === undefined || outcome === undefined) continue;
      const key = edgeKey({ from, to, service: service ?? '' });
      const count = this.#counts.get(key) ?? { successes: 0, failures: 0, lastError: null };
      if (outcome === 'ok' || outcome === '--') count.successes++;
      else Object.assign(count, { failures: count.failures + 1, lastError: outcome });
      this.#counts.set(key, count);
    }
  }

  reset(): void {
    this.#counts = new Map();
  }

  edges(): EdgeTraffic[] {
    return this.#edges.map((edge) => {
      const count = this.#counts.get(edgeKey(edge)) ?? { successes: 0, failures: 0, lastError: null };
      const { from, to, service, trigger, counted } = edge;
      return { from, to, service, trigger, counted, attempts: count.successes + count.failures, ...count };
    });
  }
}
