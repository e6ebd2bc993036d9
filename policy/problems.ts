import type { Place, Problem } from '@bulkhead/model/problem.ts';

type Said = { readonly code: string; readonly message: string; readonly place: Place | null; readonly hint?: string };

export const refusal = (said: Said): Problem => ({ severity: 'error', ...said, hint: said.hint ?? null });
export const warning = (said: Said): Problem => ({ severity: 'warning', ...said, hint: said.hint ?? null });

/** Tells a problem from the value a function promises otherwise. */
export const isProblem = (value: object): value is Problem => 'severity' in value && 'code' in value;
