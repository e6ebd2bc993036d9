import type { Depth } from '@bulkhead/enforce/back-end.ts';
import type { Decision } from '@bulkhead/model/decision.ts';
import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import type { Address } from '@bulkhead/net/address.ts';
import type { GuestHeld, RulesetDelta } from '@bulkhead/wire/messages.ts';
import { heldOf } from './changes.ts';
import { DecisionBook } from './decision-book.ts';
import { type CounterWatch, Enforcement, type Result } from './enforcement.ts';
import { guestFile, guestUndo, readGuestFiles, removeGuestFile, sharedAddress } from './guest-files.ts';
import type { Log } from './log.ts';
import { newConnection } from './new-connection.ts';
import type { HeldPlace, Privileged } from './privileged.ts';
import type { Problems } from './problems.ts';
import { RulesetFile } from './ruleset-file.ts';
import { Trials } from './trials.ts';

export type GuestsParts = {
  readonly folder: string;
  readonly privileged: Pick<Privileged, 'guests' | 'startWatchdog'>;
  readonly problems: Problems;
  readonly log: Log;
  readonly clock: () => number;
  readonly counters: Pick<CounterWatch, 'retired'>;
};

type Guest = {
  readonly workload: string;
  readonly place: number;
  readonly enforcement: Enforcement;
  readonly decisions: DecisionBook;
  readonly clearProblems: () => void;
};

/** What a ruleset that cannot be applied yet waits for: the other guest lets go of the address. */
type Waiting = { readonly ruleset: HostRuleset; readonly on: string };

/** Said of a guest, whenever it is: the answer to a change, also to one that had to wait. */
export type GuestAnswer = (workload: string, result: Result) => void;

/**
 * What this host enforces for workloads that run on its kernel: an Enforcement for each, at a place of its own.
 * INVARIANT: a guest is enforced until the controller says that it is none of this host's; who is not known any more
 * after a loss of files stays enforced in the kernel until then, too.
 */
export class Guests {
  readonly #parts: GuestsParts;
  readonly #guests = new Map<string, Guest>();
  readonly #waiting = new Map<string, Waiting>();
  /** As the controller last said; null: it has not, in the life of this process. */
  #wanted: ReadonlySet<string> | null = null;
  /** Held by the kernel, and nobody knows for whom. */
  #strays: readonly HeldPlace[] = [];
  #queue: Promise<unknown> = Promise.resolve();
  #pending = 0;
  #answer: GuestAnswer = () => {};

  constructor(parts: GuestsParts) {
    this.#parts = parts;
  }

  /** Those that something is held for. */
  get held(): readonly GuestHeld[] {
    return [...this.#guests.values()].flatMap(({ workload, enforcement: { held } }) =>
      held === null ? [] : [{ workload, held: heldOf(held) }],
    );
  }

