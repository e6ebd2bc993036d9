import type { Session } from './session.ts';
import type { Spool } from './spool.ts';

/** Batches on their way: the controller stops reading above eight, and more would only wait in the socket. */
const window = 8;

/** Sends what the spool holds, in order, and takes away what is acknowledged. */
export class BatchSender {
  readonly #session: Pick<Session, 'sendBatch'>;
  readonly #spool: Spool;
  #sent = 0;
  #acknowledged = 0;
  #open = false;

  constructor(session: Pick<Session, 'sendBatch'>, spool: Spool) {
    this.#session = session;
    this.#spool = spool;
  }

  /** A session begins: everything the controller does not have is sent again. */
  begin(acknowledged: number): void {
    this.#spool.acknowledge(acknowledged);
    this.#sent = acknowledged;
    this.#acknowledged = acknowledged;
    this.#open = true;
    this.send();
  }

  /** A session ended: nothing is sent until the next one has said what it has. */
  end(): void {
    this.#open = false;
  }

  acknowledge(sequence: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, sequence);
    this.#spool.acknowledge(sequence);
    this.send();
  }

  send(): void {
    if (!this.#open) return;
    // Numbers may have gaps where batches were dropped, so this may send fewer than it could, never more.
    const room = window - (this.#sent - this.#acknowledged);
    if (room <= 0) return;
    for (const { sequence, bytes } of this.#spool.after(this.#sent, room)) {
      if (!this.#session.sendBatch(bytes)) return;
      this.#sent = sequence;
    }
  }
}
