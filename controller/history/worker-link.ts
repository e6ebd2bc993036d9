import { Worker } from 'node:worker_threads';
import type { HistoryAnswer, HistoryRequest, Numbered, WorkerStart } from './history-protocol.ts';
import type { HistoryFailure } from './types.ts';

/** Asks the worker and matches its answers; every question is answered, with a failure if the worker is gone. */
export class WorkerLink {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, (answer: HistoryAnswer) => void>();
  #next = 1;
  #gone: HistoryFailure | null = null;
  readonly #ended: Promise<void>;
  readonly ready: Promise<HistoryAnswer>;

  constructor(start: WorkerStart) {
    this.#worker = new Worker(new URL('./history-worker.ts', import.meta.url), {
      workerData: start,
      name: 'flow history',
      // Rows live for one commit: a small young generation keeps their garbage from growing the process.
      resourceLimits: { maxYoungGenerationSizeMb: 8 },
    });
    this.ready = new Promise((settle) => this.#waiting.set(0, settle));
    this.#ended = new Promise((settle) => this.#worker.once('exit', () => settle()));
    this.#worker.on('message', ({ number, body }: Numbered<HistoryAnswer>) => this.#settle(number, body));
    this.#worker.on('error', (thrown) => this.#end(thrown instanceof Error ? thrown.message : String(thrown)));
    this.#worker.on('exit', () => this.#end('the store is closed'));
  }

  ask(body: HistoryRequest, moved: ArrayBuffer[] = []): Promise<HistoryAnswer> {
    if (this.#gone !== null) return Promise.resolve(this.#gone);
    const number = this.#next++;
    return new Promise((settle) => {
      this.#waiting.set(number, settle);
      this.#worker.postMessage({ number, body } satisfies Numbered<HistoryRequest>, moved);
    });
  }

  /** Everything asked before is answered first. */
  async close(): Promise<void> {
    if (this.#gone === null) await this.ask({ kind: 'close' });
    await this.#ended;
  }

  #settle(number: number, answer: HistoryAnswer): void {
    this.#waiting.get(number)?.(answer);
    this.#waiting.delete(number);
  }

  #end(reason: string): void {
    const message = `Cannot use the flow history: ${reason}, a running store is needed`;
    this.#gone ??= { kind: 'failed', code: 'history-closed', message };
    for (const number of [...this.#waiting.keys()]) this.#settle(number, this.#gone);
  }
}
