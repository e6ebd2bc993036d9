import type { RulesetDocument } from '@bulkhead/model/documents.ts';
import type { World } from '@bulkhead/policy/world.ts';
import { except, rule, ruleset } from './documents.ts';
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

/** Rules as a parser lets them be, in several tiers, in every state and with exceptions: what a host has to enforce. */
export function namedRulesets(random: Random, tiers: readonly string[]): RulesetDocument[] {
  return tiers.flatMap((tier) => {
    if (random.chance(0.4)) return [];
    const rules = Array.from({ length: 1 + random.below(4) }, (_, index) => {
      const to = random.chance(0.8) ? random.some(patternsOf, 1, 2) : random.pick([['list:partners'], ['any']]);
      const verdict = to[0]?.startsWith('name:') ? 'allow' : random.pick(['allow', 'deny', 'pass']);
      const what = `${verdict} ${random.pick(['all', 'tcp/443', 'tcp', 'udp/53'])}`;
      const holes = [
        except(null, random.pick(['10.0.0.0/29', 'role=api', '192.0.2.0/24']), null),
        except('role=web', null, ['tcp/443']),
      ];
      return rule(`n${index}`, what, [random.pick(['', 'any', 'role=web', 'env=prod']), to], {
        state: random.pick(['active', 'active', 'staged', 'disabled']),
        at: random.pick(['both', 'both', 'source', 'destination']),
        except: random.chance(0.3) ? [random.pick(holes)] : [],
      });
    });
    return [ruleset(`named-${tier}`, rules, { tier })];
  });
}

const patternsOf = ['name:api.example.com', 'name:*.example.com', 'name:*.api.example.com', 'name:other.example.org'];

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

export const isBelow = (pattern: string, name: string): boolean =>
  pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) : name === pattern;
