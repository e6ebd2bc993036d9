import type { TermId } from '../language/terms.ts';
import type { Atom } from './nodes.ts';

/**
 * Atoms by term, in no order. An atom knows where it stands in each list: a label set that nobody had before makes one,
 * a label set that nobody has any more ends one, and both are in dozens of lists of which some hold half of the estate.
 */
export class AtomLists {
  readonly #lists: Atom[][] = [];

  of(term: TermId): readonly Atom[] {
    return this.#lists[term] ?? noAtoms;
  }

  /** In the lists of its terms that it is not in yet. */
  add(atom: Atom): void {
    for (let index = atom.spots.length; index < atom.terms.length; index++) {
      const term = atom.terms[index] as TermId;
      this.#lists[term] ??= [];
      atom.spots.push((this.#lists[term] as Atom[]).push(atom) - 1);
    }
  }

  remove(atom: Atom): void {
    for (const [index, spot] of atom.spots.entries()) {
      const term = atom.terms[index] as TermId;
      const list = this.#lists[term] as Atom[];
      const last = list.pop() as Atom;
      if (last === atom) continue;
      list[spot] = last;
      last.spots[last.terms.indexOf(term)] = spot;
    }
    atom.spots.length = 0;
  }
}

const noAtoms: readonly Atom[] = [];
