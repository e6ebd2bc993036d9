import type { Estate } from './estate.ts';
import type { Policy } from './policy.ts';

export type World = { readonly policy: Policy; readonly estate: Estate };

export type Sides<T> = { readonly before: T; readonly after: T };
export type Side = keyof Sides<unknown>;
export const sides: readonly Side[] = ['before', 'after'];
