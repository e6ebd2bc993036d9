import type { DraftedEnd } from './edge-rule.ts';

/** An end of a drafted rule for people. */
export const endWords = (end: DraftedEnd): string =>
  typeof end === 'string' ? `every workload with ${end.replaceAll(',', ', ')}` : `the addresses of ${end.prefix}`;
