import type { Document, RulesetDocument, WorkloadDocument } from '@bulkhead/model/documents.ts';
import { address } from './documents.ts';
import type { Random } from './random.ts';
import { randomDocuments } from './random-estate.ts';

/** The documents after one small change of a kind that happens in practice. */
export function randomChange(random: Random, documents: readonly Document[]): Document[] {
  const kind = random.below(5);
  const workload = random.pick(documents.filter((document) => document.kind === 'Workload'));
  if (kind === 0) return replace(documents, workload, withAddress(random, workload));
  if (kind === 1) return replace(documents, workload, relabelled(random, workload));
  const ruleset = random.pick(documents.filter((document) => document.kind === 'Ruleset'));
  if (kind === 2) return documents.filter((document) => document !== ruleset);
  if (kind === 3) return replace(documents, ruleset, { ...ruleset, rules: ruleset.rules.slice(1) });
  return [...documents, ...foreignRulesets(random)];
}

function withAddress(random: Random, workload: WorkloadDocument): WorkloadDocument {
  const added = { network: 'main', address: address(`10.0.${random.below(2)}.${1 + random.below(60)}`) };
  const kept = random.chance(0.5) ? workload.addresses : workload.addresses.slice(1);
  return { ...workload, addresses: [...kept, added] };
}

function relabelled(random: Random, workload: WorkloadDocument): WorkloadDocument {
  return {
    ...workload,
    labels: { ...workload.labels, [random.pick(['role', 'env'])]: random.pick(['web', 'prod', 'dev']) },
  };
}

function foreignRulesets(random: Random): RulesetDocument[] {
  const others = randomDocuments(random).filter((document) => document.kind === 'Ruleset');
  return others
    .filter(({ tier }) => !tier.startsWith('admin'))
    .slice(0, 1)
    .map((ruleset) => ({ ...ruleset, name: `new-${ruleset.name}` }));
}

function replace(documents: readonly Document[], old: Document, next: Document): Document[] {
  return documents.map((document) => (document === old ? next : document));
}
