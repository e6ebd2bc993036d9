import type { Term, TermId } from '../language/terms.ts';
import { absent, type ColumnRequirement, type Columns, columnsMatch } from './columns.ts';

type Filed = { readonly id: TermId; readonly requirements: readonly ColumnRequirement[] };

/**
 * Finds the selectors that match a label set. Each is filed under the values of its most telling `in` requirement, the
 * one with the fewest values on the column with the most; only those without any are tried on everybody.
 */
export class SelectorIndex {
  readonly #columns: Columns;
  /** By column, then value. */
  readonly #filed: Map<number, Filed[]>[] = [];
  readonly #unfiled: Filed[] = [];

  constructor(columns: Columns) {
    this.#columns = columns;
  }

  add(id: TermId, term: Term): void {
    if (term.kind !== 'workloads') return;
    const requirements = term.requirements.map((requirement) => this.#columns.compile(requirement));
    const telling = requirements
      .filter(({ operator }) => operator === 'in')
      .sort((a, b) => this.#share(a) - this.#share(b))[0];
    if (telling === undefined) {
      this.#unfiled.push({ id, requirements });
      return;
    }
    const rest = requirements.filter((other) => other !== telling);
    this.#filed[telling.column] ??= new Map();
    const byValue = this.#filed[telling.column] as Map<number, Filed[]>;
    for (const value of telling.values) {
      const list = byValue.get(value) ?? [];
      byValue.set(value, list);
      list.push({ id, requirements: rest });
    }
  }

  /** Ascending. */
  match(values: readonly number[]): TermId[] {
    const out: TermId[] = [];
    for (const filed of this.#unfiled) if (columnsMatch(filed.requirements, values)) out.push(filed.id);
    for (let column = 0; column < this.#filed.length; column++) {
      const candidates = this.#filed[column]?.get(values[column] ?? absent);
      if (candidates === undefined) continue;
      for (const filed of candidates) if (columnsMatch(filed.requirements, values)) out.push(filed.id);
    }
    return out.sort((a, b) => a - b);
  }

  /** Of the workloads, if values were spread evenly. */
  #share({ column, values }: ColumnRequirement): number {
    return values.size / Math.max(1, this.#columns.distinctValues(column));
  }
}
