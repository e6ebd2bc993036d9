import type { RulesetDocument } from '@bulkhead/model/documents.ts';
import type { World } from '@bulkhead/policy/world.ts';
import { rule, ruleset } from './documents.ts';
import type { Random } from './random.ts';
import { randomDomains } from './random-semantics.ts';

/** Rules to domain names, so many that they meet each other. */
export function namesRuleset(random: Random): RulesetDocument {
  const patterns = ['name:api.example.com', 'name:*.example.com', 'name:*.api.example.com', 'any'];
  const rules = Array.from({ length: 2 + random.below(3) }, (_, index) => {
    const what = `${random.pick(['allow', 'allow', 'deny', 'pass'])} ${random.pick(['all', 'tcp/443', 'tcp'])}`;
    return rule(`n${index}`, what, [random.pick(['', 'role=web', 'env=prod']), random.pick(patterns)]);
  });
  return ruleset('names', rules, { tier: random.pick(['application', 'baseline']) });
}

/** Whoever is reached by no name. */
export const everyPlace = ['', '0.0.0.0/0', '::/0'];

/** Of random names that some rule covers one of each kind that the rules of the worlds tell apart. */
export function differentNames(worlds: readonly Pick<World, 'policy'>[]): string[] {
  const terms = worlds.flatMap(({ policy }) => policy.terms);
  const patterns = new Set(terms.flatMap((term) => (term.kind === 'domain' ? [term.name] : [])));
  const candidates = randomDomains.flatMap((name) => [name, `www.${name}`, `a.b.${name}`]);
  const byKind = new Map<string, string>();
  for (const name of candidates) {
    const covering = [...patterns].filter((pattern) => isBelow(pattern, name));
    if (covering.length > 0) byKind.set(covering.join(' '), name);
  }
  return [...byKind.values()];
}

const isBelow = (pattern: string, name: string): boolean =>
  pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) : name === pattern;
