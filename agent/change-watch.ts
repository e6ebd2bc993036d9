import type { Depth } from '@bulkhead/enforce/back-end.ts';

/** Milliseconds: programs make several changes in a row. */
const settling = 100;
/**
 * Somebody else's change may hide behind one of ours. Whoever makes ours looks at everything afterwards, so where that is
 * dear only the structure is seen once more, and the regular look finds the rest.
 */
const afterOurs = 300;
/** A look at everything that took no longer is not dear. */
const cheap = 100;
/**
 * After a look, so many times as long as it took nobody looks because of a change. The least rest leaves time, within the
 * second in which rules are to be back, for a look and a load.
 */
const rest = 10;
const leastRest = 300;
/** Programs that are named as having changed something between two looks. */
const mostNames = 5;

export type ChangeWatchParts = {
  /** We are changing the rules ourselves; whoever does that looks at everything afterwards. */
  readonly busy: () => boolean;
  /** True: somebody had changed our rules. */
  readonly look: (depth: Depth, by: readonly string[]) => Promise<boolean>;
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
  /** How long the last look at everything took. */
  #everything = 0;
  /** Programs that changed rules while we did not. */
  readonly #by = new Set<string>();
  #stopped = false;
  #looking = false;

  constructor(parts: ChangeWatchParts) {
    this.#parts = parts;
  }

  /** Programs that changed rules since the last look, for whoever looks before this does. */
  get by(): readonly string[] {
    return [...this.#by];
  }

  /** `by`: programs, as far as the kernel names them. */
  changed(by: readonly string[]): void {
    if (!this.#parts.busy()) for (const name of by) if (name !== '' && this.#by.size < mostNames) this.#by.add(name);
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
    const depth = this.#everything <= cheap ? 'everything' : this.#depth;
    [this.#dirty, this.#depth] = [false, 'structure'];
    const by = [...this.#by];
    this.#by.clear();
    const found = await look(depth, by);
    this.#timer = undefined;
    this.#looking = false;
    const took = clock() - started;
    // What was put back took longer than a look.
    if (depth === 'everything' && !found) this.#everything = took;
    // Who takes our rules away will do it again: then a rest is time without them.
    this.#restUntil = clock() + (found ? took : Math.max(leastRest, rest * took));
    this.#plan();
  }
}
