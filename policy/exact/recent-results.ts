/**
 * Results of operations on two numbered things, as long as no newer one takes their place: memory has a bound, and what
 * is forgotten is worked out again.
 */
export class RecentResults<T> {
  readonly #mask: number;
  readonly #firsts: Float64Array;
  readonly #seconds: Float64Array;
  readonly #results: (T | undefined)[];

  /** `places`: a power of two. */
  constructor(places: number) {
    this.#mask = places - 1;
    this.#firsts = new Float64Array(places).fill(-1);
    this.#seconds = new Float64Array(places);
    this.#results = new Array<T | undefined>(places).fill(undefined);
  }

  find(first: number, second: number): T | undefined {
    const place = this.#placeOf(first, second);
    return this.#firsts[place] === first && this.#seconds[place] === second ? this.#results[place] : undefined;
  }

  keep(first: number, second: number, result: T): T {
    const place = this.#placeOf(first, second);
    this.#firsts[place] = first;
    this.#seconds[place] = second;
    this.#results[place] = result;
    return result;
  }

  #placeOf(first: number, second: number): number {
    const mixed = Math.imul(first, 0x9e3779b1) ^ Math.imul(second, 0x85ebca6b);
    return (mixed ^ (mixed >>> 15)) & this.#mask;
  }
}
