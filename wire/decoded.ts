import type { Problem } from '@bulkhead/model/problem.ts';

/** What every decoder of this room answers: it never throws, whatever the bytes are. */
export type Decoded<T> =
  | { readonly kind: 'decoded'; readonly value: T }
  | { readonly kind: 'refused'; readonly problem: Problem };

export const decoded = <T>(value: T): Decoded<T> => ({ kind: 'decoded', value });

type Refusal = { readonly kind: 'refused'; readonly problem: Problem };
export const refusal = (problem: Problem): Refusal => ({ kind: 'refused', problem });

/** `code` is one of `wire-too-large`, `wire-too-deep`, `wire-malformed`, `wire-unknown`, `wire-version`, `wire-field`. */
export const refused = (code: string, message: string): Refusal =>
  refusal({ severity: 'error', code, message, place: null, hint: null });
