import type { Depth } from '@bulkhead/enforce/back-end.ts';

/** Milliseconds: programs make several changes in a row. */
const settling = 100;
/**
 * Somebody else's change may hide behind one of ours. Whoever makes ours looks at everything afterwards, so the structure
 * is seen once more, which is cheap, and when the other hosts that change with this one have done so too.
 */
const afterOurs = 1000;
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
  #looking = false;

  constructor(parts: ChangeWatchParts) {
    this.#parts = parts;
  }

  changed(): void {
    if (!this.#parts.busy() && this.#depth === 'structure') {
      this.#depth = 'everything';
      this.#replan();
    }
    this.#dirty = true;
    this.#plan();
  }

  #replan(): void {
    if (this.#looking) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #plan(): void {
    if (!this.#dirty || this.#timer !== undefined || this.#stopped) return;
    const least = this.#depth === 'everything' ? settling : afterOurs;
    const wait = Math.max(least, this.#restUntil - this.#parts.clock());
    this.#timer = setTimeout(() => void this.#look(), wait);
  }

  async #look(): Promise<void> {
    const { look, clock } = this.#parts;
    const started = clock();
    this.#looking = true;
    const depth = this.#depth;
    [this.#dirty, this.#depth] = [false, 'structure'];
    const found = await look(depth);
    this.#timer = undefined;
    this.#looking = false;
    const took = clock() - started;
    // Who takes our rules away will do it again: then a rest is time without them.
    this.#restUntil = clock() + (found ? took : Math.max(leastRest, rest * took));
    this.#plan();
  }
}
