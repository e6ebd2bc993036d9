import type { Document, TiersDocument } from '@bulkhead/model/documents.ts';
import { mergeTiers, tierNames } from '@bulkhead/model/merge-tiers.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import { defaultTiers, fixedTiers } from '@bulkhead/model/words.ts';
import { refusal } from '../problems.ts';

/** In order of precedence; the position is the tier's number. */
export type Tier = {
  readonly name: string;
  /** Where a pass goes on: the first position after the tier's group (SPEC T4). */
  readonly afterGroup: number;
  /** False for the fixed tiers, which are enforced in every mode (SPEC M4). */
  readonly governed: boolean;
};

export type BuiltTiers = { readonly tiers: readonly Tier[]; readonly problems: readonly Problem[] };

/** SPEC T1, T6-T8. Problems: `duplicate-tier` for a name that stands twice in a document, and those of `mergeTiers`. */
export function buildTiers(documents: readonly Document[]): BuiltTiers {
  const declared = documents.filter((document) => document.kind === 'Tiers');
  const twice = declared.flatMap(namedTwice);
  const { merged, problems } = mergeTiers(declared);
  const order = merged?.order ?? defaultTiers.map((name) => ({ kind: 'tier', name }) as const);
  const groups = order.map((entry) => (entry.kind === 'tier' ? [entry.name] : entry.tiers));
  const tiers = numberTiers([...fixedTiers.map((name) => [name]), ...groups]);
  return { tiers, problems: twice.length > 0 ? twice : problems };
}

function namedTwice(document: TiersDocument): Problem[] {
  const names = [...fixedTiers, ...tierNames(document)];
  const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  return [...twice].map((name) => duplicateTier(name, document));
}

function numberTiers(groups: readonly (readonly string[])[]): Tier[] {
  const tiers: Tier[] = [];
  for (const group of groups) {
    const afterGroup = tiers.length + group.length;
    for (const name of group) tiers.push({ name, afterGroup, governed: tiers.length >= fixedTiers.length });
  }
  return tiers;
}

function duplicateTier(name: string, { place }: TiersDocument): Problem {
  const fixed = (fixedTiers as readonly string[]).includes(name);
  const why = fixed ? 'it is built in and stands first' : 'it stands twice in the order';
  const message = `Cannot declare tier "${name}": ${why}, each tier is named once`;
  return refusal({ code: 'duplicate-tier', message, place });
}
