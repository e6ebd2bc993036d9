import type { Done } from '@bulkhead/enforce/back-end.ts';
import type { NameChange, NamedAddress, NameTable } from '@bulkhead/enforce/name-table.ts';

/** Sets of addresses that run out by a clock of the test's, as a kernel's do. */
export class FakeNames implements NameTable {
  failure: Done<never> | null = null;
  puts = 0;
  readonly #clock: () => number;
  readonly #until = new Map<string, NamedAddress & { readonly until: number }>();

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** `name address` of what has not run out. */
  get held(): readonly string[] {
    return this.#live().map(({ name, address }) => `${name} ${address}`);
  }

  /** Whole seconds that are left of an element; 0: it is not there. */
  left(key: string): number {
    const found = this.#live().find(({ name, address }) => `${name} ${address}` === key);
    return found === undefined ? 0 : Math.round((found.until - this.#clock()) / 1000);
  }

  async read(names: readonly string[]): Promise<Done<readonly NamedAddress[]>> {
    const live = this.#live().filter(({ name }) => names.includes(name));
    const value = live.map((one) => ({ ...one, seconds: (one.until - this.#clock()) / 1000 }));
    return this.failure ?? { kind: 'done', value };
  }

  async change({ put, removed }: NameChange): Promise<Done<null>> {
    if (this.failure !== null) return this.failure;
    for (const { name, address } of removed) this.#until.delete(`${name} ${address}`);
    this.#add(put);
    return { kind: 'done', value: null };
  }

  put(addresses: readonly NamedAddress[]): void {
    this.puts += addresses.length;
    this.#add(addresses);
  }

  flush(): void {
    this.#until.clear();
  }

  close(): void {}

  #add(addresses: readonly NamedAddress[]): void {
    for (const one of addresses)
      this.#until.set(`${one.name} ${one.address}`, { ...one, until: this.#clock() + one.seconds * 1000 });
  }

  #live() {
    return [...this.#until.values()].filter(({ until }) => until > this.#clock());
  }
}
