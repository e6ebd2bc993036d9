import { randomBytes } from 'node:crypto';

/** Milliseconds that a walk may stand still. */
const idleLimit = 60_000;
/** Items that all walks together keep: two walks over every edge there can be, about 100 MB. */
const itemLimit = 200_000;
const walkLimit = 16;

/** `what`: the question the list answers; a cursor of one question goes on with no other. */
type Walk = { readonly what: string; readonly list: Snapshot<unknown>; readonly usedAt: number };

/** `sequence`: what a change feed goes on from. */
export type Snapshot<T> = { readonly items: readonly T[]; readonly sequence: number };
/** `next` null: it was the last page. */
export type Leg<T> = Snapshot<T> & { readonly next: string | null };

/**
 * Lists that were worked out once and are read page by page, so that the pages of one walk fit together and each costs
 * what it holds. Few and short-lived: the longest unused goes first, and whoever comes for it begins again.
 */
export class Walks {
  readonly #clock: () => number;
  readonly #limits: WalkLimits;
  /** In the order of use. */
  readonly #walks = new Map<string, Walk>();

  constructor(clock: () => number, limits: WalkLimits = { walks: walkLimit, items: itemLimit, idle: idleLimit }) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** The first page of a list; what it does not hold is kept. */
  start<T>(what: string, list: Snapshot<T>, limit: number): Leg<T> {
    const id = randomBytes(9).toString('base64url');
    if (list.items.length > limit) this.#keep(id, { what, list, usedAt: this.#clock() });
    return page(list, { id, from: 0, limit });
  }

  /** Null: nobody began that walk with this question, or it is forgotten. */
  next<T>(what: string, cursor: string, limit: number): Leg<T> | null {
    const [, id = '', place = ''] = /^([\w-]{12})\.(\d{1,9})$/.exec(cursor) ?? [];
    this.#forgetIdle();
    const walk = this.#walks.get(id);
    if (walk === undefined || walk.what !== what || Number(place) >= walk.list.items.length) return null;
    this.#walks.delete(id);
    this.#walks.set(id, { ...walk, usedAt: this.#clock() });
    // INVARIANT: the same question is answered with the same type of item.
    return page(walk.list as Snapshot<T>, { id, from: Number(place), limit });
  }

  #keep(id: string, walk: Walk): void {
    this.#forgetIdle();
    this.#walks.set(id, walk);
    let kept = [...this.#walks.values()].reduce((sum, { list }) => sum + list.items.length, 0);
    for (const [other, { list }] of this.#walks) {
      if (kept <= this.#limits.items && this.#walks.size <= this.#limits.walks) return;
      // The walk that has just begun must be able to go on.
      if (other === id) return;
      this.#walks.delete(other);
      kept -= list.items.length;
    }
  }

  #forgetIdle(): void {
    const before = this.#clock() - this.#limits.idle;
    for (const [id, { usedAt }] of this.#walks) if (usedAt < before) this.#walks.delete(id);
  }
}

export type WalkLimits = { readonly walks: number; readonly items: number; readonly idle: number };

type Place = { readonly id: string; readonly from: number; readonly limit: number };

function page<T>({ items, sequence }: Snapshot<T>, { id, from, limit }: Place): Leg<T> {
  const end = from + limit;
  return { items: items.slice(from, end), next: end < items.length ? `${id}.${end}` : null, sequence };
}