  get all(): readonly { readonly workload: string; readonly enforcement: Enforcement }[] {
    return [...this.#guests.values()];
  }

  /** A change or a check is being made. */
  get busy(): boolean {
    return this.#pending > 0 || this.all.some(({ enforcement }) => enforcement.busy);
  }

  /** The kernel may change by our own doing. */
  get changing(): boolean {
    return this.#pending > 0 || this.all.some(({ enforcement }) => enforcement.changing);
  }

  get restored(): number {
    return this.all.reduce((sum, { enforcement }) => sum + enforcement.restored, 0);
  }

  /** Who hears of what becomes of changes. */
  listen(answer: GuestAnswer): void {
    this.#answer = answer;
  }

  isGuest(place: number, address: Address): boolean {
    return this.#at(place)?.enforcement.held?.content.local?.includes(address) === true;
  }

  decisionOf(generation: number, decision: number, place: number): Decision | null {
    return this.#at(place)?.decisions.find(generation, decision) ?? null;
  }

  /** Puts what was good last into the kernel; false when some of it could not be. */
  loadLastGood(): Promise<boolean> {
    return this.#inTurn(async () => {
      const { folder, problems, privileged } = this.#parts;
      const places = await privileged.guests.places();
      const held = places.kind === 'done' ? places.value.filter(({ place }) => place > 0) : [];
      const { guests, lost } = readGuestFiles(folder, new Set(held.map(({ place }) => place)));
      for (const { place, why } of lost) problems.set(`ruleset-file at ${place}`, why);
      for (const { workload, place } of guests) this.#guests.set(workload, this.#open(workload, place));
      this.#strays = held.filter(({ place }) => this.#at(place) === null);
      let sound = lost.length === 0;
      for (const { enforcement } of this.#guests.values()) {
        const result = await enforcement.loadLastGood();
        if (result.kind !== 'applied') sound = false;
      }
      return sound;
    });
  }

  /** All guests there are: what is enforced for others ends. */
  keep(workloads: readonly string[]): void {
    for (const name of this.#wanted ?? []) if (!workloads.includes(name)) this.#parts.problems.of(name).clearAll();
    this.#wanted = new Set(workloads);
    for (const name of this.#waiting.keys()) if (!workloads.includes(name)) this.#waiting.delete(name);
    void this.#inTurn(async () => {
      for (const guest of [...this.#guests.values()]) if (!this.#isWanted(guest.workload)) await this.#end(guest);
      await this.#clearStrays();
      await this.#takeUpWaiting();
    });
  }

  /** Whether a message about this workload is for here at all. */
  isWanted(workload: string): boolean {
    return this.#isWanted(workload);
  }

  replace(ruleset: HostRuleset): void {
    void this.#inTurn(async () => {
      this.#waiting.delete(ruleset.workload);
      await this.#replace(ruleset);
      await this.#takeUpWaiting();
    });
  }

  amend(workload: string, delta: RulesetDelta): void {
    void this.#inTurn(async () => {
      const guest = this.#guests.get(workload);
      this.#answer(workload, guest === undefined ? nothingHeld : await guest.enforcement.amend(workload, delta));
    });
  }

  /** At the same time, so that one reading of the kernel may do for all. */
  async check(depth: Depth, by: readonly string[] = []): Promise<boolean> {
    const restored = await Promise.all(this.all.map(({ enforcement }) => enforcement.check(depth, by)));
    return restored.includes(true);
  }

  /** A new enrolment starts from nothing held; the kernel keeps its rules until the first word about guests. */
  forget(): Promise<void> {
    return this.#inTurn(async () => {
      this.#wanted = null;
      this.#waiting.clear();
      for (const { workload, place, enforcement, clearProblems } of [...this.#guests.values()]) {
        this.#strays = [...this.#strays, { place, addresses: enforcement.held?.content.local ?? [] }];
        await enforcement.forget();
        clearProblems();
        this.#guests.delete(workload);
      }
    });
  }

  async #replace(ruleset: HostRuleset): Promise<void> {
    const { workload, content } = ruleset;
    if (!this.#isWanted(workload)) return;
    const local = content.local ?? [];
    const blocked = this.#blockedBy(workload, local);
    if (blocked !== null) {
      this.#waiting.set(workload, { ruleset, on: blocked.by });
      this.#answer(workload, this.#refusal(workload, blocked.message(ruleset.generation)));
      return;
    }
    const guest = this.#guests.get(workload) ?? (await this.#admit(workload, local));
    const result = await guest.enforcement.replace(workload, ruleset);
    this.#answer(workload, result);
    if (result.held === null) this.#drop(guest);
    await this.#clearStrays();
  }

  /** Another guest is still enforced for one of the addresses. */
  #blockedBy(workload: string, local: readonly Address[]) {
    for (const other of this.#guests.values()) {
      if (other.workload === workload) continue;
      const address = sharedAddress(local, other.enforcement.held?.content.local ?? []);
      if (address === null) continue;
      const so = `guest "${other.workload}" has ${address} as well, one of them has to let it go`;
      return { by: other.workload, message: (generation: number) => `Cannot apply generation ${generation}: ${so}` };
    }
    return null;
  }

  /** What waited for an address may have it now. */
  async #takeUpWaiting(): Promise<void> {
    for (const [workload, { ruleset }] of [...this.#waiting]) {
      if (this.#blockedBy(workload, ruleset.content.local ?? []) !== null) continue;
      this.#waiting.delete(workload);
      await this.#replace(ruleset);
    }
  }

  /** At the place of whoever had its addresses, so that the kernel goes from the one to the other in one step. */
  async #admit(workload: string, local: readonly Address[]): Promise<Guest> {
    const [own, ...others] = this.#strays.filter(({ addresses }) => sharedAddress(local, addresses) !== null);
    for (const stray of others) await this.#removeStray(stray);
    this.#strays = this.#strays.filter((stray) => stray !== own);
    if (own !== undefined) this.#parts.problems.clear(`ruleset-file at ${own.place}`);
    const guest = this.#open(workload, own?.place ?? this.#freePlace());
    this.#guests.set(workload, guest);
    return guest;
  }

  #freePlace(): number {
    const taken = new Set([...this.#guests.values(), ...this.#strays].map(({ place }) => place));
    let place = 1;
    while (taken.has(place)) place++;
    return place;
  }

  #open(workload: string, place: number): Guest {
    const { folder, privileged, problems, log, clock, counters } = this.#parts;
    const kernel = privileged.guests.at(place);
    const [book, decisions] = [problems.of(workload), new DecisionBook()];
    const path = guestUndo(folder, place);
    const enforcement = new Enforcement({
      ...{ kernel, problems: book, log, clock, decisions, of: 'guest' },
      file: new RulesetFile(guestFile(folder, place), book),
      // Its counters are some among those of the host, which says when all are gone.
      counters: { retired: (change) => counters.retired(change), wiped: () => {} },
      trials: new Trials({ path, kernel, startWatchdog: privileged.startWatchdog, connect: newConnection, clock }),
    });
    return { workload, place, enforcement, decisions, clearProblems: book.clearAll };
  }

  /** Never held anything: the place is free again. */
  #drop({ workload, place }: Guest): void {
    this.#guests.delete(workload);
    removeGuestFile(this.#parts.folder, place);
  }

  async #end(guest: Guest): Promise<void> {
    const { workload, place, enforcement, clearProblems } = guest;
    const addresses = enforcement.held?.content.local ?? [];
    const done = await enforcement.end();
    this.#guests.delete(workload);
    clearProblems();
    if (done.kind === 'failed') {
      removeGuestFile(this.#parts.folder, place);
      this.#strays = [...this.#strays, { place, addresses }];
      this.#parts.problems.set('guest-left', `Cannot end what is enforced for "${workload}": ${done.message}`);
    } else this.#parts.log('info', 'Enforced no more: a guest has left', { workload, place });
  }

  /** Once everybody who is here has something of his own. */
  async #clearStrays(): Promise<void> {
    const { problems } = this.#parts;
    if (this.#wanted === null || [...this.#wanted].some((name) => !this.#holds(name))) return;
    for (const stray of this.#strays) await this.#removeStray(stray);
    if (this.#strays.length === 0) problems.clear('guest-left');
  }

  async #removeStray(stray: HeldPlace): Promise<void> {
    const { privileged, problems, folder } = this.#parts;
    const done = await privileged.guests.at(stray.place).remove();
    if (done.kind === 'failed') {
      problems.set('guest-left', `Cannot end what is enforced at place ${stray.place}: ${done.message}`);
      return;
    }
    removeGuestFile(folder, stray.place);
    problems.clear(`ruleset-file at ${stray.place}`);
    this.#strays = this.#strays.filter((other) => other !== stray);
  }

  #refusal(workload: string, problem: string): Result {
    const enforcement = this.#guests.get(workload)?.enforcement;
    const [held, proven] = [enforcement?.held ?? null, enforcement?.proven ?? false];
    return { kind: 'refused', held, proven, problem, milliseconds: 0 };
  }

  #isWanted(workload: string): boolean {
    return this.#wanted === null ? this.#guests.has(workload) : this.#wanted.has(workload);
  }

  #holds(workload: string): boolean {
    return (this.#guests.get(workload)?.enforcement.held ?? null) !== null;
  }

  #at(place: number): Guest | null {
    for (const guest of this.#guests.values()) if (guest.place === place) return guest;
    return null;
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    this.#pending++;
    const turn = this.#queue.then(task).finally(() => {
      this.#pending--;
    });
    this.#queue = turn.catch((error: unknown) => {
      this.#parts.log('error', 'A change of guests broke off', { why: String(error) });
    });
    return turn;
  }
}

/** The controller then sends the whole. */
const nothingHeld: Result = { kind: 'again', held: null, proven: false, problem: 'nothing is held', milliseconds: 0 };
