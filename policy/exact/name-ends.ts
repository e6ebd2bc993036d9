import { domainCovers } from '@bulkhead/model/domain-text.ts';
import type { Term, TermId } from '../language/terms.ts';

/** Domain names that no rule tells apart, as a destination (SPEC Y1). `name`: what rules call it. */
export type NameEnd = {
  readonly name: string;
  /** One of them. */
  readonly example: string;
  /** Terms that cover it, ascending; `any` is not among them. */
  readonly terms: readonly TermId[];
};

/** One for each name that rules name, and one for all others below each `*`. */
export function namesIn(terms: readonly Term[]): NameEnd[] {
  const patterns = terms.flatMap((term, id) => (term.kind === 'domain' ? [{ id, name: term.name }] : []));
  const named = [...new Set(patterns.map(({ name }) => name))];
  return named.map((name) => {
    const example = name.startsWith('*.') ? `${unusedLabel(name.slice(2), named)}${name.slice(1)}` : name;
    const covering = patterns.filter((pattern) => domainCovers(pattern.name, example)).map(({ id }) => id);
    return { name, example, terms: covering };
  });
}

/** Of a name below the parent that nothing but its `*`, and those above it, covers. */
function unusedLabel(parent: string, named: readonly string[]): string {
  for (let number = 1; ; number++) {
    const label = number === 1 ? 'some' : `some-${number}`;
    if (!named.some((name) => name === `${label}.${parent}` || name.endsWith(`.${label}.${parent}`))) return label;
  }
}
