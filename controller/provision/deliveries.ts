import type { AddressDelta, HostRuleset, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { defaultLiveMode, type LiveMode } from '@bulkhead/model/words.ts';
import { addressDelta } from '@bulkhead/policy/ruleset/address-delta.ts';
import { narrows, narrowsByAddresses } from '@bulkhead/policy/ruleset/narrows.ts';
import type { Applied, ControllerMessage, Held, Reach, Trial } from '@bulkhead/wire/messages.ts';
import type { AgentLink, Hosts } from '../agents/hosts.ts';
import type { Refusal } from '../agents/refusals.ts';
import { latest } from '../latest.ts';
import { serial } from '../serial.ts';
import type { Store } from '../store/open-store.ts';
import { type HostNumbers, judgeHeld, overtake } from './host-numbers.ts';
import { deltaTexts, type Meant, nothingMeant, readMeant, type Writing, writeMeant } from './meant.ts';
import { RevisionPace } from './revision-pace.ts';

/** What one host is meant to enforce from now on. `hash` is that of `content`. */
export type Target = {
  readonly workload: string;
  readonly content: HostRulesetContent;
  readonly hash: string;
  readonly version: number;
  /** Null: not known, and found by comparing. */
  readonly change: AddressChange | null;
  /** What becomes of live connections that it denies; absent: they are judged again. */
  readonly live?: LiveMode;
  /** Kept at once whatever it cuts off: what must hold at any price. */
  readonly untried?: true;
};

/** What turns `base` into a content that differs from it in addresses alone, and whether that narrows it (SPEC K7). */
export type AddressChange = {
  readonly base: HostRulesetContent;
  readonly delta: AddressDelta;
  readonly narrows: boolean;
};

export type Answered = { readonly state: 'applied' | 'failed' | 'away' | 'timeout'; readonly problem: string | null };

/** `delta`: from the content before; null where more than addresses differs. */
type Planned = {
  readonly before: Meant;
  readonly ruleset: HostRuleset;
  readonly delta: AddressDelta | null;
  /** Numbers to follow soon: the revision that this change is still owed. */
  readonly owed: HostNumbers | null;
  /** Takes nothing away that the content before allowed, or must hold at any price: nothing to try out. */
  readonly sure: boolean;
};
type Waiter = { readonly generation: number; readonly resolve: (answer: Answered) => void };

export type DeliveryParts = {
  readonly store: Store;
  readonly hosts: Hosts;
  /** Something about an agent's numbers that should not be; the session goes on. */
  readonly noticed: (refusal: Refusal, workload: string) => void;
  /** A workload is meant to hold another generation from now on. */
  readonly aimed: (workload: string, generation: number) => void;
  /** What a host depends on, and must be able to reach after a change. */
  readonly reach: (workload: string) => readonly Reach[];
  /** Milliseconds that only go forwards. */
  readonly clock?: () => number;
};

/** How long a host tries to reach what it must before it goes back to what it held. */
export const trialSeconds = 15;

/**
 * What every host is meant to hold and how it gets there: deltas where only addresses changed and the host holds
 * exactly what it was last sent, whole rulesets otherwise.
 * INVARIANT: a generation is on disk before it is on the wire, so no number is ever given out twice.
 */
export class Deliveries {
  readonly #parts: DeliveryParts;
  readonly #meant = new Map<string, Meant>();
  readonly #waiters = new Map<string, Waiter[]>();
  /** Hosts whose present ruleset is kept at once. Not stored: after a restart it would be tried out, which is safe. */
  readonly #untried = new Set<string>();
  /** Hosts that have not yet answered for a change whose denied connections are to be ended on both ends. */
  readonly #resetting = new Set<string>();
  readonly #revisions: RevisionPace;
  /** Numbers are given out one change at a time. */
  readonly #numbering = serial();

  /** Hosts of one step answer within moments of each other. */
  readonly #keepApplied: (workload: string, applied: Applied) => Promise<void>;

  private constructor(parts: DeliveryParts) {
    this.#parts = parts;
    this.#revisions = new RevisionPace(parts.clock ?? (() => performance.now()));
    this.#keepApplied = latest((batch) =>
      parts.store.transaction(async ({ hostStates }) => {
        for (const [workload, applied] of batch) await hostStates.applied(workload, applied);
      }),
    );
  }

  static async load(parts: DeliveryParts): Promise<Deliveries> {
    const deliveries = new Deliveries(parts);
    for (const record of await parts.store.hostStates.all()) deliveries.#meant.set(record.workload, readMeant(record));
    await deliveries.#remember();
    return deliveries;
  }

  /** What hosts that have not answered yet were to do with connections is kept with the version. */
  async #remember(): Promise<void> {
    const open = [...this.#meant].filter(([, meant]) => meant.applied < meant.numbers.generation);
    for (const [workload, { ruleset }] of open) {
      const record = ruleset === null ? null : await this.#parts.store.provisions.get(ruleset.version);
      if (record?.waves?.live === 'reset') this.#resetting.add(workload);
    }
  }

  /** What is owed is paid now, and otherwise when hosts come back: it is stored. */
  stop(): Promise<void> {
    this.#revisions.stop();
    return this.#numbering(async () => {
      for (const workload of this.#meant.keys()) await this.#pay(workload);
    });
  }

  meant(workload: string): HostNumbers {
    return this.#meantFor(workload).numbers;
  }

  content(workload: string): HostRulesetContent | null {
    return this.#meant.get(workload)?.ruleset?.content ?? null;
  }

  version(workload: string): number | null {
    return this.#meant.get(workload)?.ruleset?.version ?? null;
  }

  forget(workload: string): void {
    const meant = this.#meant.get(workload);
    if (meant !== undefined) this.#meant.set(workload, { ...meant, applied: 0 });
    this.#settle(workload, () => true, { state: 'away', problem: null });
  }

  /** Stores and sends what differs from what was last meant; answers which hosts that were. */
  aim(targets: readonly Target[]): Promise<string[]> {
    return this.#numbering(() => this.#aim(targets));
  }

  async #aim(targets: readonly Target[]): Promise<string[]> {
    const [changed, same] = [[] as Target[], [] as Target[]];
    for (const target of targets) (this.meant(target.workload).hash === target.hash ? same : changed).push(target);
    for (const target of same) this.#adopt(target);
    const planned = changed.map((target) => this.#plan(target));
    for (const { workload, untried } of changed) {
      if (untried === true) this.#untried.add(workload);
      else this.#untried.delete(workload);
    }
    const written = await this.#keep(planned);
    for (const [index, { before, ruleset, delta, owed, sure }] of planned.entries()) {
      // Read again: the host may have answered while this was being stored.
      const { applied } = this.#meantFor(ruleset.workload);
      const { generation, revision, hash } = ruleset;
      const { stored } = written[index] as Writing;
      this.#meant.set(ruleset.workload, { numbers: { generation, revision, hash }, owed, ruleset, applied, stored });
      if (owed !== null)
        this.#revisions.later(ruleset.workload, () => this.#numbering(() => this.#pay(ruleset.workload)));
      this.#parts.aimed(ruleset.workload, generation);
      const link = this.#parts.hosts.link(ruleset.workload);
      if (link === null) continue;
      const change = delta === null ? null : { before: before.numbers, delta };
      const trial = sure ? null : this.#trial(ruleset.workload);
      sendChange(link, ruleset, { change, ...this.#terms(ruleset.workload, trial) });
    }
    return changed.map((target) => target.workload);
  }

  /** The revision that changes came too soon for. It is stored since they were, so nothing is lost by ending here. */
  async #pay(workload: string): Promise<void> {
    const before = this.#meantFor(workload).numbers;
    const ruleset = this.#settleOwed(workload);
    const link = this.#parts.hosts.link(workload);
    if (ruleset === null || link === null) return;
    const change = { before, delta: { added: [], removed: [] } };
    sendChange(link, ruleset, { change, ...this.#terms(workload, null) });
  }

  /** Null: nothing was owed. */
  #settleOwed(workload: string): HostRuleset | null {
    const meant = this.#meantFor(workload);
    if (meant.owed === null || meant.ruleset === null) return null;
    const ruleset = { ...meant.ruleset, ...meant.owed };
    this.#meant.set(workload, { ...meant, numbers: meant.owed, owed: null, ruleset });
    this.#revisions.given(workload);
    this.#parts.aimed(workload, ruleset.generation);
    return ruleset;
  }

  #terms(workload: string, trial: Trial | null): Terms {
    return { trial, ...(this.#resetting.has(workload) && { live: 'reset' }) };
  }

  /** Hosts then share what their contents have in common, instead of each holding what was read from the store. */
  #adopt({ workload, content }: Target): void {
    const meant = this.#meantFor(workload);
    if (meant.ruleset !== null) this.#meant.set(workload, { ...meant, ruleset: { ...meant.ruleset, content } });
  }

  /** An agent has come, or could not use a delta; `link.held` is what it says it holds. */
  hello(link: AgentLink): Promise<void> {
    return this.#numbering(() => this.#hello(link));
  }

  async #hello(link: AgentLink): Promise<void> {
    const { workload, held } = link;
    this.#settleOwed(workload);
    const meant = this.#meant.get(workload);
    if (meant === undefined) return;
    const found = judgeHeld(meant.numbers, meant.applied, held);
    // What it holds and never answered for is sent again: it refuses it and says whether its kernel holds it.
    if (found === 'current' && meant.applied >= meant.numbers.generation) return;
    if (found === 'set-back') this.#parts.noticed(setBack(workload, meant, held), workload);
    if (found === 'impossible') {
      this.#parts.noticed(impossible(workload, held), workload);
      return;
    }
    if (found === 'ahead' && held !== null) await this.#overtake(meant, held, workload);
    const ruleset = this.#meant.get(workload)?.ruleset ?? null;
    if (ruleset !== null) sendWhole(link, ruleset, this.#terms(workload, this.#trial(workload)));
  }

  /** Null, or why the session must end. */
  async applied(link: AgentLink, said: Applied): Promise<Refusal | null> {
    const { workload } = link;
    const meant = this.#meant.get(workload);
    if (meant === undefined || said.generation > meant.numbers.generation) return neverSent(workload, said);
    if (said.generation < meant.applied) return olderGeneration(workload, said, meant.applied);
    const holds = said.generation === meant.numbers.generation && said.hash === meant.numbers.hash;
    // To be sent what it holds is no problem of the host.
    const applied = holds && said.proven ? { ...said, problem: null } : said;
    this.#meant.set(workload, { ...meant, applied: applied.generation });
    await this.#keepApplied(workload, applied);
    this.#parts.hosts.note(workload, { applied });
    if (holds) this.#resetting.delete(workload);
    if (holds) this.#settle(workload, (waiter) => waiter.generation <= applied.generation, success(applied));
    else if (applied.problem !== null) {
      link.held = null;
      this.#settle(workload, () => true, failure(applied.problem));
    }
    return null;
  }

  /** Resolves when the host has answered for what it is meant to hold now, is away, or the time is over. */
  answered(workload: string, milliseconds: number): Promise<Answered> {
    const { numbers, applied } = this.#meantFor(workload);
    if (this.#parts.hosts.link(workload) === null) return Promise.resolve({ state: 'away', problem: null });
    if (applied >= numbers.generation) return Promise.resolve({ state: 'applied', problem: null });
    return new Promise((resolve) => {
      const timer = setTimeout(() => done({ state: 'timeout', problem: null }), milliseconds);
      const done = (answer: Answered) => {
        clearTimeout(timer);
        const rest = (this.#waiters.get(workload) ?? []).filter((other) => other !== waiter);
        this.#waiters.set(workload, rest);
        resolve(answer);
      };
      const waiter: Waiter = { generation: numbers.generation, resolve: done };
      this.#waiters.set(workload, [...(this.#waiters.get(workload) ?? []), waiter]);
    });
  }

  /** Sends again what hosts failed to take; a ruleset that did not load may load once the host is mended. */
  retry(): void {
    for (const workload of this.#parts.hosts.reachable()) {
      const link = this.#parts.hosts.link(workload);
      const meant = this.#meant.get(workload);
      if (link?.held !== null || !meant?.ruleset || meant.applied >= meant.numbers.generation) continue;
      sendWhole(link, meant.ruleset, this.#terms(workload, this.#trial(workload)));
    }
  }

  #trial(workload: string): Trial | null {
    return this.#untried.has(workload) ? null : { seconds: trialSeconds, reach: this.#parts.reach(workload) };
  }

  #plan({ workload, content, hash, version, change, untried, live = defaultLiveMode }: Target): Planned {
    const before = this.#meantFor(workload);
    const was = before.ruleset?.content ?? null;
    const known = change !== null && change.base === was ? change : null;
    const delta = known?.delta ?? addressDelta(was, content);
    const narrowed =
      known?.narrows ?? (was !== null && delta !== null ? narrowsByAddresses(was, delta) : narrows(was, content));
    if (narrowed && live === 'reset') this.#resetting.add(workload);
    const judges = (narrowed && live !== 'drain') || before.owed !== null || before.numbers.revision === 0;
    // Who is away has no connection judged now; what must hold at any price waits for nothing.
    const isUrgent = live === 'reset' || untried === true || this.#parts.hosts.link(workload) === null;
    const { numbers, owed } = this.#revisions.next(workload, { before, hash, judges, isUrgent });
    const ruleset = { format: 1, workload, content, version, ...numbers } as const;
    // On top of what the host never took, what takes nothing away may still be what cuts it off.
    const sure = untried === true || (!narrowed && before.applied >= before.numbers.generation);
    return { before, ruleset, delta, owed, sure };
  }

  #meantFor(workload: string): Meant {
    return this.#meant.get(workload) ?? nothingMeant;
  }

  async #overtake(meant: Meant, held: Held, workload: string): Promise<void> {
    const message = `Cannot believe host "${workload}": it holds generation ${held.generation}, which was never sent`;
    this.#parts.noticed({ code: 'generation-ahead', message }, workload);
    if (meant.ruleset === null) return;
    const numbers = overtake(meant.numbers, held);
    const ruleset = { ...meant.ruleset, ...numbers };
    const [written] = await this.#keep([{ before: meant, ruleset, delta: null, owed: null, sure: false }]);
    this.#meant.set(workload, { numbers, owed: null, ruleset, applied: 0, stored: (written as Writing).stored });
  }

  async #keep(planned: readonly Planned[]): Promise<Writing[]> {
    const textOf = deltaTexts();
    const written = planned.map(({ before, ruleset, delta, owed }) =>
      writeMeant({ ...ruleset, ...owed }, before.stored, delta === null ? null : { text: textOf(delta) }),
    );
    if (written.length === 0) return written;
    await this.#parts.store.transaction(async ({ hostStates }) => {
      for (const writing of written) {
        if (writing.kind === 'whole') await hostStates.sent(writing.row);
        else await hostStates.amended(writing.row);
      }
    });
    return written;
  }

  #settle(workload: string, concerns: (waiter: Waiter) => boolean, answer: Answered): void {
    for (const waiter of (this.#waiters.get(workload) ?? []).filter(concerns)) waiter.resolve(answer);
  }
}

