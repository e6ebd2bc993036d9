import type { HeldNumbers } from '@bulkhead/enforce/back-end.ts';
import type { Decision } from '@bulkhead/model/decision.ts';
import type { HostRuleset, NumberedDecision } from '@bulkhead/model/host-ruleset.ts';

/** Records of older rulesets than these are no longer on their way. */
const generationLimit = 8;

/** What the decision numbers in log records mean: they are those of the generation that last changed more than addresses. */
export class DecisionBook {
  readonly #byGeneration = new Map<number, readonly NumberedDecision[]>();

  /** `structure`: the generation that the records of this ruleset carry. */
  learn(ruleset: HostRuleset, structure: HeldNumbers['structure']): void {
    this.#byGeneration.delete(structure);
    this.#byGeneration.set(structure, ruleset.content.decisions);
    for (const generation of this.#byGeneration.keys()) {
      if (this.#byGeneration.size <= generationLimit) return;
      this.#byGeneration.delete(generation);
    }
  }

  find(generation: number, decision: number): Decision | null {
    return this.#byGeneration.get(generation)?.[decision] ?? null;
  }
}
