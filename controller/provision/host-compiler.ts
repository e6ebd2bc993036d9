import { isDeepStrictEqual } from 'node:util';
import type { Document, WorkloadDocument } from '@bulkhead/model/documents.ts';
import type { AddressDelta, HostRulesetContent, PeerAddress } from '@bulkhead/model/host-ruleset.ts';
import {
  beyondBudget,
  defaultSizeBudget,
  largestAddress,
  rulesetSize,
  type SizeBudget,
} from '@bulkhead/model/host-ruleset-size.ts';
import { amendPeerList } from '@bulkhead/model/peer-list.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import { Engine, type Event } from '@bulkhead/policy/incremental/engine.ts';
import { type Group, hostsOf } from '@bulkhead/policy/incremental/nodes.ts';
import { isMember } from '@bulkhead/policy/isolation.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import { narrowsByAddresses } from '@bulkhead/policy/ruleset/narrows.ts';
import type { AddressChange } from './deliveries.ts';
import { type Meaning, openingOf, policyEvents } from './meaning.ts';
import { hashOf } from './native-sha256.ts';

/** `change`: from what was compiled for the host before, where only addresses differ and that is known. */
export type CompiledHost = {
  readonly content: HostRulesetContent;
  readonly hash: string;
  readonly change: AddressChange | null;
};

/** A host that cannot be compiled is in `problems` and keeps what it has. */
export type Compiled = {
  readonly hosts: ReadonlyMap<string, CompiledHost>;
  readonly problems: ReadonlyMap<string, Problem>;
};

/** Of a host whose ruleset is beyond the budget. */
const tooLarge = 'host-too-large';
export const isTooLarge = ({ code }: Problem): boolean => code === tooLarge;

/**
 * The host rulesets of one policy over one estate, kept compiled while both change: `take` answers what changed since
 * what was taken was settled, and costs that. Whatever comes between the two, nothing that changed is forgotten.
 */
export class HostCompiler {
  readonly #engine: Engine;
  #policy: readonly Document[];
  readonly #workloads: Map<string, WorkloadDocument>;
  /** What each host was last compiled to. */
  readonly #given = new Map<string, HostRulesetContent>();
  /** To be compiled anew. */
  readonly #due: Set<string>;
  /** Compiled and not settled yet. */
  readonly #taken = new Map<string, CompiledHost>();
  readonly #problems = new Map<string, Problem>();
  readonly #budget: SizeBudget;
  /** What is left of the budget of each host, in addresses, when it was compiled. */
  readonly #room = new Map<string, number>();

  constructor(meaning: Meaning, budget: SizeBudget = defaultSizeBudget) {
    this.#budget = budget;
    this.#engine = new Engine(openingOf(meaning));
    this.#policy = meaning.policy;
    this.#workloads = new Map(meaning.workloads.map((workload) => [workload.name, workload]));
    this.#due = new Set(meaning.workloads.filter(({ enforced }) => enforced).map(({ name }) => name));
  }

  /** When a rule expires and time has to move; null: never. */
  get nextExpiry(): number | null {
    return this.#engine.nextExpiry;
  }

  /** Rules that are not what their authors wrote: while there are any, hosts keep what they have. */
  get policyProblems(): readonly Problem[] {
    return this.#engine.problems;
  }

  /** Nothing changed that was not taken and settled. */
  get isSettled(): boolean {
    return this.#due.size === 0 && this.#taken.size === 0;
  }

