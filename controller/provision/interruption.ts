/** Thrown where work that can be begun again stops, for something that cannot wait. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted for an isolation');
  }
}

/** Asks whoever waits to stop waiting. Stays asked until whoever asked has had its turn. */
export class Interruption {
  #asked = 0;
  #ask: () => void = () => {};
  #asking = this.#next();

  get isAsked(): boolean {
    return this.#asked > 0;
  }

  interrupt(): void {
    this.#asked++;
    this.#ask();
  }

  /** One who asked has its turn. */
  taken(): void {
    this.#asked--;
    if (this.#asked === 0) this.#asking = this.#next();
  }

  /** The same answer; throws `Interrupted` as soon as somebody asks, or has. */
  async unlessAsked<T>(work: Promise<T>): Promise<T> {
    if (this.isAsked) throw new Interrupted();
    return Promise.race([work, this.#asking]);
  }

  #next(): Promise<never> {
    const asking = new Promise<never>((_resolve, reject) => {
      this.#ask = () => reject(new Interrupted());
    });
    // Nobody may be waiting when it is asked.
    asking.catch(() => {});
    return asking;
  }
}
