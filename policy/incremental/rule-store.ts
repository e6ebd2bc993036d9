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
  readonly index: { readonly [Side in keyof RuleIndex]: Map<TermId, Set<Slot>> } = { from: new Map(), to: new Map() };
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
    for (const side of ['from', 'to'] as const) {
      for (const term of rule[side]) {
        const slots = this.index[side].get(term) ?? new Set();
        this.index[side].set(term, slots);
        slots.add(slot);
      }
    }
  }

  #unfile(slot: Slot, rule: PolicyRule): void {
    this.#changed.push(rule);
    this.#expiring.delete(slot);
    for (const side of ['from', 'to'] as const) {
      for (const term of rule[side]) {
        const slots = this.index[side].get(term);
        slots?.delete(slot);
        if (slots?.size === 0) this.index[side].delete(term);
      }
    }
  }
}
