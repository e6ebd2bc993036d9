import { setTimeout as delay } from 'node:timers/promises';
import type { HeldNumbers } from '../back-end.ts';
import { type Epochs, formatHeld, type HeldTable } from './held-table.ts';

/** Longer than any change is tried out, milliseconds: whoever forgets to settle stops nobody for ever. */
const longestTrial = 120_000;
/** A watchdog outside of this process takes a change back without a word to us. */
const lookAgain = 1000;

type Kept = { readonly place: number; readonly says: string; readonly since: number; readonly over: Promise<void> };

/** What every back end of one table shares in this process. */
export class SharedTable {
  /** What the table said when it was last seen. */
  remembered: HeldTable | null = null;
  /** Stamps were to be cleared before a change and could not be. */
  sweepOwed = false;
  #lastEpoch: number | null = null;
  #queue: Promise<unknown> = Promise.resolve();
  /** That have not begun, by what they read. */
  readonly #readings = new Map<string, Promise<unknown>>();
  #kept: (Kept & { readonly end: () => void }) | null = null;

  /** One run after another: what a run reads is what its script changes. */
  inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(task);
    this.#queue = turn.catch(() => {});
    return turn;
  }

  /**
   * In turn, and once for all who ask until it begins: whoever looks at many places reads the table once. Nobody is
   * answered with what was read before he asked.
   */
  readOnce<T>(what: string, read: () => Promise<T>): Promise<T> {
    const waiting = this.#readings.get(what) as Promise<T> | undefined;
    if (waiting !== undefined) return waiting;
    const reading = this.inTurn(() => {
      this.#readings.delete(what);
      return read();
    });
    this.#readings.set(what, reading);
    return reading;
  }

  /**
   * In turn, and not while a change of another place may be taken back: to undo it is to put back what all places share.
   * `look` reads the table anew into `remembered`.
   */
  async whenSettled<T>(place: number, look: () => Promise<unknown>, task: () => Promise<T>): Promise<T> {
    for (;;) {
      const tried = await this.inTurn(async () => {
        const blocked = await this.#keptByOther(place, look);
        return blocked === null ? { value: await task() } : blocked;
      });
      if ('value' in tried) return tried.value;
      await Promise.race([tried.over, delay(lookAgain)]);
    }
  }

  async #keptByOther(place: number, look: () => Promise<unknown>): Promise<Kept | null> {
    const kept = this.#kept;
    if (kept === null || kept.place === place) return null;
    await look();
    const numbers = this.remembered?.places.get(kept.place);
    const gone = numbers === undefined || formatHeld(kept.place, numbers) !== kept.says;
    if (!gone && performance.now() - kept.since < longestTrial) return kept;
    kept.end();
    return null;
  }

  /** What the last change of this place found stays beside it until `settled`. */
  keep(place: number, numbers: HeldNumbers): void {
    this.#kept?.end();
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = () => {
      if (this.#kept?.over === promise) this.#kept = null;
      resolve();
    };
    this.#kept = { place, says: formatHeld(place, numbers), since: performance.now(), over: promise, end };
  }

  settled(place: number): void {
    if (this.#kept?.place === place) this.#kept.end();
  }

  /** After a change of ours. */
  changed(held: HeldTable): void {
    this.remembered = held;
    this.#lastEpoch = held.epoch;
  }

  epochs(markMask: number): Epochs {
    return { markMask, last: this.#lastEpoch };
  }
}

const tables = new Map<string, SharedTable>();

/** `key`: the namespace, by what leads to it, and the table's name. */
export function sharedTable(...key: readonly string[]): SharedTable {
  const text = JSON.stringify(key);
  const known = tables.get(text) ?? new SharedTable();
  tables.set(text, known);
  return known;
}
