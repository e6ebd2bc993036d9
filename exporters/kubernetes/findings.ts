import { type Finding, problemOf } from '@bulkhead/model/finding.ts';
import type { Place, Problem } from '@bulkhead/model/problem.ts';

/** What is wrong with, or to be known of, one rule or document: `so` and `needed` as in `Finding`. */
export type Remark = { readonly code: string; readonly so: string; readonly needed: string; readonly hint?: string };

/** A rule or a document by the name that people know it by. */
export type Subject = { readonly name: string; readonly place: Place | null };

/** Collects what is refused and what is noted, each thing once. */
export class Findings {
  readonly #refusals = new Map<string, Problem>();
  readonly #notes = new Map<string, Problem>();

  refuse(about: Subject, remark: Remark): void {
    add(this.#refusals, about, { ...remark, cannot: 'export', severity: 'error' });
  }

  /** The rule is not written. */
  leaveOut(about: Subject, remark: Remark): void {
    add(this.#notes, about, { ...remark, cannot: 'export', severity: 'warning' });
  }

  /** The rule is written, and something is to be known of it. */
  note(about: Subject, remark: Remark): void {
    add(this.#notes, about, { ...remark, cannot: 'promise for later', severity: 'warning' });
  }

  get refusals(): readonly Problem[] {
    return sorted(this.#refusals);
  }

  get notes(): readonly Problem[] {
    return sorted(this.#notes);
  }
}

function add(into: Map<string, Problem>, { name, place }: Subject, finding: Finding): void {
  const key = `${name}\n${finding.code}\n${finding.so}`;
  if (!into.has(key)) into.set(key, problemOf({ ...finding, value: name }, place));
}

/** By name, so that the order of documents is not seen. */
const sorted = (problems: ReadonlyMap<string, Problem>): readonly Problem[] =>
  [...problems].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, problem]) => problem);
