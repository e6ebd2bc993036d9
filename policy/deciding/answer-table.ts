/** What tells questions apart: stands of the ends, and the number of what is asked between them. */
export type Question = readonly [source: number, destination: number, what: number];

/** Three of the question and one of its answer. */
const width = 4;
/** Places that a question may be in: 64 bytes, which is one look at the memory. */
const shelf = 4 * width;

/**
 * Remembers the numbers of answers, from 1, in a fixed number of places of 16 bytes. What comes later takes the place of
 * what came before, and nothing grows.
 */
export class AnswerTable {
  readonly #cells: Int32Array;
  readonly #mask: number;

  /** `places`: a power of two, at least 4. */
  constructor(places: number) {
    this.#cells = new Int32Array(places * width);
    this.#mask = (places * width) / shelf - 1;
  }

  /** 0: it is not remembered. */
  find(question: Question): number {
    const [cells, first] = [this.#cells, this.#shelfOf(question)];
    for (let at = first; at < first + shelf; at += width) {
      if (holds(cells, at, question)) return cells[at + 3] as number;
    }
    return 0;
  }

  /** In front of its shelf; what stood there moves back by one, and the last one is forgotten. */
  keep(question: Question, answer: number): void {
    const [cells, first] = [this.#cells, this.#shelfOf(question)];
    let at = first;
    while (at < first + shelf - width && !holds(cells, at, question)) at += width;
    cells.copyWithin(first + width, first, at);
    cells.set(question, first);
    cells[first + 3] = answer;
  }

  #shelfOf([source, destination, what]: Question): number {
    let hash = Math.imul(source, 0x9e3779b1) ^ Math.imul(destination, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) ^ Math.imul(what, 0xc2b2ae35);
    hash = Math.imul(hash ^ (hash >>> 13), 0x297a2d39);
    return ((hash ^ (hash >>> 16)) & this.#mask) * shelf;
  }
}

function holds(cells: Int32Array, at: number, [source, destination, what]: Question): boolean {
  return cells[at] === source && cells[at + 1] === destination && cells[at + 2] === what;
}
