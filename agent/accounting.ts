import type { Change, DecisionCount } from '@bulkhead/enforce/back-end.ts';
import { readFileIfPresent, replaceFile } from './atomic-file.ts';

/**
 * `base`: what counters that are gone had counted. `last`: each counter when it was last read. `received`: also what
 * came to no batch of its own, as repetitions do not.
 */
type Stored = {
  readonly base: number;
  readonly last: Readonly<Record<string, number>>;
  readonly lost: number;
  readonly received: number;
};

/**
 * Loss as a number: what the kernel's counters say was logged, less the records that arrived. Both go on over changes
 * of the ruleset, wiped tables and restarts of the agent, so what was missed while it was dead is counted when it is back.
 *
 * Records are on their way for a moment, so a reading of the counters is compared with what has arrived a moment later:
 * whatever is missing then was lost. Records of that very moment may hide a loss until the next quiet one, so `lost`
 * can be late under steady traffic, but it is never too high and never goes down.
 */
export class Accounting {
  readonly #path: string;
  #base: number;
  #last: Map<string, number>;
  #lost: number;
  #isFirst: boolean;
  /** Log records received up to the last save. */
  readonly received: number;

  constructor(path: string) {
    const stored = parse(readFileIfPresent(path));
    this.#path = path;
    this.#base = stored?.base ?? 0;
    this.#last = new Map(Object.entries(stored?.last ?? {}));
    this.#lost = stored?.lost ?? 0;
    this.#isFirst = stored === null;
    this.received = stored?.received ?? 0;
  }

  /** Records the kernel was asked to write, since the first reading. */
  get counted(): number {
    return [...this.#last.values()].reduce((sum, value) => sum + value, this.#base);
  }
  get lost(): number {
    return this.#lost;
  }

  read(counts: readonly DecisionCount[]): void {
    // What a table had counted before we knew it was not ours to receive.
    if (this.#isFirst) this.#base = 0 - counts.reduce((sum, { packets }) => sum + packets, 0);
    this.#isFirst = false;
    const now = new Map(counts.map(({ name, packets }) => [name, packets]));
    // A counter that went back or away began anew: what it had counted still counts.
    for (const [name, value] of this.#last) if ((now.get(name) ?? -1) < value) this.#base += value;
    this.#last = now;
  }

  retired({ retired }: Change): void {
    for (const { name, packets } of retired) {
      this.#base += Math.max(packets, this.#last.get(name) ?? 0);
      this.#last.delete(name);
    }
  }

  wiped(): void {
    this.#base = this.counted;
    this.#last.clear();
  }

  /** `counted` as it was a moment ago, `received` as it is now. */
  settle(counted: number, received: number): void {
    this.#lost = Math.max(this.#lost, counted - received);
  }

  /** `received` must all be in the spool. Throws on a full disk. */
  save(received: number): void {
    const stored: Stored = { base: this.#base, last: Object.fromEntries(this.#last), lost: this.#lost, received };
    replaceFile(this.#path, `${JSON.stringify(stored)}\n`);
  }
}

/** Null when there is none or it is damaged: then counting starts from what the counters say now. */
function parse(text: string | null): Stored | null {
  if (text === null) return null;
  try {
    const { base, last, lost, received } = JSON.parse(text) as Partial<Stored>;
    if (typeof last !== 'object' || last === null) return null;
    if (![base, lost, received, ...Object.values(last)].every(Number.isSafeInteger)) return null;
    return { base, last, lost, received } as Stored;
  } catch {
    return null;
  }
}
