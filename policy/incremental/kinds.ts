import type { PolicyRule } from '../language/policy-rule.ts';
import type { TermId } from '../language/terms.ts';
import { peerTerms } from '../ruleset/body.ts';
import { type FoundRules, findLocalRules, type LocalRules, type Marks, putTogether } from '../ruleset/local-rules.ts';
import type { Atom, Kind, Local, Place } from './nodes.ts';
import type { Places } from './places.ts';
import type { RuleStore } from './rule-store.ts';
import type { Segments } from './segments.ts';
import type { TermStore } from './term-store.ts';

type Parts = {
  readonly segments: Segments;
  readonly places: Places;
  readonly terms: TermStore;
  readonly rules: RuleStore;
};

/** What it says is put together when somebody asks: most changes of labels make a kind that nobody has asked for yet. */
class KindOfRules implements Kind {
  readonly id: number;
  readonly hash: number;
  locals = 0;
  readonly #make: () => LocalRules;
  #rules: LocalRules | null = null;
  #relevant: ReadonlySet<TermId> | null = null;

  /** INVARIANT: the rules that `make` finds are the same as long as the kind has locals. */
  constructor(id: number, hash: number, make: () => LocalRules) {
    [this.id, this.hash, this.#make] = [id, hash, make];
  }

  get rules(): LocalRules {
    this.#rules ??= this.#make();
    return this.#rules;
  }

  get relevant(): ReadonlySet<TermId> {
    this.#relevant ??= new Set([...peerTerms([this.rules])].sort((a, b) => a - b));
    return this.#relevant;
  }
}

type Known = { readonly marks: FoundRules; readonly kind: Kind };

/**
 * The rules of local addresses: (atom, place) -> kind. Only those that some host was asked for are there. A changed rule
 * costs the locals that one of its ends matches.
 */
export class Kinds {
  readonly #parts: Parts;
  /** By hash of the marks. */
  readonly #kinds = new Map<number, Known[]>();
  #nextId = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  localOf(atom: Atom, place: Place): Local {
    const known = atom.locals.get(place);
    if (known !== undefined) return known;
    const local: Local = { atom, place, kind: this.#kindOf(atom, place), standings: new Set() };
    local.kind.locals++;
    atom.locals.set(place, local);
    place.locals.add(local);
    return local;
  }

  /** After rules came or went: the locals that have other rules now. */
  refresh(changed: readonly PolicyRule[]): Local[] {
    const out: Local[] = [];
    for (const local of this.#concerned(changed)) {
      const kind = this.#kindOf(local.atom, local.place);
      if (kind === local.kind) continue;
      this.#leave(local);
      local.kind = kind;
      kind.locals++;
      out.push(local);
    }
    return out;
  }

  drop(locals: Iterable<Local>): void {
    for (const local of locals) {
      if (local.standings.size > 0 || local.atom.locals.get(local.place) !== local) continue;
      local.atom.locals.delete(local.place);
      local.place.locals.delete(local);
      this.#leave(local);
    }
  }

  #leave({ kind }: Local): void {
    kind.locals--;
    if (kind.locals > 0) return;
    const left = (this.#kinds.get(kind.hash) ?? []).filter((known) => known.kind !== kind);
    if (left.length > 0) this.#kinds.set(kind.hash, left);
    else this.#kinds.delete(kind.hash);
  }

  #kindOf(atom: Atom, place: Place): Kind {
    const { rules, terms } = this.#parts;
    const found = findLocalRules(rules, rules.index, [...terms.any, ...atom.terms, ...place.terms]);
    const hash = hashOf(found.outbound, hashOf(found.inbound, 0));
    const likely = this.#kinds.get(hash) ?? [];
    for (const { marks, kind } of likely) if (sameRules(marks, found)) return kind;
    const kind = new KindOfRules(this.#nextId++, hash, () => putTogether(rules, found));
    this.#kinds.set(hash, [...likely, { marks: found, kind }]);
    return kind;
  }

  #concerned(changed: readonly PolicyRule[]): Set<Local> {
    const { segments, places, terms } = this.#parts;
    const named = new Set<TermId>(changed.flatMap(({ from, to }) => [...from, ...to]));
    const out = new Set<Local>();
    const everybody = terms.any.some((term) => named.has(term));
    if (everybody)
      for (const atom of [...segments.atoms, segments.nobody]) for (const local of atom.locals.values()) out.add(local);
    if (everybody) return out;
    for (const term of named) {
      for (const atom of segments.atomsOf(term)) for (const local of atom.locals.values()) out.add(local);
      for (const place of places.placesOf(term)) for (const local of place.locals) out.add(local);
    }
    return out;
  }
}

function hashOf(marks: Marks, seed: number): number {
  let hash = Math.imul(seed, 31) + marks.length;
  for (const mark of marks) hash = Math.imul(hash, 31) + mark;
  return hash | 0;
}

const sameRules = (a: FoundRules, b: FoundRules): boolean =>
  sameMarks(a.outbound, b.outbound) && sameMarks(a.inbound, b.inbound);
const sameMarks = (a: Marks, b: Marks): boolean => a.length === b.length && a.every((mark, index) => mark === b[index]);
