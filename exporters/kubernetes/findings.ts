import { problemOf, quote } from '@bulkhead/model/finding.ts';
import type { Place, Problem } from '@bulkhead/model/problem.ts';

/** What is wrong with, or to be known of, one rule or document: `so` and `needed` as in `Finding`. */
export type Remark = { readonly code: string; readonly so: string; readonly needed: string; readonly hint?: string };

/** A rule or a document by the name that people know it by. */
export type Subject = { readonly name: string; readonly place: Place | null };

/** `what`: how its message begins. */
type Note = { readonly what: string; readonly about: Subject; readonly remark: Remark };

/** Names that a note on several of them gives. */
const namesShown = 3;

/** Collects what is refused and what is noted, each thing once. */
export class Findings {
  readonly #refusals = new Map<string, Problem>();
  readonly #notes = new Map<string, Note>();

  refuse(about: Subject, remark: Remark): void {
    const problem = problemOf({ ...remark, cannot: 'export', value: about.name }, about.place);
    add(this.#refusals, keyOf(about, remark), problem);
  }

  /** The rule is not written, and nothing is wrong with that. */
  leaveOut(about: Subject, remark: Remark): void {
    add(this.#notes, keyOf(about, remark), { what: 'Left out', about, remark });
  }

  /** The rule is written, and something is to be known of it. */
  note(about: Subject, remark: Remark): void {
    add(this.#notes, keyOf(about, remark), { what: 'Cannot promise for later', about, remark });
  }

  get refusals(): readonly Problem[] {
    return sorted(this.#refusals);
  }

  get notes(): readonly Problem[] {
    return sorted(this.#notes).map((note) => noteOn([note]));
  }

  /** The same, with one note for all of whom the same is said, at the place of the first. */
  get summary(): readonly Problem[] {
    const alike = Map.groupBy(sorted(this.#notes), ({ what, remark }) =>
      JSON.stringify([what, remark.code, remark.so, remark.needed, remark.hint]),
    );
    return [...alike.values()].map(noteOn);
  }
}

function noteOn(notes: readonly Note[]): Problem {
  const [first] = notes;
  if (first === undefined) throw new Error('A note is about something');
  const { what, about, remark } = first;
  const names = notes.slice(0, namesShown).map((note) => quote(note.about.name));
  const more = notes.length > namesShown ? ` and ${notes.length - namesShown} more` : '';
  const message = `${what} ${names.join(', ')}${more}: ${remark.so}, ${remark.needed}`;
  return { severity: 'warning', code: remark.code, message, place: about.place, hint: remark.hint ?? null };
}

const keyOf = ({ name }: Subject, { code, so }: Remark): string => `${name}\n${code}\n${so}`;

function add<T>(into: Map<string, T>, key: string, value: T): void {
  if (!into.has(key)) into.set(key, value);
}

/** By name, so that the order of documents is not seen. */
const sorted = <T>(found: ReadonlyMap<string, T>): readonly T[] =>
  [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
