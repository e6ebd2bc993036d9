import type { Document, TiersDocument } from '@bulkhead/model/documents.ts';
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

/** SPEC T1. Problems: `duplicate-tiers` for a second document, `duplicate-tier` for a name that stands twice. */
export function buildTiers(documents: readonly Document[]): BuiltTiers {
  const declared = documents.filter((document) => document.kind === 'Tiers');
  const problems = declared.slice(1).map(secondDocument);
  const groups: string[][] = [...fixedTiers].map((name) => [name]);
  const order = declared[0]?.order ?? defaultTiers.map((name) => ({ kind: 'tier', name }) as const);
  for (const entry of order) groups.push(entry.kind === 'tier' ? [entry.name] : [...entry.tiers]);
  const names = groups.flat();
  const twice = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  for (const name of twice) problems.push(duplicateTier(name, declared[0]));
  return { tiers: numberTiers(groups), problems };
}

function numberTiers(groups: readonly (readonly string[])[]): Tier[] {
  const tiers: Tier[] = [];
  for (const group of groups) {
    const afterGroup = tiers.length + group.length;
    for (const name of group) tiers.push({ name, afterGroup, governed: tiers.length >= fixedTiers.length });
  }
  return tiers;
}

function secondDocument(document: TiersDocument): Problem {
  const message =
    'Cannot use a second "Tiers": the order of tiers is declared already, put all tiers into one document';
  return refusal({ code: 'duplicate-tiers', message, place: document.place });
}

function duplicateTier(name: string, document: TiersDocument | undefined): Problem {
  const fixed = (fixedTiers as readonly string[]).includes(name);
  const why = fixed ? 'it is built in and stands first' : 'it stands twice in the order';
  const message = `Cannot declare tier "${name}": ${why}, each tier is named once`;
  return refusal({ code: 'duplicate-tier', message, place: document?.place ?? null });
}
