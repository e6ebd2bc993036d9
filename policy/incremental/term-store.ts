import { type Term, type TermId, termText } from '../language/terms.ts';
import { termWeight } from './holdings.ts';

/**
 * Every term that some rule has named since the store was made (`Holdings` says how many of them may be of no use). A term that no rule names any more keeps its number:
 * it stays in the lists of atoms, where nothing asks for it, and is there again at no cost when a rule returns.
 */
export class TermStore {
  readonly terms: Term[] = [];
  /** Match every endpoint; they stand in no list. */
  readonly any: TermId[] = [];
  readonly #ids = new Map<string, TermId>();
  #fresh = new Map<TermId, Term>();
  #weight = 0;

  get weight(): number {
    return this.#weight;
  }

  /** `term` as the expansion of a policy gives it: its requirements are canonical. */
  intern(term: Term): TermId {
    const text = wholeText(term);
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const id = this.terms.push(term) - 1;
    this.#weight += termWeight(term);
    this.#ids.set(text, id);
    if (term.kind === 'any') this.any.push(id);
    else this.#fresh.set(id, term);
    return id;
  }

  isSelector(id: TermId): boolean {
    return this.terms[id]?.kind === 'workloads';
  }

  /** Those interned since the last call, but for `any`. */
  takeFresh(): ReadonlyMap<TermId, Term> {
    const fresh = this.#fresh;
    this.#fresh = new Map();
    return fresh;
  }
}

/** A list of the same name may have held other addresses before. Names have no line ends. */
function wholeText(term: Term): string {
  if (term.kind !== 'addresses') return termText(term);
  const ranges = [...term.set[4], ...term.set[6]].map(({ first, last }) => `${first}-${last}`);
  return `${termText(term)}\n${term.set[4].length} ${ranges.join(',')}`;
}
