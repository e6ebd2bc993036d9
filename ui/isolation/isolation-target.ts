import { plainText } from '@bulkhead/flows/edge-text.ts';
import type { Labels } from '@bulkhead/model/words.ts';
import { cardKey } from '../scene/places.ts';
import type { Target } from './isolation-types.ts';

type Known = { readonly name: string; readonly labels: Labels };

/** What stands behind a card or a workload of the map; null: addresses, or nothing that can be isolated. */
export function targetOfFocus(focus: string, workloads: readonly Known[]): Target | null {
  for (const { name, labels } of workloads) {
    const card = cardKey(labels);
    if (focus === card) return { selector: selectorOf(labels) };
    if (focus === `${card}/workload=${plainText(name)}`) return { workloads: [name] };
  }
  return null;
}

/** Exactly the workloads of one card. */
function selectorOf(labels: Labels): string {
  const condition = (key: string): string => (Object.hasOwn(labels, key) ? `${key}=${labels[key]}` : `!${key}`);
  return ['app', 'env'].map(condition).join(',');
}
