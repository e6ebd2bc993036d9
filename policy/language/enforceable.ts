import type { Document, LabelSourceDocument, Rule } from '@bulkhead/model/documents.ts';
import type { Place, Problem } from '@bulkhead/model/problem.ts';
import { indexTerms, matchTerms } from '../deciding/term-index.ts';
import type { Estate } from '../estate.ts';
import { isConditional } from '../identity.ts';
import type { Policy } from '../policy.ts';
import { refusal, warning } from '../problems.ts';
import type { PolicyRule } from './policy-rule.ts';
import type { TermId } from './terms.ts';

/** What the hosts of an estate can enforce beyond addresses and ports. */
export type HostAbilities = { readonly identities: boolean; readonly domains: boolean; readonly reverify: boolean };

/** What hosts can do so far. */
export const hostAbilities: HostAbilities = { identities: false, domains: true, reverify: false };

/**
 * Rules that would not do what they say (SPEC U5, U6). Problems: `unenforceable`, a warning where the rule accepts it;
 * `not-yet-enforced` for what no host does yet: judging live connections again by the clock; and for label sources other than
 * orchestrators, which nothing asks so far.
 */
export function checkEnforceable(
  { documents, estate, policy }: Checked,
  abilities: HostAbilities = hostAbilities,
): Problem[] {
  const judged = ruleTexts(documents);
  // Only a rule that asks for somebody needs to know who enforces where, which takes a look at every workload.
  const enforced = isConditional(policy) ? enforcedTerms(policy, estate) : new Set<TermId>();
  const byRule = Map.groupBy(policy.rules, ({ id }) => id);
  const ofRules = [...byRule].flatMap(([id, parts]) => {
    const said = judged.get(id);
    if (said === undefined) return [];
    const missing = whatNobodyKnows({ parts, enforced, estate, abilities });
    return [
      ...(abilities.domains || !namesDomains(policy, parts) ? [] : [unknownDomains(id, said.place)]),
      ...(abilities.reverify || said.reverify === null ? [] : [neverAgain(id, said)]),
      ...(missing.length === 0 ? [] : [unenforceable({ id, missing, abilities, ...said })]),
    ];
  });
  const sources = documents.filter((document) => document.kind === 'LabelSource');
  return [...ofRules, ...sources.filter(({ source }) => source !== 'orchestrator').map(unasked)];
}

type Checked = {
  readonly documents: readonly Document[];
  readonly estate: Estate;
  readonly policy: Policy;
};

type Said = Pick<Rule, 'place' | 'acceptWider' | 'verdict' | 'reverify'>;

function ruleTexts(documents: readonly Document[]): Map<string, Said> {
  const rulesets = documents.filter((document) => document.kind === 'Ruleset');
  return new Map(rulesets.flatMap(({ name, rules }) => rules.map((rule) => [`${name}/${rule.name}`, rule] as const)));
}

/** Terms that some workload with an enforcer matches. */
function enforcedTerms({ terms }: Policy, { workloads }: Estate): ReadonlySet<TermId> {
  const index = indexTerms(terms);
  const found = new Set<TermId>();
  for (const { enforced, labels, addresses } of workloads) {
    if (!enforced) continue;
    const seen = addresses.length === 0 ? [null] : addresses.map(({ address }) => address);
    for (const address of seen) for (const term of matchTerms(index, { labels, address })) found.add(term);
  }
  return found;
}

function namesDomains({ terms }: Policy, parts: readonly PolicyRule[]): boolean {
  return parts.some(({ to }) => to.some((term) => terms[term]?.kind === 'domain'));
}

type Ask = 'the process of the source' | 'the process of the destination' | 'the user';
type Question = {
  readonly parts: readonly PolicyRule[];
  readonly enforced: ReadonlySet<TermId>;
  readonly estate: Estate;
  readonly abilities: HostAbilities;
};

function whatNobodyKnows({ parts, enforced, estate, abilities }: Question): Ask[] {
  const asked = (read: (asks: NonNullable<PolicyRule['asks']>) => unknown): readonly PolicyRule[] =>
    parts.filter(({ asks, except }) =>
      [asks, ...except.map((one) => one.asks)].some((one) => one !== null && read(one) !== null),
    );
  const isKnown = (rule: PolicyRule, end: 'source' | 'destination'): boolean =>
    abilities.identities &&
    rule.at !== (end === 'source' ? 'destination' : 'source') &&
    rule[end === 'source' ? 'from' : 'to'].some((term) => enforced.has(term));
  const told = estate.logons.size > 0;
  const nobody = (rules: readonly PolicyRule[], knows: (rule: PolicyRule) => boolean) =>
    rules.length > 0 && !rules.some(knows);
  const out: Ask[] = [];
  if (
    nobody(
      asked(({ fromProcess }) => fromProcess),
      (rule) => isKnown(rule, 'source'),
    )
  )
    out.push('the process of the source');
  if (
    nobody(
      asked(({ toProcess }) => toProcess),
      (rule) => isKnown(rule, 'destination'),
    )
  )
    out.push('the process of the destination');
  const knowsUser = (rule: PolicyRule) => isKnown(rule, 'source') || (told && isKnown(rule, 'destination'));
  if (
    nobody(
      asked(({ users }) => users),
      knowsUser,
    )
  )
    out.push('the user');
  return out;
}

type Unenforceable = Said & {
  readonly id: string;
  readonly missing: readonly Ask[];
  readonly abilities: HostAbilities;
};

function unenforceable({ id, missing, abilities, place, acceptWider, verdict }: Unenforceable): Problem {
  const asked = missing.join(' and ');
  const why = abilities.identities ? `no host at that end can tell ${asked}` : `hosts cannot tell ${asked} yet`;
  const effect =
    verdict === 'allow'
      ? 'it lets in everybody else at those ends too'
      : `it never ${verdict === 'deny' ? 'denies' : 'passes'}`;
  const needed = acceptWider ? effect : `take that out of the rule, or say accept-wider: true, and ${effect}`;
  const problem = { code: 'unenforceable', message: `Cannot enforce "${id}": ${why}, ${needed}`, place };
  return acceptWider ? warning(problem) : refusal(problem);
}

function neverAgain(id: string, { place, acceptWider }: Said): Problem {
  const effect = 'what it admits goes on for as long as it likes';
  const needed = acceptWider ? effect : `take reverify out, or say accept-wider: true, and ${effect}`;
  const message = `Cannot enforce "${id}": hosts do not judge live connections again by the clock yet, ${needed}`;
  const problem = { code: 'not-yet-enforced', message, place };
  return acceptWider ? warning(problem) : refusal(problem);
}

function unasked({ name, place }: LabelSourceDocument): Problem {
  const message = `Cannot heed label source "${name}": nothing asks label sources of this kind yet, whoever may set labels sets them at once`;
  return warning({ code: 'not-yet-enforced', message, place });
}

function unknownDomains(id: string, place: Place): Problem {
  const message = `Cannot enforce "${id}": hosts do not follow domain names, name prefixes or an ip list of prefixes`;
  return refusal({ code: 'not-yet-enforced', message, place });
}
