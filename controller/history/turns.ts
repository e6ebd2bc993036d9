/** Runs one piece of work after the other, in the order they came. A failed one does not stop the next. */
export class Turns {
  #tail: Promise<unknown> = Promise.resolve();

  take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(work);
    this.#tail = turn.catch(() => null);
    return turn;
  }
}
