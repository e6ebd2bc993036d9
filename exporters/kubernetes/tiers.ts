import type { Document } from '@bulkhead/model/documents.ts';
import { mergeTiers } from '@bulkhead/model/merge-tiers.ts';
import { defaultTiers, fixedTiers } from '@bulkhead/model/words.ts';

/** As policy/SPEC.md T1, T4 and T6 have it. The number is the place in the order; a pass goes on at `afterGroup`. */
export type Tier = { readonly name: string; readonly number: number; readonly afterGroup: number };

export function readTiers(documents: readonly Document[]): ReadonlyMap<string, Tier> {
  const { merged: declared } = mergeTiers(documents.filter((document) => document.kind === 'Tiers'));
  const groups: (readonly string[])[] = fixedTiers.map((name) => [name]);
  for (const name of declared === null ? defaultTiers : []) groups.push([name]);
  for (const entry of declared?.order ?? []) groups.push(entry.kind === 'tier' ? [entry.name] : entry.tiers);
  const tiers = new Map<string, Tier>();
  for (const group of groups) {
    const afterGroup = tiers.size + group.length;
    for (const name of group) tiers.set(name, { name, number: tiers.size, afterGroup });
  }
  return tiers;
}
