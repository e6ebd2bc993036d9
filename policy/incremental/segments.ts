import type { Labels } from '@bulkhead/model/words.ts';
import { labelsSeen } from '../estate.ts';
import type { Term, TermId } from '../language/terms.ts';
import { AtomLists } from './atom-lists.ts';
import { Columns } from './columns.ts';
import type { Atom, LabelSet, Member } from './nodes.ts';
import { SelectorIndex } from './selector-index.ts';

/**
 * Workloads by what selectors see of them: labels -> label set -> atom. A workload costs one look-up; a new label set
 * costs its candidates in the index; a new selector costs one pass over the label sets, and moves none that it matches
 * together with its whole atom.
 */
export class Segments {
  readonly #columns = new Columns();
  readonly #index = new SelectorIndex(this.#columns);
  readonly #labelSets = new Map<string, LabelSet>();
  readonly #atoms = new Map<string, Atom>();
  readonly #byTerm = new AtomLists();
  /** Of a local address that several workloads claim: no selector matches it (SPEC D2). */
  readonly nobody: Atom = newAtom(0, '', []);
  #nextAtom = 1;

  get labelSets(): Iterable<LabelSet> {
    return this.#labelSets.values();
  }

  get atoms(): Iterable<Atom> {
    return this.#atoms.values();
  }

  get valueCount(): number {
    return this.#columns.size;
  }

  /** `terms`: those that some rule names. */
  countUsedValues(terms: Iterable<Term>): number {
    const requirements = [...terms].flatMap((term) => (term.kind === 'workloads' ? term.requirements : []));
    return this.#columns.countUsed(
      [...this.#labelSets.values()].map(({ values }) => values),
      requirements,
    );
  }

  atomsOf(term: TermId): readonly Atom[] {
    return this.#byTerm.of(term);
  }

  /** True where label sets must be made again, by `replace` for each workload: a key is new. */
  look(keys: Iterable<string>): boolean {
    let fresh = false;
    for (const key of keys) if (this.#columns.look(key)) fresh = true;
    return fresh && this.#labelSets.size > 0;
  }

  /** What selectors are filed under depends on how many values keys have; a sample of the workloads tells. */
  sample(labels: Iterable<Labels>): void {
    for (const some of labels) this.#columns.valuesOf(some);
  }

  textOf(key: string, { values }: LabelSet): string | undefined {
    return this.#columns.textOf(key, values);
  }

  labelSetOf(labels: Labels): LabelSet {
    const values = this.#columns.valuesOf(labels);
    const key = values.join(',');
    const known = this.#labelSets.get(key);
    if (known !== undefined) return known;
    const atom = this.#atomOf(this.#index.match(values));
    const made: LabelSet = { key, values, members: new Set(), atom, modes: new Map() };
    this.#labelSets.set(key, made);
    atom.labelSets.add(made);
    return made;
  }

  /** After new keys: all label sets as if made now. Atoms stay, because no selector is new. */
  remake(members: Iterable<Member>): void {
    const before = [...this.#labelSets.values()];
    this.#labelSets.clear();
    for (const member of members) {
      member.labelSet.members.delete(member);
      member.labelSet = this.labelSetOf(labelsSeen(member.document));
      member.labelSet.members.add(member);
    }
    for (const labelSet of before) labelSet.atom.labelSets.delete(labelSet);
  }

  /** Takes selectors that are new; answers the label sets that are in another atom now. */
  admit(terms: ReadonlyMap<TermId, Term>): LabelSet[] {
    const index = new SelectorIndex(this.#columns);
    for (const [id, term] of terms) {
      index.add(id, term);
      this.#index.add(id, term);
    }
    const touched = new Map<Atom, Map<LabelSet, TermId[]>>();
    for (const labelSet of this.#labelSets.values()) {
      const matching = index.match(labelSet.values);
      if (matching.length === 0) continue;
      const found = touched.get(labelSet.atom) ?? new Map<LabelSet, TermId[]>();
      touched.set(labelSet.atom, found);
      found.set(labelSet, matching);
    }
    return [...touched].flatMap(([atom, found]) => this.#refine(atom, found));
  }

  /** Forgets label sets without workloads and atoms without label sets. */
  drop(labelSets: Iterable<LabelSet>): void {
    for (const labelSet of labelSets) {
      if (labelSet.members.size > 0 || this.#labelSets.get(labelSet.key) !== labelSet) continue;
      this.#labelSets.delete(labelSet.key);
      labelSet.atom.labelSets.delete(labelSet);
      this.#dropAtom(labelSet.atom);
    }
  }

  #dropAtom(atom: Atom): void {
    if (atom.labelSets.size > 0 || atom === this.nobody) return;
    this.#atoms.delete(atom.key);
    this.#byTerm.remove(atom);
  }

  #refine(atom: Atom, found: ReadonlyMap<LabelSet, readonly TermId[]>): LabelSet[] {
    const [common] = found.values();
    const whole = found.size === atom.labelSets.size && [...found.values()].every((list) => sameList(list, common));
    if (whole && common !== undefined) {
      this.#atoms.delete(atom.key);
      // New terms have the highest numbers, so the list still ascends.
      atom.terms = [...atom.terms, ...common];
      atom.key = atom.terms.join(',');
      this.#atoms.set(atom.key, atom);
      this.#byTerm.add(atom);
      return [];
    }
    for (const [labelSet, matching] of found) {
      atom.labelSets.delete(labelSet);
      labelSet.atom = this.#atomOf([...atom.terms, ...matching]);
      labelSet.atom.labelSets.add(labelSet);
    }
    this.#dropAtom(atom);
    return [...found.keys()];
  }

  #atomOf(terms: readonly TermId[]): Atom {
    const key = terms.join(',');
    const known = this.#atoms.get(key);
    if (known !== undefined) return known;
    const atom = newAtom(this.#nextAtom++, key, terms);
    this.#atoms.set(key, atom);
    this.#byTerm.add(atom);
    return atom;
  }
}

function newAtom(id: number, key: string, terms: readonly TermId[]): Atom {
  return { id, key, terms, spots: [], labelSets: new Set(), peers: new Set(), locals: new Map() };
}

const sameList = (a: readonly number[], b: readonly number[] | undefined): boolean =>
  b !== undefined && a.length === b.length && a.every((item, index) => item === b[index]);
