import type { RuleId, Verdict } from './words.ts';

/** Verdict, the rule that decided and its tier; rule and tier are null when nothing matched (or a mode let it pass). */
export type Outcome = { readonly verdict: Verdict; readonly rule: RuleId | null; readonly tier: string | null };

/** `effective`: modes applied, staged rules ignored. `intended`: as if everything were enforced, staged included. */
export type Decision = { readonly effective: Outcome; readonly intended: Outcome };

/** `none`: this end has no enforcer and does not stop the connection. */
export type EndOutcome = Outcome | { readonly verdict: 'none'; readonly rule: null; readonly tier: null };

export type View = 'effective' | 'intended';
