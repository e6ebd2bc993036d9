import { createHash } from 'node:crypto';

/** One table as `bulkhead-helper table` prints it: what the kernel holds, in the kernel's own form. */
export type KernelTable = {
  /** How often any rules of this network namespace were changed since it was made; wraps at 32 bits. */
  readonly epoch: number;
  /** The epoch was another one at the end: somebody changed rules meanwhile. */
  readonly disturbed: boolean;
  readonly chains: ReadonlyMap<string, string>;
  readonly maps: ReadonlyMap<string, KernelMap>;
  /** What was asked for, by map and key; null: the map has no such key. */
  readonly elements: ReadonlyMap<string, ReadonlyMap<string, string | null>>;
};

/** `definition`: types and flags. `size` null: this kernel does not say it. */
export type KernelMap = { readonly definition: string; readonly size: number | null };

/** Null: there is no such table. `unreadable`: the text is not the helper's. */
export function readKernelTable(text: string): KernelTable | null | 'unreadable' {
  const reading = new Reading();
  for (const line of text.split('\n')) if (line !== '' && !reading.take(line.split(' '))) return 'unreadable';
  return reading.result();
}

/** Digests instead of rules: what they are compared with is another reading of the same kernel. */
class Reading {
  readonly #epochs: number[] = [];
  readonly #hooks = new Map<string, string>();
  readonly #rules = new Map<string, string[]>();
  readonly #maps = new Map<string, KernelMap>();
  readonly #elements = new Map<string, Map<string, string | null>>();
  #absent = false;

  /** False: not a line of the helper. */
  take([word, ...rest]: readonly string[]): boolean {
    const [name = '', first = '', second = '', third = '', value = ''] = rest;
    if (word === 'generation' && rest.length === 1) this.#epochs.push(Number(name));
    else if (word === 'absent') this.#absent = true;
    else if (word === 'chain' && rest.length === 4) this.#hooks.set(name, rest.slice(1).join(' '));
    else if (word === 'rule' && rest.length === 3) this.#rule(name, `${first} ${second}`);
    else if (word === 'map' && rest.length === 7) this.#map(name, rest.slice(1));
    else if (word === 'element' && rest.length === 5) this.#element(name, keyOf(first, second, third), value);
    else if (word === 'lacks' && rest.length === 2) this.#element(name, first, null);
    else return false;
    return true;
  }

  #rule(chain: string, text: string): void {
    const rules = this.#rules.get(chain);
    if (rules === undefined) this.#rules.set(chain, [text]);
    else rules.push(text);
  }

  #map(name: string, fields: readonly string[]): void {
    const size = Number(fields.at(-1));
    this.#maps.set(name, { definition: fields.slice(0, -1).join(' '), size: size < 0 ? null : size });
  }

  #element(map: string, key: string, value: string | null): void {
    const elements = this.#elements.get(map) ?? new Map<string, string | null>();
    this.#elements.set(map, elements.set(key, value));
  }

  result(): KernelTable | null | 'unreadable' {
    const [before, after] = this.#epochs;
    if (this.#absent || (before !== undefined && this.#hooks.size === 0)) return null;
    if (before === undefined || after === undefined) return 'unreadable';
    const chains = [...this.#hooks].map(
      ([name, hook]) => [name, digest([hook, ...(this.#rules.get(name) ?? [])])] as const,
    );
    const disturbed = before !== after;
    return { epoch: after, disturbed, chains: new Map(chains), maps: this.#maps, elements: this.#elements };
  }
}

/** Keys come inside an attribute of the kernel, `length type value`: single ones are asked for without it. */
function keyOf(key: string, end: string, flags: string): string {
  return end === '-' && flags === '-' ? key.slice(8) : `${key} ${end} ${flags}`;
}

export const digest = (lines: readonly string[]): string => createHash('sha256').update(lines.join('\n')).digest('hex');

/** The elements of a map as one value, whatever order they are listed in. */
export function digestElements(elements: ReadonlyMap<string, string | null> | undefined): string {
  return digest([...(elements ?? [])].map(([key, value]) => `${key} ${value ?? ''}`).sort());
}
