import type { StoredBatch } from './flow-store.ts';
import { storeFailure } from './store-failure.ts';
import type { HistoryFailure } from './types.ts';

export type AppendOutcome = 'stored' | 'duplicate' | HistoryFailure;
type Waiting = { readonly batch: StoredBatch; readonly settle: (outcome: AppendOutcome) => void };

/** Milliseconds between the starts of two transactions: batches that come in between share the next one. */
export const commitInterval = 100;
/** Rows of one transaction: bounds the memory a commit needs. */
export const commitRows = 20_000;

export type GroupCommitParts = {
  readonly append: (batches: readonly StoredBatch[]) => Promise<void>;
  /** Highest stored sequence per agent at the start. */
  readonly last: Map<string, number>;
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<unknown>;
};

/**
 * Gathers batches into transactions and answers each once its transaction is durable, or has failed.
 *
 * INVARIANT: a batch is only stored when every earlier batch of its agent that came in the same session was stored.
 * So `last` alone tells duplicates, and an agent that resumes above it has lost nothing.
 */
export class GroupCommit {
  readonly #parts: GroupCommitParts;
  readonly #failed = new Map<string, number>();
  #waiting: Waiting[] = [];
  #running: Promise<void> | null = null;
  #newest: Promise<unknown> = Promise.resolve();
  #started = Number.NEGATIVE_INFINITY;

  constructor(parts: GroupCommitParts) {
    this.#parts = parts;
  }

  submit(batch: StoredBatch): Promise<AppendOutcome> {
    const outcome = new Promise<AppendOutcome>((settle) => this.#waiting.push({ batch, settle }));
    this.#newest = outcome;
    this.#running ??= this.#run();
    return outcome;
  }

  /** Starts a session: what failed before is the agent's to send again. Waits for what was submitted before. */
  async startSession(agent: string): Promise<number> {
    await this.#newest;
    this.#failed.delete(agent);
    return this.#parts.last.get(agent) ?? 0;
  }

  refuse(agent: string, sequence: number): void {
    this.#failed.set(agent, Math.min(sequence, this.#failed.get(agent) ?? Infinity));
  }

  async settled(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const wait = this.#started + commitInterval - this.#parts.now();
      if (wait > 0) await this.#parts.sleep(wait);
      this.#started = this.#parts.now();
      await this.#commit(this.#take());
    }
    this.#running = null;
  }

  #take(): Waiting[] {
    let rows = 0;
    const end = this.#waiting.findIndex(({ batch }, index) => {
      rows += batch.columns.rows;
      return index > 0 && rows > commitRows;
    });
    return this.#waiting.splice(0, end < 0 ? this.#waiting.length : end);
  }

  async #commit(group: readonly Waiting[]): Promise<void> {
    const next = new Map<string, number>();
    const outcomes = group.map(({ batch }) => this.#judge(batch, next));
    const fresh = group.filter((_, index) => outcomes[index] === 'stored').map(({ batch }) => batch);
    const failure =
      fresh.length === 0
        ? null
        : await this.#parts.append(fresh).then(
            () => null,
            (thrown) => storeFailure('append to', thrown),
          );
    if (failure !== null) for (const { agent, sequence } of fresh.toReversed()) this.refuse(agent, sequence);
    else for (const [agent, sequence] of next) this.#parts.last.set(agent, sequence);
    for (const [index, { batch, settle }] of group.entries()) {
      const known = batch.sequence <= (this.#parts.last.get(batch.agent) ?? 0);
      const outcome = outcomes[index] ?? 'stored';
      // A repetition of a batch of this very group is no duplicate when the group failed.
      settle(failure !== null && typeof outcome === 'string' && !known ? failure : outcome);
    }
  }

  #judge({ agent, sequence }: StoredBatch, next: Map<string, number>): AppendOutcome {
    const failed = this.#failed.get(agent);
    if (sequence <= (next.get(agent) ?? this.#parts.last.get(agent) ?? 0)) return 'duplicate';
    if (failed !== undefined && sequence > failed) return orderFailure(agent, failed);
    // Only the very batch that failed closes the gap: a lower one may just have been waiting in front of it.
    if (sequence === failed) this.#failed.delete(agent);
    next.set(agent, sequence);
    return 'stored';
  }
}

function orderFailure(agent: string, failed: number): HistoryFailure {
  const message = `Cannot store a batch of "${agent}": batch ${failed} before it was not stored, it is needed first`;
  return { kind: 'failed', code: 'history-order', message };
}
