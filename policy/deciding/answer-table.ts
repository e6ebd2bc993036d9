/** What tells questions apart: stands of the ends, and the number of what is asked between them. */
export type Question = readonly [source: number, destination: number, what: number];

/** Three of the question and one of its answer: a place is 16 bytes, and both places of a question are one cache line. */
const width = 4;

/**
 * Remembers the numbers of answers, from 1, in a fixed number of places, two to a question: what comes later takes the
 * place of what came before, and nothing grows.
 */
export class AnswerTable {
  readonly #cells: Int32Array;
  readonly #mask: number;

  /** `places`: a power of two. */
  constructor(places: number) {
    this.#cells = new Int32Array(places * width);
    this.#mask = places - 1;
  }

  /** 0: it is not remembered. */
  find(question: Question): number {
    const place = this.#placeOf(question);
    if (this.#holds(place, question)) return this.#cells[place * width + 3] as number;
    return this.#holds(place ^ 1, question) ? (this.#cells[(place ^ 1) * width + 3] as number) : 0;
  }

  keep(question: Question, answer: number): void {
    let place = this.#placeOf(question);
    const at = place * width;
    if (this.#holds(place ^ 1, question)) place ^= 1;
    else if (!this.#holds(place, question) && this.#cells[at + 3] !== 0)
      this.#cells.copyWithin(at ^ width, at, at + width);
    this.#cells.set(question, place * width);
    this.#cells[place * width + 3] = answer;
  }

  #holds(place: number, [source, destination, what]: Question): boolean {
    const [cells, at] = [this.#cells, place * width];
    return cells[at] === source && cells[at + 1] === destination && cells[at + 2] === what && cells[at + 3] !== 0;
  }

  #placeOf([source, destination, what]: Question): number {
    let hash = Math.imul(source, 0x9e3779b1) ^ Math.imul(destination, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) ^ Math.imul(what, 0xc2b2ae35);
    hash = Math.imul(hash ^ (hash >>> 13), 0x297a2d39);
    return (hash ^ (hash >>> 16)) & this.#mask;
  }
}
