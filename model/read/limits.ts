import type { Finding } from '../finding.ts';

/** Characters of one file: a bound on what a single file may cost. */
export const fileCharacterLimit = 64 * 1024 * 1024;
/** Maps and lists inside each other. */
export const nestingLimit = 32;

export type ReadLimits = {
  /**
   * Signs, texts and spaces of one document. Each takes about 400 bytes while the document is read, and a rule on one
   * line has about 30: a document holds 150,000 rules and reading it takes 2 GB at most.
   */
  readonly tokens: number;
  /** Over all files of one run. */
  readonly rules: number;
  /** Values that aliases may add to one document: a few lines could otherwise stand for billions. */
  readonly aliases: number;
};
export const readLimits: ReadLimits = { tokens: 5_000_000, rules: 1_000_000, aliases: 1_000_000 };

export const tooDeep: Finding = {
  code: 'too-deep',
  cannot: 'read the document',
  so: 'maps and lists stand inside each other too deep',
  needed: `at most ${nestingLimit} levels are read`,
};
