import type { NamedAddress, NameTable } from '@bulkhead/enforce/name-table.ts';
import { compareBytes } from '@bulkhead/model/byte-order.ts';
import { domainCovers } from '@bulkhead/model/domain-text.ts';
import type { Address } from '@bulkhead/net/address.ts';
import { readAnswer } from '@bulkhead/sensors/dns/answer.ts';
import { datagramIn } from '@bulkhead/sensors/dns/datagram.ts';
import { type LearnedAddresses, learnedLimit } from '@bulkhead/wire/messages.ts';
import { errorText } from './atomic-file.ts';
import { type Learned, LearnedNames, type Limits } from './learned.ts';
import { readLearned, writeLearned } from './learned-file.ts';
import type { Log } from './log.ts';
import type { Problems } from './problems.ts';

export type NamesParts = {
  readonly table: NameTable;
  readonly path: string;
  readonly problems: Problems;
  readonly log: Log;
  readonly clock: () => number;
  /** Milliseconds for which an address stays after its answer ran out. */
  readonly grace: number;
  /** Where live connections of this host go; null: it cannot be said. */
  readonly inUse: () => Promise<ReadonlySet<Address> | null>;
  readonly limits?: Limits;
};

/** Milliseconds between looks at what runs out. */
export const nameTick = 15_000;
/** An element that runs out before this is renewed, or looked at whether somebody uses it. */
const near = 4 * nameTick;
/** For so long after our own doing a change of the kernel's rules may be it. */
const echo = 300;

/**
 * Addresses of domain names: hears answers of name servers, and keeps what it learned in the kernel beside the ruleset that
 * asks for it. INVARIANT: it puts there only addresses that a name server gave for a name, in the sets of names of the
 * ruleset in force that cover it.
 */
