import type { Finding } from '../finding.ts';
import type { Reading } from './reading.ts';
import type { Tree } from './tree.ts';

/** Characters of one file: a bound on what a single file may cost. */
export const fileCharacterLimit = 64 * 1024 * 1024;
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
  /** Maps and lists inside each other. */
  readonly nesting: number;
};
export const readLimits: ReadLimits = { tokens: 5_000_000, rules: 1_000_000, aliases: 1_000_000, nesting: 32 };

/** Members of one group, frontends of one virtual service: each is looked at for every rule that names the whole. */
export const memberLimit = 100_000;

export function refuseMany(reading: Reading, tree: Tree, what: string): void {
  if (tree.kind !== 'list' || tree.items.length <= memberLimit) return;
  const so = `there are ${tree.items.length}`;
  const needed = `at most ${memberLimit} are read`;
  reading.report(tree.offset, { code: 'too-many', cannot: `read ${what}`, so, needed });
}

export const tooDeep = ({ nesting }: ReadLimits): Finding => ({
  code: 'too-deep',
  cannot: 'read the document',
  so: 'maps and lists stand inside each other too deep',
  needed: `at most ${nesting} levels are read`,
});
