import { type HostNumbers, nextNumbers } from './host-numbers.ts';
import type { Meant } from './meant.ts';

/**
 * Milliseconds between two revisions of one host. Each has every live connection of the host judged again, and changes
 * that come in a row are as well served by one.
 */
export const revisionInterval = 1000;

export type Asked = {
  readonly before: Pick<Meant, 'numbers' | 'owed'>;
  readonly hash: string;
  /** Live connections are to be judged by it. */
  readonly judges: boolean;
  readonly isUrgent: boolean;
};

/** `owed`: numbers for the same content with a new revision, to follow when the interval is over. */
export type Given = { readonly numbers: HostNumbers; readonly owed: HostNumbers | null };

/**
 * When a change comes too soon after the last revision, new connections are judged by it at once and live ones a moment
 * later. INVARIANT: what is owed has a generation of its own, stored with the change: whoever is started again in between
 * finds a host that is behind, and sends it.
 */
export class RevisionPace {
  readonly #clock: () => number;
  readonly #given = new Map<string, number>();
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  next(workload: string, { before, hash, judges, isUrgent }: Asked): Given {
    const { revision } = before.numbers;
    const now = { ...(before.owed ?? before.numbers), revision };
    const numbers = nextNumbers(now, hash, judges);
    if (!judges) return { numbers, owed: null };
    // The first ruleset of a host is none of several in a row.
    if (revision === 0) return { numbers, owed: null };
    if (isUrgent || this.#wait(workload) <= 0) {
      this.given(workload);
      return { numbers, owed: null };
    }
    return { numbers: nextNumbers(now, hash, false), owed: { ...numbers, generation: numbers.generation + 1 } };
  }

  /** A revision was given out now; what was to follow has. */
  given(workload: string): void {
    this.#given.set(workload, this.#clock());
    clearTimeout(this.#timers.get(workload));
    this.#timers.delete(workload);
  }

  later(workload: string, pay: () => void): void {
    if (this.#timers.has(workload)) return;
    const timer = setTimeout(() => {
      this.#timers.delete(workload);
      pay();
    }, this.#wait(workload));
    this.#timers.set(workload, timer);
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #wait(workload: string): number {
    const last = this.#given.get(workload);
    return last === undefined ? 0 : last + revisionInterval - this.#clock();
  }
}
