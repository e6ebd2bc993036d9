import type { ModeDocument, Selector, TiersDocument, WorkloadDocument } from '@bulkhead/model/documents.ts';
import type { HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import { labelsSeen } from '../estate.ts';
import { settleLabelGroups } from '../language/label-groups.ts';
import { buildTiers } from '../language/tiers.ts';
import { refusal } from '../problems.ts';
import { allowance, exceeds, type Holdings } from './holdings.ts';
import type { Group } from './nodes.ts';
import type { NamedDocument } from './sources.ts';
import { type Changes, State } from './state.ts';

export type Event =
  /** Added, or in place of the workload or document of that name. */
  | { readonly kind: 'workload'; readonly document: WorkloadDocument }
  | { readonly kind: 'policy'; readonly document: NamedDocument }
  | { readonly kind: 'workload gone'; readonly name: string }
  | { readonly kind: 'policy gone'; readonly of: NamedDocument['kind']; readonly name: string }
  /** All that are declared. */
  | { readonly kind: 'modes'; readonly documents: readonly ModeDocument[] }
  /** All that are declared. Everything is worked out again. */
  | { readonly kind: 'tiers'; readonly documents: readonly TiersDocument[] }
  /** Milliseconds since the epoch; never less than before. */
  | { readonly kind: 'time'; readonly now: number };

export type Opening = {
  readonly workloads: Iterable<WorkloadDocument>;
  readonly policy: Iterable<NamedDocument>;
  readonly modes: readonly ModeDocument[];
  readonly tiers: readonly TiersDocument[];
  /** Milliseconds since the epoch. */
  readonly now: number;
};

/** Enough workloads to tell which labels have many values. */
const sampleSize = 1000;

/**
 * Estate and policy, kept compiled while both change. For any host it answers what `compileHost` answers from scratch
 * (SPEC J1), and after events it tells whom they concern and how (SPEC J2, J3).
 *
 * It works for hosts that were asked for: until `content` or `follow` names a host, nothing is worked out for it and
 * nothing told of it. A host that `apply` names in `hosts` is told of again after it was asked for again, and a group that
 * it names in `groups` after one of its hosts was.
 *
 * Costs, with everything that hosts have in common shared: opening, a look-up per workload, a match per distinct set of
 * labels and the expansion of each rule; a changed label, the selectors that differ and the views that ask for them; a
 * changed rule, the locals at its ends; the content of a host, its peers.
 */
export class Engine {
  #state: State;
  #tiers: readonly TiersDocument[];
  #tierProblems: readonly Problem[] = [];
  #now: number;
  readonly #wideFrom: number;
  #modes: readonly ModeDocument[];
  readonly #policy = new Map<string, NamedDocument>();
  readonly #spare: number;
  #allowed: Holdings;

  /** `wideFrom` and `spare` change costs and no answer: tests set them low, where estates are small. */
  constructor({ workloads, policy, modes, tiers, now }: Opening, wideFrom = 64, spare = 1000) {
    [this.#wideFrom, this.#spare] = [wideFrom, spare];
    [this.#tiers, this.#modes, this.#now] = [tiers, modes, now];
    for (const document of policy) this.#policy.set(`${document.kind} ${document.name}`, document);
    this.#state = this.#open([...workloads]);
    this.#allowed = allowance(this.#state.held(), spare);
  }

  /** While there are any, `content` answers the first of them: some rule is not what its author wrote (SPEC R6). */
  get problems(): readonly Problem[] {
    return [...this.#tierProblems, ...this.#state.sources.problems];
  }

  /** When the next rule expires; null: none ever does (SPEC X2). */
  get nextExpiry(): number | null {
    return this.#state.rules.nextExpiry();
  }

  /** Problems: those of `compileHost`, and `problems`. */
  content(name: string): HostRulesetContent | Problem {
    const member = this.#state.members.get(name);
    if (member === undefined) return cannotCompile(name, 'unknown-workload', 'the estate has none of that name');
    if (!member.document.enforced) return cannotCompile(name, 'no-enforcer', 'it is unmanaged');
    return this.problems[0] ?? this.#state.contentOf(member);
  }

  /** As after `content`, without working it out: the host already holds it. Null: it has none. */
  follow(name: string): Group | null {
    const member = this.#state.members.get(name);
    return member === undefined || !member.document.enforced ? null : this.#state.follow(member);
  }

  /** Never more than twice `used` and some spare, and what one `apply` adds. */
  get held(): Holdings {
    return this.#state.held();
  }

  get used(): Holdings {
    return this.#state.used();
  }

  apply(events: readonly Event[]): Changes {
    // Before and not after: what was told last is walked until now.
    if (this.#isWasteful()) this.#renew();
    for (const event of events) {
      if (event.kind === 'tiers') return this.#reopen(events);
      this.#put(event);
    }
    return this.#state.settle();
  }

  #put(event: Exclude<Event, { readonly kind: 'tiers' }>): void {
    const state = this.#state;
    switch (event.kind) {
      case 'workload':
        state.putWorkload(event.document);
        break;
      case 'workload gone':
        state.removeWorkload(event.name);
        break;
      case 'policy':
        this.#policy.set(`${event.document.kind} ${event.document.name}`, event.document);
        state.putPolicy(event.document);
        this.#renewModes(event.document.kind);
        break;
      case 'policy gone':
        this.#policy.delete(`${event.of} ${event.name}`);
        state.removePolicy(event.of, event.name);
        this.#renewModes(event.of);
        break;
      case 'modes':
        this.#modes = event.documents;
        state.setModes(this.#settledModes());
        break;
      case 'time':
        this.#now = Math.max(this.#now, event.now);
        state.rules.advance(this.#now);
        break;
    }
  }

  /** Modes may name label groups. */
  #renewModes(changed: NamedDocument['kind']): void {
    if (changed === 'LabelGroup') this.#state.setModes(this.#settledModes());
  }

  #settledModes(): readonly ModeDocument[] {
    const groups = [...this.#policy.values()].filter(({ kind }) => kind === 'LabelGroup');
    return settleLabelGroups([...groups, ...this.#modes]).documents.filter((document) => document.kind === 'Mode');
  }

  #isWasteful(): boolean {
    const held = this.#state.held();
    if (!exceeds(held, this.#allowed)) return false;
    this.#allowed = allowance(this.#state.used(), this.#spare);
    return exceeds(held, this.#allowed);
  }

  /** As if opened now, and nobody is told: rulesets do not depend on the way that led to them (SPEC J1). */
  #renew(): void {
    const before = this.#state;
    this.#state = this.#open([...before.members.values()].map(({ document }) => document));
    this.#state.takeOver(before);
    this.#allowed = allowance(this.#state.held(), this.#spare);
  }

  /** Every host that was asked for is told of: all of their rules have other tiers. */
  #reopen(events: readonly Event[]): Changes {
    const before = this.#state;
    this.#tiers = events.findLast((event) => event.kind === 'tiers')?.documents ?? [];
    const rest = events.filter((event) => event.kind !== 'tiers');
    const asked = [...before.members.values()].filter(({ standing }) => standing !== null);
    for (const event of rest) this.#put(event);
    const { hosts, gone } = before.settle();
    const all = new Set([...hosts, ...asked.map(({ document }) => document.name)].filter((name) => !gone.has(name)));
    this.#state = this.#open([...before.members.values()].map(({ document }) => document));
    this.#allowed = allowance(this.#state.held(), this.#spare);
    return { deltas: [], groups: [], hosts: all, gone };
  }

  #open(workloads: readonly WorkloadDocument[]): State {
    const { tiers, problems } = buildTiers(this.#tiers);
    this.#tierProblems = problems;
    const state = new State({ tiers, now: this.#now, wideFrom: this.#wideFrom });
    const step = Math.ceil(workloads.length / sampleSize);
    state.segments.look(keysAskedFor(this.#policy.values()));
    state.segments.sample(workloads.filter((_, index) => index % step === 0).map(labelsSeen));
    state.setModes(this.#settledModes());
    const ordered = [...this.#policy.values()].sort(
      (a, b) => Number(a.kind === 'Ruleset') - Number(b.kind === 'Ruleset'),
    );
    for (const document of ordered) state.putPolicy(document);
    state.settle();
    state.load(workloads);
    return state;
  }
}

/** The keys that will be looked at, as far as a sample needs them. */
function keysAskedFor(documents: Iterable<NamedDocument>): ReadonlySet<string> {
  const keys = new Set<string>();
  const note = ({ requirements }: Selector) => {
    for (const { key } of requirements) keys.add(key);
  };
  for (const document of documents) {
    if (document.kind !== 'Ruleset') continue;
    const { scopes, rules } = document;
    if (scopes.kind === 'each') for (const key of scopes.keys) keys.add(key);
    else for (const selector of scopes.selectors) note(selector);
    for (const { from, to } of rules)
      for (const ends of [from, to]) for (const end of ends) if (end.kind === 'selector') note(end.selector);
  }
  return keys;
}

function cannotCompile(name: string, code: string, why: string): Problem {
  return refusal({ code, message: `Cannot compile "${name}": ${why}, name a managed workload`, place: null });
}