type Sending = {
  /** From what stood under the numbers before; of use where that is exactly what the host holds. */
  readonly change: { readonly before: HostNumbers; readonly delta: AddressDelta } | null;
} & Terms;
type Terms = { readonly trial: Trial | null; readonly live?: LiveMode };

function sendChange(link: AgentLink, after: HostRuleset, { change, ...terms }: Sending): void {
  const { held } = link;
  if (change === null || held === null || !sameNumbers(held, change.before)) {
    sendWhole(link, after, terms);
    return;
  }
  const { generation, revision, hash, version } = after;
  const message: ControllerMessage = {
    kind: 'delta',
    delta: { base: held, generation, revision, hash, version, addresses: change.delta },
    ...terms,
  };
  link.send(message);
  link.held = { generation, revision, hash };
}

const sameNumbers = (a: HostNumbers, b: HostNumbers): boolean =>
  a.generation === b.generation && a.revision === b.revision && a.hash === b.hash;

function sendWhole(link: AgentLink, ruleset: HostRuleset, terms: Terms): void {
  link.send({ kind: 'ruleset', ruleset, ...terms });
  link.held = { generation: ruleset.generation, revision: ruleset.revision, hash: ruleset.hash };
}

const success = ({ problem }: Applied): Answered => ({ state: 'applied', problem });
const failure = (problem: string): Answered => ({ state: 'failed', problem });

function neverSent(workload: string, { generation }: Applied): Refusal {
  const message = `Cannot accept generation ${generation} from "${workload}": it was never sent`;
  return { code: 'generation-unknown', message };
}

function olderGeneration(workload: string, { generation }: Applied, applied: number): Refusal {
  const message = `Cannot accept generation ${generation} from "${workload}": it had applied ${applied} before`;
  return { code: 'generation-older', message };
}

function impossible(workload: string, held: Held | null): Refusal {
  const message = `Cannot believe host "${workload}": it says it holds generation ${held?.generation}, enrol it again under another name`;
  return { code: 'generation-impossible', message };
}

function setBack(workload: string, { applied }: Meant, held: Held | null): Refusal {
  const holds = held === null ? 'nothing' : `generation ${held.generation}`;
  const message = `Cannot trust the state of host "${workload}": it holds ${holds} and had applied ${applied}; it is sent all again`;
  return { code: 'generation-set-back', message };
}
