import type { End, Rule, ServiceRef } from './documents.ts';

/** Every end of a rule, those of its exceptions too. */
export function endsOf(rule: Rule): readonly End[] {
  return [...rule.from, ...rule.to, ...rule.except.flatMap(({ from, to }) => [...(from ?? []), ...(to ?? [])])];
}

/** Every service of a rule, those of its exceptions too. */
export function servicesOf(rule: Rule): readonly ServiceRef[] {
  return [...rule.services, ...rule.except.flatMap(({ services }) => services ?? [])];
}
