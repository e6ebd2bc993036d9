import { domainCovers } from '@bulkhead/model/domain-text.ts';
import type { Address } from '@bulkhead/net/address.ts';
import type { DnsAnswer } from '@bulkhead/sensors/dns/answer.ts';

/** An address that a name server gave for a name that the ruleset asks for. Times in milliseconds since the epoch. */
export type Learned = {
  readonly name: string;
  readonly address: Address;
  readonly since: number;
  /** Of the last answer. */
  answered: number;
  /** What its last answer said, then the grace; longer while it is in use. */
  until: number;
};

/** Of one name in the ruleset, which may cover many names. Beyond it, addresses of old answers make room for new ones. */
export const perName = 512;
/** Of all names: an element of the kernel costs about 200 bytes, and each address is one per name that covers it. */
export const overall = 4096;
/** Milliseconds; a shorter time to live is mostly that of somebody who balances load, and clients keep addresses longer. */
const leastTtl = 30_000;

export type Limits = { readonly perName: number; readonly overall: number };

/** What this host knows of names, whoever asks for it in the kernel. */
export class LearnedNames {
  /** Addresses that found no room. */
  overflow = 0;
  readonly #limits: Limits;
  readonly #grace: number;
  readonly #byKey = new Map<string, Learned>();

  /** `grace`: milliseconds for which an address stays after its answer ran out. */
  constructor(grace: number, limits: Limits = { perName, overall }) {
    [this.#grace, this.#limits] = [grace, limits];
  }

  get all(): readonly Learned[] {
    return [...this.#byKey.values()];
  }

  /** `patterns`: the names of the ruleset. What was learned or has more time now; nothing where none of them covers the name. */
  learn({ name, addresses }: DnsAnswer, patterns: readonly string[], now: number): readonly Learned[] {
    const covering = patterns.filter((pattern) => domainCovers(pattern, name));
    if (covering.length === 0) return [];
    return addresses.flatMap(({ address, ttl }) => {
      const until = now + Math.max(leastTtl, ttl * 1000) + this.#grace;
      const known = this.#byKey.get(keyOf(name, address));
      if (known === undefined && !this.#makeRoom(covering, now)) return [];
      const learned = known ?? { name, address, since: now, answered: now, until };
      this.#byKey.set(keyOf(name, address), learned);
      learned.answered = now;
      learned.until = Math.max(learned.until, until);
      return [learned];
    });
  }

  /** What the kernel held before us and nobody remembers. */
  adopt(name: string, address: Address, { now, until }: { readonly now: number; readonly until: number }): void {
    if (this.#byKey.size < this.#limits.overall)
      this.#byKey.set(keyOf(name, address), { name, address, since: now, answered: now, until });
  }

  restore(entries: readonly Learned[], now: number): void {
    for (const entry of entries)
      if (entry.until > now && this.#byKey.size < this.#limits.overall)
        this.#byKey.set(keyOf(entry.name, entry.address), { ...entry });
  }

  /** Some flow uses the address. Null: nobody can say, and then nothing is kept for it. */
  keep(inUse: ReadonlySet<Address> | null, now: number, least: number): void {
    const until = now + Math.max(this.#grace, least);
    for (const learned of this.#byKey.values())
      if (learned.until < until && inUse?.has(learned.address)) learned.until = until;
  }

  expire(now: number): void {
    for (const [key, { until }] of this.#byKey) if (until <= now) this.#byKey.delete(key);
  }

  /** Whoever was answered longest ago goes, if his answer has run out: a server that rotates addresses needs no more. */
  #makeRoom(covering: readonly string[], now: number): boolean {
    const rivals = this.all.filter(({ name }) => covering.some((pattern) => domainCovers(pattern, name)));
    const isFull = rivals.length >= this.#limits.perName;
    if (!isFull && this.#byKey.size < this.#limits.overall) return true;
    this.overflow++;
    const old = (isFull ? rivals : this.all).filter(({ until }) => until - this.#grace <= now);
    const oldest = old.reduce<Learned | null>((a, b) => (a === null || b.answered < a.answered ? b : a), null);
    if (oldest === null) return false;
    this.#byKey.delete(keyOf(oldest.name, oldest.address));
    return true;
  }
}

const keyOf = (name: string, address: Address): string => `${name} ${address}`;
