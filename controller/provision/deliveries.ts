import type { HostRuleset, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { decodeHostRuleset, encodeHostRuleset } from '@bulkhead/model/host-ruleset-text.ts';
import { addressDelta } from '@bulkhead/policy/ruleset/address-delta.ts';
import { narrows } from '@bulkhead/policy/ruleset/narrows.ts';
import type { Applied, ControllerMessage, Held } from '@bulkhead/wire/messages.ts';
import type { AgentLink, Hosts } from '../agents/hosts.ts';
import type { Refusal } from '../agents/refusals.ts';
import { serial } from '../serial.ts';
import type { Store } from '../store/open-store.ts';
import { type HostNumbers, judgeHeld, nextNumbers, noNumbers, overtake } from './host-numbers.ts';

/** What one host is meant to enforce from now on. `hash` is that of `content`. */
export type Target = {
  readonly workload: string;
  readonly content: HostRulesetContent;
  readonly hash: string;
  readonly version: number;
};

export type Answered = { readonly state: 'applied' | 'failed' | 'away' | 'timeout'; readonly problem: string | null };

type Meant = { readonly numbers: HostNumbers; readonly ruleset: HostRuleset | null; readonly applied: number };
type Waiter = { readonly generation: number; readonly resolve: (answer: Answered) => void };

export type DeliveryParts = {
  readonly store: Store;
  readonly hosts: Hosts;
  /** Something about an agent's numbers that should not be; the session goes on. */
  readonly noticed: (refusal: Refusal, workload: string) => void;
};

/**
 * What every host is meant to hold and how it gets there: deltas where only addresses changed and the host holds
 * exactly what it was last sent, whole rulesets otherwise.
 * INVARIANT: a generation is on disk before it is on the wire, so no number is ever given out twice.
 */
export class Deliveries {
  readonly #parts: DeliveryParts;
  readonly #meant = new Map<string, Meant>();
  readonly #waiters = new Map<string, Waiter[]>();
  /** Numbers are given out one change at a time. */
  readonly #numbering = serial();

  private constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  static async load(parts: DeliveryParts): Promise<Deliveries> {
    const deliveries = new Deliveries(parts);
    for (const { workload, generation, revision, hash, ruleset, applied } of await parts.store.hostStates.all()) {
      const decoded = ruleset === '' ? null : decodeHostRuleset(ruleset);
      // One that cannot be read any more is as good as none: the next one is sent whole and as a narrowing.
      const known = decoded?.kind === 'ok' ? decoded.ruleset : null;
      const numbers = { generation, revision, hash: known === null ? '' : hash };
      deliveries.#meant.set(workload, { numbers, ruleset: known, applied: applied?.generation ?? 0 });
    }
    return deliveries;
  }

  meant(workload: string): HostNumbers {
    return this.#meant.get(workload)?.numbers ?? noNumbers;
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
    const changed = targets.filter((target) => this.meant(target.workload).hash !== target.hash);
    const planned = changed.map((target) => ({
      before: this.#meant.get(target.workload),
      ruleset: this.#next(target),
    }));
    await this.#keep(planned.map(({ ruleset }) => ruleset));
    for (const { before, ruleset } of planned) {
      // Read again: the host may have answered while this was being stored.
      const applied = this.#meant.get(ruleset.workload)?.applied ?? 0;
      const { generation, revision, hash } = ruleset;
      this.#meant.set(ruleset.workload, { numbers: { generation, revision, hash }, ruleset, applied });
      const link = this.#parts.hosts.link(ruleset.workload);
      if (link !== null) sendChange(link, before?.ruleset ?? null, ruleset);
    }
    return changed.map((target) => target.workload);
  }

  /** An agent has come, or could not use a delta; `link.held` is what it says it holds. */
  hello(link: AgentLink): Promise<void> {
    return this.#numbering(() => this.#hello(link));
  }

  async #hello(link: AgentLink): Promise<void> {
    const { workload, held } = link;
    const meant = this.#meant.get(workload);
    if (meant === undefined) return;
    const found = judgeHeld(meant.numbers, meant.applied, held);
    // What it holds and never answered for is sent again: it refuses it and says whether its kernel holds it.
    if (found === 'current' && meant.applied >= meant.numbers.generation) return;
    if (found === 'set-back') this.#parts.noticed(setBack(workload, meant, held), workload);
    if (found === 'ahead' && held !== null) await this.#overtake(meant, held, workload);
    const ruleset = this.#meant.get(workload)?.ruleset ?? null;
    if (ruleset !== null) sendWhole(link, ruleset);
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
    await this.#parts.store.hostStates.applied(workload, applied);
    this.#parts.hosts.note(workload, { applied });
    if (holds) this.#settle(workload, (waiter) => waiter.generation <= applied.generation, success(applied));
    else if (applied.problem !== null) {
      link.held = null;
      this.#settle(workload, () => true, failure(applied.problem));
    }
    return null;
  }

  /** Resolves when the host has answered for what it is meant to hold now, is away, or the time is over. */
  answered(workload: string, milliseconds: number): Promise<Answered> {
    const { numbers, applied } = this.#meant.get(workload) ?? { numbers: noNumbers, applied: 0 };
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
    for (const workload of this.#parts.hosts.connected()) {
      const link = this.#parts.hosts.link(workload);
      const meant = this.#meant.get(workload);
      if (link?.held !== null || !meant?.ruleset || meant.applied >= meant.numbers.generation) continue;
      sendWhole(link, meant.ruleset);
    }
  }

  #next({ workload, content, hash, version }: Target): HostRuleset {
    const meant = this.#meant.get(workload);
    const before = meant?.ruleset?.content ?? null;
    const numbers = nextNumbers(meant?.numbers ?? noNumbers, hash, before === null || narrows(before, content));
    return { format: 1, workload, content, version, ...numbers };
  }

  async #overtake(meant: Meant, held: Held, workload: string): Promise<void> {
    const message = `Cannot believe host "${workload}": it holds generation ${held.generation}, which was never sent`;
    this.#parts.noticed({ code: 'generation-ahead', message }, workload);
    if (meant.ruleset === null) return;
    const numbers = overtake(meant.numbers, held);
    const ruleset = { ...meant.ruleset, ...numbers };
    await this.#keep([ruleset]);
    this.#meant.set(workload, { numbers, ruleset, applied: 0 });
  }

  async #keep(rulesets: readonly HostRuleset[]): Promise<void> {
    if (rulesets.length === 0) return;
    await this.#parts.store.transaction(async ({ hostStates }) => {
      for (const ruleset of rulesets) {
        const { workload, generation, revision, hash } = ruleset;
        await hostStates.sent({ workload, generation, revision, hash, ruleset: encodeHostRuleset(ruleset) });
      }
    });
  }

  #settle(workload: string, concerns: (waiter: Waiter) => boolean, answer: Answered): void {
    for (const waiter of (this.#waiters.get(workload) ?? []).filter(concerns)) waiter.resolve(answer);
  }
}

function sendChange(link: AgentLink, before: HostRuleset | null, after: HostRuleset): void {
  const { held } = link;
  const holdsBefore =
    before !== null &&
    held !== null &&
    held.generation === before.generation &&
    held.revision === before.revision &&
    held.hash === before.hash;
  const addresses = holdsBefore ? addressDelta(before.content, after.content) : null;
  if (addresses === null || held === null) {
    sendWhole(link, after);
    return;
  }
  const { generation, revision, hash, version } = after;
  const delta: ControllerMessage = {
    kind: 'delta',
    delta: { base: held, generation, revision, hash, version, addresses },
  };
  link.send(delta);
  link.held = { generation, revision, hash };
}

function sendWhole(link: AgentLink, ruleset: HostRuleset): void {
  link.send({ kind: 'ruleset', ruleset });
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

function setBack(workload: string, { applied }: Meant, held: Held | null): Refusal {
  const holds = held === null ? 'nothing' : `generation ${held.generation}`;
  const message = `Cannot trust the state of host "${workload}": it holds ${holds} and had applied ${applied}; it is sent all again`;
  return { code: 'generation-set-back', message };
}
