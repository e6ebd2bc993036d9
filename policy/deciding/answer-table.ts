/** What tells questions apart. */
export type AnswerKey = readonly [source: number, destination: number, service: number, who: number];

const width = 4;

/**
 * Remembers answers in a fixed number of places, two to a key: what comes later takes the place of what came before, and
 * nothing grows. A place costs 24 bytes, in arrays that are as large from the beginning.
 */
export class AnswerTable<T> {
  readonly #keys: Int32Array;
  readonly #answers: (T | undefined)[];
  readonly #mask: number;

  /** `places`: a power of two. */
  constructor(places: number) {
    this.#keys = new Int32Array(places * width);
    this.#answers = new Array<T | undefined>(places);
    this.#mask = places - 1;
  }

  find(key: AnswerKey): T | undefined {
    const place = this.#placeOf(key);
    if (this.#holds(place, key)) return this.#answers[place];
    return this.#holds(place ^ 1, key) ? this.#answers[place ^ 1] : undefined;
  }

  keep(key: AnswerKey, answer: T): void {
    const place = this.#placeOf(key);
    if (!this.#holds(place, key) && this.#answers[place] !== undefined) this.#move(place, place ^ 1);
    this.#keys.set(key, place * width);
    this.#answers[place] = answer;
  }

  #move(from: number, to: number): void {
    this.#keys.copyWithin(to * width, from * width, (from + 1) * width);
    this.#answers[to] = this.#answers[from];
  }

  #holds(place: number, [source, destination, service, who]: AnswerKey): boolean {
    const [keys, at] = [this.#keys, place * width];
    return keys[at] === source && keys[at + 1] === destination && keys[at + 2] === service && keys[at + 3] === who;
  }

  #placeOf([source, destination, service, who]: AnswerKey): number {
    let hash = Math.imul(source, 0x9e3779b1) ^ Math.imul(destination, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) ^ Math.imul(service, 0xc2b2ae35) ^ Math.imul(who, 0x27d4eb2f);
    hash = Math.imul(hash ^ (hash >>> 13), 0x297a2d39);
    return (hash ^ (hash >>> 16)) & this.#mask;
  }
}
