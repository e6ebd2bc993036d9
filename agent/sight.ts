import type { Depth, Glance } from '@bulkhead/enforce/back-end.ts';
import type { ProofDepth, ProofOutcome, ProofSlice } from '@bulkhead/wire/proof.ts';

/** What was last seen of the kernel; `at` in milliseconds since the epoch. */
export type Seen = {
  readonly at: number;
  readonly outcome: ProofOutcome;
  readonly reason: string | null;
  readonly depth: ProofDepth;
  readonly slice: ProofSlice | null;
  readonly turn: number;
  readonly epoch: number | null;
};

const nothingSeen: Seen = {
  at: 0,
  outcome: 'unread',
  reason: 'nothing was read yet',
  depth: 'nothing',
  slice: null,
  turn: 0,
  epoch: null,
};

/** Remembers how the kernel was last read and what came of it: what a statement says of it is said from here. */
export class Sight {
  readonly #clock: () => number;
  #seen = nothingSeen;
  #turn = 0;
  #whole: number | null = null;
  #applied: { readonly generation: number; readonly at: number } | null = null;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  get seen(): Seen {
    return this.#seen;
  }
  /** When everything was last read and equal. */
  get whole(): number | null {
    return this.#whole;
  }
  /** The counter that the next look's slice follows from. */
  get turn(): number {
    return this.#turn;
  }

  /** When the kernel took that generation; null: before this agent was started. */
  appliedAt(generation: number): number | null {
    return this.#applied?.generation === generation ? this.#applied.at : null;
  }

  applied(generation: number): void {
    this.#applied = { generation, at: this.#clock() };
    this.#whole = null;
  }

  /** A listing by the back end itself. `why` null: it was equal. */
  listed(depth: Depth, outcome: ProofOutcome, why: string | null): void {
    const at = this.#clock();
    if (depth === 'everything') this.#whole = outcome === 'holds' ? at : null;
    // A listing without elements says less than the look before it, unless it found something.
    if (depth === 'structure' && outcome === 'holds' && this.#seen.outcome === 'holds') return;
    const reason = why === null ? null : why.slice(0, 1000);
    this.#seen = { at, outcome, reason, depth, slice: null, turn: this.#turn, epoch: null };
  }

  /** Without a way to look at less than everything. */
  structure(): void {
    this.#seen = { ...nothingSeen, at: this.#clock(), outcome: 'holds', reason: null, depth: 'structure' };
  }

  /** A look that found nothing wrong. */
  glanced({ epoch, untouched, slice }: Glance): void {
    const depth = untouched ? 'everything' : 'slice';
    this.#seen = { at: this.#clock(), outcome: 'holds', reason: null, depth, slice, turn: this.#turn, epoch };
    this.#turn++;
  }
}
