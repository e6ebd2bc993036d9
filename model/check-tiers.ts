import type { Document } from './documents.ts';
import { problemOf } from './finding.ts';
import { mergeTiers, tierNames } from './merge-tiers.ts';
import { suggest } from './nearest.ts';
import type { BrokenDocument } from './parse.ts';
import type { Place, Problem } from './problem.ts';
import { defaultTiers, fixedTiers } from './words.ts';

/** Every ruleset's tier exists, and documents that order tiers agree. */
export function checkTiers(documents: readonly Document[], broken: readonly BrokenDocument[]): Problem[] {
  const { merged, problems: contradictions } = mergeTiers(documents.filter((document) => document.kind === 'Tiers'));
  const problems = [...contradictions];
  // With an order that could not be read, which tiers there are is unknown.
  if (broken.some(({ kind }) => kind === 'Tiers')) return problems;
  const tiers: readonly string[] = [...fixedTiers, ...(merged === null ? defaultTiers : tierNames(merged))];
  const groups = new Set(merged?.order.flatMap((step) => (step.kind === 'group' ? [step.name] : [])));
  for (const { tier, place } of documents.flatMap(tiersOf)) {
    if (tiers.includes(tier)) continue;
    const so = groups.has(tier) ? 'it is a group of tiers' : 'there is no such tier';
    const finding = { code: 'unknown-tier', cannot: 'use the tier', value: tier, so, needed: 'a tier is needed' };
    const hint = suggest(tier, tiers);
    problems.push(problemOf(hint === undefined ? finding : { ...finding, hint }, place));
  }
  return problems;
}

/** The tiers that a document names. */
function tiersOf(document: Document): readonly { readonly tier: string; readonly place: Place }[] {
  const { place } = document;
  if (document.kind === 'Ownership') return document.tiers.map((tier) => ({ tier, place }));
  return document.kind === 'Ruleset' ? [{ tier: document.tier, place }] : [];
}
