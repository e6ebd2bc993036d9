import { mostPacketFrame, RecordDecoder } from '@bulkhead/sensors/nflog/record.ts';
import { backoff } from './backoff.ts';
import type { Privileged, RunningHelper } from './privileged.ts';
import type { Problems } from './problems.ts';

export type AnswerReaderParts = {
  readonly startAnswers: Privileged['startAnswers'];
  readonly heard: (packet: Uint8Array) => void;
  readonly problems: Problems;
  readonly random: () => number;
};

/** Keeps a helper running that hands over answers of name servers, while somebody wants them. */
export class AnswerReader {
  readonly #parts: AnswerReaderParts;
  #helper: RunningHelper | null = null;
  #wanted = false;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #started: (() => void) | null = null;

  constructor(parts: AnswerReaderParts) {
    this.#parts = parts;
  }

  /** Done when answers are heard, or when it cannot be waited for any longer. */
  async want(wanted: boolean): Promise<void> {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    if (!wanted) return this.stop();
    const listening = new Promise<void>((resolve) => {
      this.#started = resolve;
    });
    this.#start();
    await Promise.race([listening, new Promise((resolve) => setTimeout(resolve, longestStart).unref())]);
  }

  stop(): void {
    this.#wanted = false;
    clearTimeout(this.#timer);
    this.#helper?.stop();
    this.#helper = null;
  }

  #start(): void {
    const decoder = new RecordDecoder(mostPacketFrame);
    const { problems, heard } = this.#parts;
    const helper = this.#parts.startAnswers({
      bytes: (bytes) => {
        const { packets, listening, stats } = decoder.push(bytes);
        for (const packet of packets) heard(packet);
        if (stats !== null && stats.gaps > 0)
          problems.set('answers-lost', `${stats.gaps} answers of name servers were missed since the helper started`);
        if (listening !== null) this.#listens();
        if (decoder.broken) helper.stop();
      },
      complaint: (text) => problems.set('answers-complaint', `The helper that hears name servers says: ${text}`),
      ended: (why) => this.#ended(helper, why),
    });
    this.#helper = helper;
  }

  #listens(): void {
    this.#failures = 0;
    this.#started?.();
    for (const code of ['answers', 'answers-complaint']) this.#parts.problems.clear(code);
  }

  #ended(helper: RunningHelper, why: string): void {
    if (!this.#wanted || (this.#helper !== null && this.#helper !== helper)) return;
    this.#helper = null;
    const text = `Names are not followed: the helper that hears name servers ${why}; it is started again`;
    this.#parts.problems.set('answers', text);
    this.#timer = setTimeout(() => this.#start(), backoff(this.#failures++, this.#parts.random));
  }
}

/** Milliseconds. */
const longestStart = 2000;
