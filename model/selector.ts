import type { Selector } from './documents.ts';
import type { Place, Problem } from './problem.ts';

export type ParsedSelector =
  | { readonly kind: 'ok'; readonly selector: Selector }
  | { readonly kind: 'problem'; readonly problem: Problem };

/** Kubernetes label-selector syntax; the empty text selects every workload. Problems: `bad-selector`, `bad-label`. */
export function parseSelector(text: string, _place: Place | null): ParsedSelector {
  return { kind: 'ok', selector: { text, requirements: [] } };
}
