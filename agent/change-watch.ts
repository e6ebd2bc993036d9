/** Milliseconds: programs make several changes in a row. */
const settling = 100;
/** After a look, so many times as long as it took nobody looks because of a change; at least a second. */
const rest = 10;
const leastRest = 1000;

export type ChangeWatchParts = {
  /** Our own changes are looked at by who makes them. */
  readonly busy: () => boolean;
  readonly look: () => Promise<void>;
  readonly clock: () => number;
};

/**
 * Somebody changed firewall rules on this host, perhaps ours: looks at once, and in a host where rules change all the
 * time no more often than it can afford. What it misses the regular looks find.
 */
export class ChangeWatch {
  readonly #parts: ChangeWatchParts;
  #timer: NodeJS.Timeout | undefined;
  #restUntil = 0;

  constructor(parts: ChangeWatchParts) {
    this.#parts = parts;
  }

  changed(): void {
    if (this.#timer !== undefined || this.#parts.busy()) return;
    const wait = Math.max(settling, this.#restUntil - this.#parts.clock());
    this.#timer = setTimeout(() => void this.#look(), wait);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const { look, clock } = this.#parts;
    const started = clock();
    await look();
    this.#timer = undefined;
    this.#restUntil = clock() + Math.max(leastRest, rest * (clock() - started));
  }
}
