import type { Requirement } from '@bulkhead/model/documents.ts';
import { labelOf } from '@bulkhead/model/requirements.ts';
import type { Labels } from '@bulkhead/model/words.ts';

/** A requirement over columns. `values` is empty for `exists` and `absent`; `only` is its value where it has one. */
export type ColumnRequirement = {
  readonly column: number;
  readonly operator: Requirement['operator'];
  readonly values: ReadonlySet<number>;
  readonly only: number | null;
};

/** What a label set says of a key that the workload does not have. */
export const absent = -1;

/** Numbers for the label keys that selectors look at and for their values: matching compares numbers. */
export class Columns {
  readonly #columns = new Map<string, number>();
  readonly #keys: string[] = [];
  readonly #values: Map<string, number>[] = [];
  readonly #texts: string[][] = [];
  #size = 0;

  /** Values of all columns. */
  get size(): number {
    return this.#size;
  }

  /** Whether it is new: label sets made before lack it. */
  look(key: string): boolean {
    if (this.#columns.has(key)) return false;
    this.#columns.set(key, this.#keys.push(key) - 1);
    this.#values.push(new Map());
    this.#texts.push([]);
    return true;
  }

  /** The text of a key's value in a label set; undefined where the key is absent or nobody looks at it. */
  textOf(key: string, values: readonly number[]): string | undefined {
    const column = this.#columns.get(key);
    return column === undefined ? undefined : this.#texts[column]?.[values[column] ?? absent];
  }

  compile({ key, operator, values }: Requirement): ColumnRequirement {
    const column = this.#columns.get(key);
    if (column === undefined) throw new Error(`Nobody looks at label ${key}`);
    const numbers = new Set(values.map((value) => this.#number(column, value)));
    const [first] = numbers;
    return { column, operator, values: numbers, only: numbers.size === 1 && first !== undefined ? first : null };
  }

  valuesOf(labels: Labels): number[] {
    const out: number[] = [];
    for (let column = 0; column < this.#keys.length; column++) {
      const value = labelOf(labels, this.#keys[column] as string);
      out.push(value === undefined ? absent : this.#number(column, value));
    }
    return out;
  }

  /** Those that label sets have or requirements name. */
  countUsed(sets: Iterable<readonly number[]>, requirements: Iterable<Requirement>): number {
    const used = this.#keys.map(() => new Set<number>());
    for (const values of sets) for (const [column, value] of values.entries()) used[column]?.add(value);
    for (const { key, values } of requirements) {
      const column = this.#columns.get(key);
      for (const value of values) if (column !== undefined) used[column]?.add(this.#number(column, value));
    }
    for (const values of used) values.delete(absent);
    return used.reduce((sum, { size }) => sum + size, 0);
  }

  /** How finely a column tells workloads apart. */
  distinctValues(column: number): number {
    return this.#values[column]?.size ?? 0;
  }

  #number(column: number, value: string): number {
    const known = this.#values[column] as Map<string, number>;
    const number = known.get(value);
    if (number !== undefined) return number;
    known.set(value, known.size);
    this.#size++;
    this.#texts[column]?.push(value);
    return known.size - 1;
  }
}

/** SPEC S1-S3. */
export function columnsMatch(requirements: readonly ColumnRequirement[], values: readonly number[]): boolean {
  for (const requirement of requirements) if (!columnMatches(requirement, values)) return false;
  return true;
}

function columnMatches(
  { column, operator, values: named, only }: ColumnRequirement,
  values: readonly number[],
): boolean {
  const value = values[column] ?? absent;
  switch (operator) {
    case 'in':
      return only === null ? named.has(value) : value === only;
    case 'notin':
      return !named.has(value);
    case 'exists':
      return value !== absent;
    case 'absent':
      return value === absent;
  }
}
