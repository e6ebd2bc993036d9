import type { PolicyRule } from '../language/policy-rule.ts';
import type { TermId } from '../language/terms.ts';
import type { RuleIndex } from '../ruleset/local-rules.ts';

/**
 * A rule in force or waiting. Lists of slots tell lists of rules apart, so what a rule leaves is given again only after
 * `takeChanged`, when no list names it any more.
 */
export type Slot = number;

/**
 * The rules that are in force at `now`, by the terms of each end. `changed` collects what came and went, until it is
 * taken: whose rules are others now is asked once per change and not once per rule.
 */
export class RuleStore {
  readonly rules: (PolicyRule | undefined)[] = [];
  readonly index = { from: new SlotLists(), to: new SlotLists() } as const satisfies RuleIndex;
  readonly #expiring = new Set<Slot>();
  readonly #free: Slot[] = [];
  #left: Slot[] = [];
  #now: number;
  #changed: PolicyRule[] = [];

  constructor(now: number) {
    this.#now = now;
  }

  add(rule: PolicyRule): Slot {
    const slot = this.#free.pop() ?? this.rules.length;
    this.rules[slot] = rule;
    // SPEC X1.
    if (rule.expires !== null && rule.expires <= this.#now) return slot;
    if (rule.expires !== null) this.#expiring.add(slot);
    this.#file(slot, rule);
    return slot;
  }

  remove(slot: Slot): void {
    const rule = this.rules[slot];
    if (rule === undefined) return;
    this.#unfile(slot, rule);
    this.rules[slot] = undefined;
    this.#left.push(slot);
  }

  /** Time does not go back. */
  advance(now: number): void {
    this.#now = Math.max(this.#now, now);
    for (const slot of this.#expiring) {
      const rule = this.rules[slot];
      if (rule === undefined || rule.expires === null || rule.expires > this.#now) continue;
      this.#unfile(slot, rule);
    }
  }

  /** SPEC X2. */
  nextExpiry(): number | null {
    const times = [...this.#expiring].flatMap((slot) => this.rules[slot]?.expires ?? []);
    return times.length === 0 ? null : times.reduce((a, b) => Math.min(a, b));
  }

  /** Whoever takes them looks up the rules of all locals concerned before the next rule is added. */
  takeChanged(): readonly PolicyRule[] {
    const changed = this.#changed;
    this.#changed = [];
    for (const slot of this.#left) this.#free.push(slot);
    this.#left = [];
    return changed;
  }

  #file(slot: Slot, rule: PolicyRule): void {
    this.#changed.push(rule);
    for (const side of ['from', 'to'] as const) for (const term of rule[side]) this.index[side].add(term, slot);
  }

  #unfile(slot: Slot, rule: PolicyRule): void {
    this.#changed.push(rule);
    this.#expiring.delete(slot);
    for (const side of ['from', 'to'] as const) for (const term of rule[side]) this.index[side].remove(term, slot);
  }
}

/** Slots by term, in no order; looking a term up is most of what is done with them. */
class SlotLists {
  readonly #lists: Slot[][] = [];

  get(term: TermId): readonly Slot[] | undefined {
    return this.#lists[term];
  }

  add(term: TermId, slot: Slot): void {
    this.#lists[term] ??= [];
    this.#lists[term]?.push(slot);
  }

  /** A rule may name a term twice, and then it is removed as often. */
  remove(term: TermId, slot: Slot): void {
    const list = this.#lists[term];
    const index = list?.lastIndexOf(slot) ?? -1;
    const last = index < 0 ? undefined : list?.pop();
    if (list !== undefined && last !== undefined && index < list.length) list[index] = last;
  }
}