export class Names {
  readonly #parts: NamesParts;
  readonly #learned: LearnedNames;
  #patterns: readonly string[] = [];
  /** When elements run out in the kernel, by name of the ruleset and address. */
  readonly #held = new Map<string, number>();
  #adopting = true;
  #dirty = false;
  #truncated = 0;
  #quietSince = 0;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(parts: NamesParts) {
    this.#parts = parts;
    this.#learned = new LearnedNames(parts.grace, parts.limits);
    this.#learned.restore(readLearned(parts.path), parts.clock());
  }

  /** What the ruleset in force asks for. */
  get patterns(): readonly string[] {
    return this.#patterns;
  }
  get learned(): readonly Learned[] {
    return this.#learned.all.filter(({ name }) => this.#covering(name).length > 0);
  }
  get overflow(): number {
    return this.#learned.overflow;
  }
  /** A change of the kernel's rules may be our own. */
  get busy(): boolean {
    return this.#parts.clock() < this.#quietSince;
  }

  /** For people, the names that were answered last first; undefined: nobody asks for names. */
  report(): LearnedAddresses | undefined {
    if (this.#patterns.length === 0) return undefined;
    const toMinute = (time: number) => Math.floor(time / 60_000) * 60_000;
    const all = this.learned.map(({ name, address, since, answered }) => {
      return { name, address, since: toMinute(since), answered: toMinute(answered) };
    });
    all.sort((a, b) => b.answered - a.answered || compareBytes(a.name, b.name) || compareBytes(a.address, b.address));
    return { learned: all.slice(0, learnedLimit), more: Math.max(0, all.length - learnedLimit) + this.overflow };
  }

  /** From now on these are the names in force; what is known of them is in the kernel afterwards. */
  async follow(patterns: readonly string[]): Promise<void> {
    this.#patterns = patterns;
    await this.sync();
  }

  /** A packet from a name server that the rules allowed. */
  heard(packet: Uint8Array): void {
    const datagram = datagramIn(packet);
    const answer = datagram === null || datagram.sourcePort !== 53 ? null : readAnswer(datagram.payload);
    if (answer === null) return;
    const now = this.#parts.clock();
    const before = this.overflow;
    const learned = this.#learned.learn(answer, this.#patterns, now);
    this.#put(learned, (lacks, whole) => lacks > whole / 4);
    if (answer.truncated && this.#covering(answer.name).length > 0) this.#noteTruncated(answer.name);
    if (this.overflow > before) this.#noteOverflow();
    if (learned.length > 0) this.#dirty = true;
  }

  /** Renews what runs out too early, keeps what is in use, forgets what is over. */
  async tick(): Promise<void> {
    const now = this.#parts.clock();
    const ending = this.learned.filter(({ until }) => until - now < near);
    if (ending.length > 0) this.#learned.keep(await this.#inUse(), now, near);
    this.#learned.expire(now);
    for (const [key, until] of this.#held) if (until <= now) this.#held.delete(key);
    this.#put(this.learned, (lacks, _, left) => left < near && lacks > 0);
    this.save();
  }

  async #inUse(): Promise<ReadonlySet<Address> | null> {
    const inUse = await this.#parts.inUse();
    const text =
      'Nobody can say which addresses of domain names are in use: they go when their time and the grace are over';
    if (inUse === null) this.#parts.problems.set('names-in-use', text);
    else this.#parts.problems.clear('names-in-use');
    return inUse;
  }

  /** Compares the kernel with what it should hold, and puts it right. */
  sync(): Promise<void> {
    const turn = this.#queue.then(() => this.#sync());
    this.#queue = turn.catch(() => {});
    return turn;
  }

  save(): void {
    if (!this.#dirty) return;
    try {
      writeLearned(this.#parts.path, this.#learned.all);
      this.#dirty = false;
      this.#parts.problems.clear('names-file');
    } catch (error) {
      this.#parts.problems.set('names-file', `Cannot write "${this.#parts.path}": ${errorText(error)}`);
    }
  }

  close(): void {
    this.save();
    this.#parts.table.close();
  }

  async #sync(): Promise<void> {
    const { table, problems, clock } = this.#parts;
    const read = await table.read(this.#patterns);
    if (read.kind === 'failed') return problems.set('names', read.message);
    const now = clock();
    if (this.#adopting && this.#patterns.length > 0) this.#adopt(read.value, now);
    this.#learned.expire(now);
    const wanted = new Map(this.learned.flatMap((one) => this.#elements(one)).map((one) => [keyOf(one), one]));
    this.#held.clear();
    for (const one of read.value) this.#held.set(keyOf(one), now + one.seconds * 1000);
    const removed = read.value.filter((one) => !wanted.has(keyOf(one)));
    const put = [...wanted.values()].filter((one) => this.#lacking(one) > nearlySame);
    if (put.length + removed.length === 0) return problems.clear('names');
    this.#quiet();
    const changed = await table.change({ put: put.map((one) => this.#timed(one)), removed });
    this.#quiet();
    if (changed.kind === 'failed') return problems.set('names', `Names are not followed: ${changed.message}`);
    problems.clear('names');
    for (const one of put) this.#held.set(keyOf(one), one.until);
    for (const one of removed) this.#held.delete(keyOf(one));
    if (removed.length > 0) this.#noteForeign(removed);
  }

  /** An agent before us learned it and was ended before it wrote it down. */
  #adopt(found: readonly NamedAddress[], now: number): void {
    this.#adopting = false;
    for (const { name, address, seconds } of found) {
      const isKnown = this.#learned.all.some((one) => one.address === address && domainCovers(name, one.name));
      if (!isKnown) this.#learned.adopt(name, address, { now, until: now + seconds * 1000 });
    }
  }

  /** Puts those that lack so much time: `lacks` of the `whole` that is left, of which the kernel keeps them for `left`. */
  #put(learned: readonly Learned[], isDue: (lacks: number, whole: number, left: number) => boolean): void {
    const now = this.#parts.clock();
    const due = learned
      .flatMap((one) => this.#elements(one))
      .filter((one) => {
        const lacks = this.#lacking(one);
        return isDue(lacks, one.until - now, one.until - lacks - now);
      });
    if (due.length === 0) return;
    this.#quiet();
    this.#parts.table.put(due.map((one) => this.#timed(one)));
    for (const one of due) this.#held.set(keyOf(one), one.until);
  }

  #covering = (name: string): readonly string[] => this.#patterns.filter((pattern) => domainCovers(pattern, name));

  #elements({ name, address, until }: Learned): Element[] {
    return this.#covering(name).map((pattern) => ({ name: pattern, address, until }));
  }

  /** Milliseconds that the kernel's element falls short of what it should have. */
  #lacking(one: Element): number {
    return one.until - Math.max(this.#parts.clock(), this.#held.get(keyOf(one)) ?? 0);
  }

  #timed({ name, address, until }: Element): NamedAddress {
    return { name, address, seconds: (until - this.#parts.clock()) / 1000 };
  }

  #quiet(): void {
    this.#quietSince = this.#parts.clock() + echo;
  }

  #noteOverflow(): void {
    const text = `${this.overflow} addresses of domain names found no room: connections to them are judged without the name`;
    this.#parts.problems.set('names-overflow', text);
  }

  #noteTruncated(name: string): void {
    this.#truncated++;
    const text = `${this.#truncated} answers of name servers were cut, the last for ${name}: what came over TCP then is not seen`;
    this.#parts.problems.set('names-truncated', text);
  }

  #noteForeign(removed: readonly Omit<NamedAddress, 'seconds'>[]): void {
    const what = removed.slice(0, 5).map(({ name, address }) => `${address} of ${name}`);
    this.#parts.log('warn', 'Addresses of names that no name server gave were taken away', { what: what.join('; ') });
  }
}

/** Milliseconds: the kernel counts in seconds, and reading takes a moment. */
const nearlySame = 5000;

type Element = { readonly name: string; readonly address: Address; readonly until: number };
const keyOf = ({ name, address }: { readonly name: string; readonly address: Address }): string => `${name} ${address}`;
