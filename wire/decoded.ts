import type { Problem } from '@bulkhead/model/problem.ts';

/** What every decoder of this room answers: it never throws, whatever the bytes are. */
export type Decoded<T> =
  | { readonly kind: 'decoded'; readonly value: T }
  | { readonly kind: 'refused'; readonly problem: Problem };

export const decoded = <T>(value: T): Decoded<T> => ({ kind: 'decoded', value });

/** `code` is one of `wire-too-large`, `wire-too-deep`, `wire-malformed`, `wire-unknown`, `wire-version`, `wire-field`. */
export function refused(code: string, message: string): { readonly kind: 'refused'; readonly problem: Problem } {
  return { kind: 'refused', problem: { severity: 'error', code, message, place: null, hint: null } };
}