  /** Workloads that were compiled as members of an isolation by name. */
  get memberships(): string[] {
    return [...this.#workloads.values()].filter(isMember).map(({ name }) => name);
  }

  /** Null: the workload is gone. `now`: milliseconds since the epoch. */
  moveWorkloads(changes: ReadonlyMap<string, WorkloadDocument | null>, now: number): void {
    const events: Event[] = [{ kind: 'time', now }];
    for (const [name, document] of changes) {
      const before = this.#workloads.get(name);
      if (document === null) {
        if (before !== undefined) events.push({ kind: 'workload gone', name });
        this.#workloads.delete(name);
      } else if (!isDeepStrictEqual(before, document)) {
        events.push({ kind: 'workload', document });
        this.#workloads.set(name, document);
      }
    }
    this.#apply(events);
  }

  /** Another policy, or the same over other labels. */
  move({ workloads, policy, now }: Meaning): void {
    const changes = new Map<string, WorkloadDocument | null>();
    for (const name of this.#workloads.keys()) changes.set(name, null);
    for (const workload of workloads) changes.set(workload.name, workload);
    this.movePolicy(policy);
    this.moveWorkloads(changes, now);
  }

  /** Another policy over the same workloads. */
  movePolicy(policy: readonly Document[]): void {
    this.#apply(policyEvents(this.#policy, policy));
    this.#policy = policy;
  }

  /** Of these hosts those that changed, ahead of all others, which stay to be taken. */
  takeFirst(names: ReadonlySet<string>): ReadonlyMap<string, CompiledHost> {
    if (this.#engine.problems.length === 0) {
      for (const name of [...this.#due].filter((name) => names.has(name))) {
        this.#engine.follow(name);
        this.#compile(name);
      }
    }
    return new Map([...this.#taken].filter(([name]) => names.has(name)));
  }

  /** Everything that changed and was not settled. Each step compiles one host, so that whoever asks may pause. */
  *takeInSteps(): Generator<{ readonly done: number; readonly of: number }, Compiled> {
    const [blocked] = this.#engine.problems;
    if (blocked !== undefined) {
      const problems = new Map([...this.#due].map((name) => [name, blocked]));
      return { hosts: new Map(this.#taken), problems };
    }
    const of = this.#due.size;
    let done = 0;
    for (const name of this.#inOrder()) {
      yield { done: done++, of };
      this.#compile(name);
    }
    return { hosts: new Map(this.#taken), problems: this.#problems };
  }

  take(): Compiled {
    const steps = this.takeInSteps();
    for (let step = steps.next(); ; step = steps.next()) if (step.done === true) return step.value;
  }

  /** Whoever took it has it safe. */
  settle(): void {
    this.#taken.clear();
  }

  #apply(events: readonly Event[]): void {
    const { deltas, groups, hosts, gone } = this.#engine.apply(events);
    for (const name of gone) {
      for (const kept of [this.#given, this.#due, this.#taken, this.#problems, this.#room]) kept.delete(name);
    }
    const anew = [...hosts, ...groups.flatMap((group) => [...hostsOf(group)])].filter((name) => !gone.has(name));
    for (const name of anew) this.#due.add(name);
    for (const { delta, groups } of deltas) for (const group of groups) this.#amend(group, delta);
  }

  /** Hosts of a group that hold the same list hold the same list afterwards, and all else they have in common. */
  #amend(group: Group, delta: AddressDelta): void {
    const lists = new Map<readonly PeerAddress[], Amended | null>();
    const isBlocked = this.#engine.problems.length > 0;
    for (const name of hostsOf(group)) {
      const before = isBlocked || this.#due.has(name) ? undefined : this.#given.get(name);
      if (before === undefined) {
        this.#due.add(name);
        continue;
      }
      const known = lists.get(before.addresses);
      const amended = known === undefined ? amend(before, delta) : known;
      lists.set(before.addresses, amended);
      if (amended !== null && amended.addresses.length > (this.#room.get(name) ?? 0)) {
        this.#due.add(name);
        continue;
      }
      if (amended === null) throw new Error(`The changes of addresses do not fit what "${name}" holds`);
      const content = { ...before, addresses: amended.addresses };
      const change = { base: before, delta, narrows: amended.narrows };
      this.#put(name, { content, hash: hashOf(content), change });
    }
  }

  #compile(name: string): void {
    const content = this.#engine.content(name);
    this.#due.delete(name);
    this.#problems.delete(name);
    const problem = isProblem(content) ? content : this.#tooLarge(name, content);
    if (problem === null && !isProblem(content)) {
      this.#put(name, { content, hash: hashOf(content), change: null });
      return;
    }
    this.#given.delete(name);
    this.#taken.delete(name);
    if (problem !== null) this.#problems.set(name, problem);
  }

  #tooLarge(name: string, content: HostRulesetContent): Problem | null {
    const size = rulesetSize(content);
    const { elements, bytes } = this.#budget;
    const room = Math.min(elements - size.total, Math.floor((bytes - size.bytes) / largestAddress));
    this.#room.set(name, content.addresses.length + room);
    const why = beyondBudget(size, this.#budget);
    if (why === null) return null;
    const message = `Cannot enforce on host "${name}": ${why}`;
    return { severity: 'error', code: tooLarge, message, place: null, hint: null };
  }

  #put(name: string, compiled: CompiledHost): void {
    this.#given.set(name, compiled.content);
    this.#taken.set(name, compiled);
  }

  /** Hosts of one group one after the other, so that they share what they are told. */
  #inOrder(): string[] {
    const byGroup = Map.groupBy(this.#due, (name) => this.#engine.follow(name));
    return [...byGroup.values()].flat();
  }
}

type Amended = { readonly addresses: readonly PeerAddress[]; readonly narrows: boolean };

function amend(content: HostRulesetContent, delta: AddressDelta): Amended | null {
  const addresses = amendPeerList(content.addresses, delta);
  return addresses === null ? null : { addresses, narrows: narrowsByAddresses(content, delta) };
}
