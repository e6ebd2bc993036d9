import type { WorkloadDocument } from '@bulkhead/model/documents.ts';
import type { Estate } from './estate.ts';
import { modeAt } from './modes.ts';
import type { World } from './open-services.ts';
import type { Sides } from './parties.ts';
import type { Policy } from './policy.ts';
import type { PolicyException, PolicyRule } from './policy-rule.ts';
import { indexTerms, matchTerms, type TermIndex } from './term-index.ts';
import { type TermId, termText } from './terms.ts';

/**
 * Which changed rules can speak of a workload at each end. `unknown`: the workload itself changed, or what it is taken
 * for depends on who looks, so everything about it is to be compared.
 */
export type Reach = { readonly unknown: boolean; readonly from: ReadonlySet<string>; readonly to: ReadonlySet<string> };

/** Two ends that did not change themselves can differ only by a changed rule that matches both. */
export function mayDiffer(source: Reach, destination: Reach): boolean {
  if (source.unknown || destination.unknown) return true;
  for (const rule of source.from) if (destination.to.has(rule)) return true;
  return false;
}

type Changed = { readonly world: World; readonly index: TermIndex; readonly rules: ReadonlyMap<string, PolicyRule> };

/** Answers for the name of a workload in either world. */
export function findTouched(worlds: Sides<World>): (workload: string) => Reach {
  const texts = { before: ruleTexts(worlds.before.policy), after: ruleTexts(worlds.after.policy) };
  const sides: Changed[] = (['before', 'after'] as const).map((side) => {
    const other = texts[side === 'before' ? 'after' : 'before'];
    const rules = new Map([...texts[side]].filter(([text]) => !other.has(text)));
    return { world: worlds[side], index: indexTerms(worlds[side].policy.terms), rules };
  });
  const sameTiers = JSON.stringify(worlds.before.policy.tiers) === JSON.stringify(worlds.after.policy.tiers);
  return (name) => {
    if (!sameTiers || !isUnchanged(worlds, name)) return { unknown: true, from: new Set(), to: new Set() };
    return { unknown: false, from: reached(sides, name, 'from'), to: reached(sides, name, 'to') };
  };
}

function reached(sides: readonly Changed[], name: string, end: 'from' | 'to'): Set<string> {
  const out = new Set<string>();
  for (const { world, index, rules } of sides) {
    const workload = world.estate.byName.get(name);
    if (workload === undefined || rules.size === 0) continue;
    const addresses = workload.addresses.length === 0 ? [null] : workload.addresses.map(({ address }) => address);
    const seen = addresses.flatMap((address) => matchTerms(index, { labels: workload.labels, address }));
    const terms = new Set<TermId>(seen);
    for (const [text, rule] of rules) if (rule[end].some((term) => terms.has(term))) out.add(text);
  }
  return out;
}

function isUnchanged({ before, after }: Sides<World>, name: string): boolean {
  const [was, is] = [before.estate.byName.get(name), after.estate.byName.get(name)];
  if (was === undefined || is === undefined) return false;
  const modes = (['inbound', 'outbound'] as const).every(
    (direction) => modeAt(before.policy.modes, was, direction) === modeAt(after.policy.modes, is, direction),
  );
  return modes && workloadText(was) === workloadText(is) && isPlain(before.estate, was) && isPlain(after.estate, is);
}

function workloadText({ labels, addresses, enforced }: WorkloadDocument): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([sorted, addresses, enforced]);
}

/** In one network only, with addresses that nobody else claims there or in another network. */
function isPlain(estate: Estate, workload: WorkloadDocument): boolean {
  const networks = new Set(workload.addresses.map(({ network }) => network));
  if (networks.size > 1) return false;
  return workload.addresses.every(({ network, address }) =>
    [...estate.owners].every(([known, owners]) => {
      const owner = owners.get(address);
      return known === network ? owner?.name === workload.name : owner === undefined;
    }),
  );
}

/** Rules by all that decides what they do; a rule that stands twice is one. */
function ruleTexts(policy: Policy): Map<string, PolicyRule> {
  const terms = policy.terms.map(termTextWithRanges);
  const services = policy.serviceSets.map((set) => set.map(({ first, last }) => `${first}-${last}`).join(','));
  const ends = (ids: readonly TermId[] | null) => ids?.map((id) => terms[id]) ?? null;
  const exception = ({ from, to, services: set }: PolicyException) => [
    ends(from),
    ends(to),
    set === null ? null : services[set],
  ];
  return new Map(
    policy.rules.map((rule) => {
      const { tier, verdict, staged, at, from, to, except } = rule;
      const said = [tier, verdict, staged, at, ends(from), ends(to), services[rule.services], except.map(exception)];
      return [JSON.stringify(said), rule];
    }),
  );
}

/** A list of the same name may hold other addresses in the other world. */
function termTextWithRanges(term: Policy['terms'][number]): string {
  if (term.kind !== 'addresses') return termText(term);
  const ranges = [...term.set[4], ...term.set[6]].map(({ first, last }) => `${first}-${last}`);
  return `addresses ${term.set[4].length} ${ranges.join(',')}`;
}
