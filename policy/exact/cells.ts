/** Adds up products that may pass 2^53 on the way. */
export class CellSum {
  #large = 0n;
  #small = 0;

  add(pairs: number, services: number): void {
    const cells = pairs * services;
    if (!Number.isSafeInteger(cells)) this.#large += BigInt(pairs) * BigInt(services);
    else if (Number.isSafeInteger(this.#small + cells)) this.#small += cells;
    else {
      this.#large += BigInt(this.#small);
      this.#small = cells;
    }
  }

  get exact(): bigint {
    return this.#large + BigInt(this.#small);
  }
}
