import type { Depth } from '@bulkhead/enforce/back-end.ts';

/** Milliseconds: programs make several changes in a row. */
const settling = 100;
/** After a look, so many times as long as it took nobody looks because of a change; at least a second. */
const rest = 10;
const leastRest = 1000;

export type ChangeWatchParts = {
  /** We are changing the rules ourselves; whoever does that looks at everything afterwards. */
  readonly busy: () => boolean;
  /** True: somebody had changed our rules. */
  readonly look: (depth: Depth) => Promise<boolean>;
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
  /** Something changed that nobody has looked at since. */
  #dirty = false;
  #depth: Depth = 'structure';
  #stopped = false;

  constructor(parts: ChangeWatchParts) {
    this.#parts = parts;
  }

  changed(): void {
    // Somebody else's change may hide behind ours: the structure is seen once more, which is cheap.
    if (!this.#parts.busy()) this.#depth = 'everything';
    this.#dirty = true;
    this.#plan();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #plan(): void {
    if (!this.#dirty || this.#timer !== undefined || this.#stopped) return;
    const wait = Math.max(settling, this.#restUntil - this.#parts.clock());
    this.#timer = setTimeout(() => void this.#look(), wait);
  }

  async #look(): Promise<void> {
    const { look, clock } = this.#parts;
    const started = clock();
    const depth = this.#depth;
    [this.#dirty, this.#depth] = [false, 'structure'];
    const found = await look(depth);
    this.#timer = undefined;
    const took = clock() - started;
    // Who takes our rules away will do it again: then a rest is time without them.
    this.#restUntil = clock() + (found ? took : Math.max(leastRest, rest * took));
    this.#plan();
  }
}
