import type { LabelSet } from './nodes.ts';
import type { Segments } from './segments.ts';

/** The values of some keys that a workload has together, as `each` asks for them (SPEC C5). */
export type Combination = { readonly name: string; readonly values: readonly string[] };
type Watch = {
  readonly keys: readonly string[];
  readonly found: Map<string, { readonly is: Combination; count: number }>;
};
/** `before`: whether each name that is counted was there. */
type Counting = { readonly step: 1 | -1; readonly before: Map<string, boolean> };
export type Turn = {
  readonly keys: string;
  readonly appeared: readonly Combination[];
  readonly gone: readonly string[];
};

/** Counts combinations over label sets in use; a workload that comes or goes costs one look per list of keys. */
export class Combinations {
  readonly #segments: Segments;
  readonly #watches = new Map<string, Watch>();
  #alive = new Set<LabelSet>();

  constructor(segments: Segments) {
    this.#segments = segments;
  }

  /** What there is now; selectors look at the keys already. */
  watch(keys: readonly string[]): readonly Combination[] {
    const key = keysText(keys);
    const watch = this.#watches.get(key) ?? this.#open(keys);
    this.#watches.set(key, watch);
    return [...watch.found.values()].map(({ is }) => is);
  }

  /** Lists of keys and what was found for them; of `lists` alone, where that is not null. */
  weight(lists: ReadonlySet<string> | null): number {
    let sum = 0;
    for (const [keys, { found }] of this.#watches) if (lists === null || lists.has(keys)) sum += 1 + found.size;
    return sum;
  }

  /** After label sets got or lost workloads. */
  turn(labelSets: Iterable<LabelSet>): Turn[] {
    const [born, died]: [LabelSet[], LabelSet[]] = [[], []];
    for (const labelSet of labelSets) {
      const alive = labelSet.members.size > 0;
      if (alive === this.#alive.has(labelSet)) continue;
      if (alive) this.#alive.add(labelSet);
      else this.#alive.delete(labelSet);
      (alive ? born : died).push(labelSet);
    }
    if (born.length === 0 && died.length === 0) return [];
    return [...this.#watches].map(([keys, watch]) => {
      const before = new Map<string, boolean>();
      for (const labelSet of born) this.#count(watch, labelSet, { step: 1, before });
      for (const labelSet of died) this.#count(watch, labelSet, { step: -1, before });
      const turned = [...before].filter(([name, was]) => was !== watch.found.has(name));
      const appeared = turned.flatMap(([name]) => watch.found.get(name)?.is ?? []);
      return { keys, appeared, gone: turned.flatMap(([name, was]) => (was ? [name] : [])) };
    });
  }

  /** After all label sets were made again. What they say of watched keys is what it was. */
  restart(): void {
    this.#alive = new Set([...this.#segments.labelSets].filter(({ members }) => members.size > 0));
    for (const [key, { keys }] of this.#watches) this.#watches.set(key, this.#open(keys));
  }

  #open(keys: readonly string[]): Watch {
    const watch: Watch = { keys, found: new Map() };
    for (const labelSet of this.#alive) this.#count(watch, labelSet, { step: 1, before: new Map() });
    return watch;
  }

  #count({ keys, found }: Watch, labelSet: LabelSet, { step, before }: Counting): void {
    const values: string[] = [];
    for (const key of keys) {
      const value = this.#segments.textOf(key, labelSet);
      if (value === undefined) return;
      values.push(value);
    }
    const name = keys.map((key, index) => `${key}=${values[index]}`).join(',');
    if (!before.has(name)) before.set(name, found.has(name));
    const entry = found.get(name) ?? { is: { name, values }, count: 0 };
    found.set(name, entry);
    entry.count += step;
    if (entry.count === 0) found.delete(name);
  }
}

export const keysText = (keys: readonly string[]): string => keys.join(',');
