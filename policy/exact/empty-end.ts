import type { PolicyRule } from '../language/policy-rule.ts';
import type { Side } from '../world.ts';
import type { Axis } from './axis.ts';

/** The end that matches no workload, address outside or domain name in any of the rules; null: each end matches some. */
export function emptyEnd(axis: Axis, side: Side, rules: readonly PolicyRule[]): 'from' | 'to' | null {
  const sights = ['local', ...axis.viewers(side)] as const;
  const isEmpty = (end: 'from' | 'to') =>
    rules.every((rule) => sights.every((sight) => axis.sets.isEmpty(axis.matching(side, sight, rule[end]))));
  return (['from', 'to'] as const).find(isEmpty) ?? null;
}

/** `its "to" matches no workload, address or name`. */
export const emptyText = (end: 'from' | 'to'): string => `its "${end}" matches no workload, address or name`;
