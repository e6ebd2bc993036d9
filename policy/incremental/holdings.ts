import type { PolicyRule } from '../language/policy-rule.ts';
import type { Term, TermId } from '../language/terms.ts';

/**
 * How much there is of what numbers are given to. Lists of numbers tell rules, atoms and peers apart, so a number is not
 * taken back when what it stood for goes; where too many stand for nothing, all of them are given anew.
 */
export type Holdings = {
  readonly slots: number;
  /** With what they consist of: ranges of addresses, values of labels. */
  readonly terms: number;
  readonly services: number;
  /** Of labels that some selector looks at. */
  readonly values: number;
  readonly combinations: number;
  /** A hundred for each: it costs a little for every known address. */
  readonly directories: number;
};

const kinds = ['slots', 'terms', 'services', 'values', 'combinations', 'directories'] as const;

/** `spare`: what may be held for nothing where little is used. */
export function allowance(used: Holdings, spare: number): Holdings {
  const twice = (count: number): number => 2 * count + spare;
  return {
    slots: twice(used.slots),
    terms: twice(used.terms),
    services: twice(used.services),
    values: twice(used.values),
    combinations: twice(used.combinations),
    directories: twice(used.directories),
  };
}

export const exceeds = (held: Holdings, allowed: Holdings): boolean => kinds.some((kind) => held[kind] > allowed[kind]);

export function termWeight(term: Term): number {
  switch (term.kind) {
    case 'workloads':
      return term.requirements.reduce((sum, { values }) => sum + values.length, 1);
    case 'addresses':
      return 1 + term.set[4].length + term.set[6].length;
    default:
      return 1;
  }
}

export type UsedNumbers = {
  readonly rules: number;
  readonly terms: ReadonlySet<TermId>;
  readonly services: ReadonlySet<number>;
};

/** What rules that are in force or waiting are made of. */
export function usedNumbers(rules: Iterable<PolicyRule | undefined>): UsedNumbers {
  const [terms, services] = [new Set<TermId>(), new Set<number>()];
  let count = 0;
  for (const rule of rules) {
    if (rule === undefined) continue;
    count++;
    services.add(rule.services);
    for (const list of [rule.from, rule.to]) for (const term of list) terms.add(term);
    for (const exception of rule.except) {
      if (exception.services !== null) services.add(exception.services);
      for (const list of [exception.from, exception.to]) for (const term of list ?? []) terms.add(term);
    }
  }
  return { rules: count, terms, services };
}
