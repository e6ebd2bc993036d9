import type {
  Document,
  IpListDocument,
  LifelineDocument,
  ModeDocument,
  Rule,
  RulesetDocument,
  ServiceDocument,
  TiersDocument,
  WorkloadDocument,
} from '@bulkhead/model/documents.ts';
import { address, except, ipList, mode, portsOf, service } from './documents.ts';
import type { Random } from './random.ts';
import { hostsFor, randomDocuments, randomPorts } from './random-estate.ts';

/** What one change alters; a property test asserts that each occurs often enough. */
export const changeKinds = [
  'address',
  'label',
  'enforcer',
  'host',
  'workload gone',
  'ruleset gone',
  'ruleset new',
  'rule gone',
  'rule state',
  'rule side',
  'ruleset state',
  'exception',
  'service',
  'ip list',
  'mode',
  'tiers',
  'lifeline',
] as const;
export type ChangeKind = (typeof changeKinds)[number];

/** The documents after one small change of a kind that happens in practice. What the estate does not have stays as it is. */
export function randomChange(random: Random, documents: readonly Document[]): Document[] {
  return changeOf(random.pick(changeKinds), random, documents);
}

/** What not every estate has. */
const rare: ReadonlyMap<ChangeKind, Document['kind']> = new Map([
  ['mode', 'Mode'],
  ['tiers', 'Tiers'],
  ['lifeline', 'Lifeline'],
]);

/** Documents that the change alters. */
export function documentsBefore(kind: ChangeKind, random: Random): Document[] {
  const documents = randomDocuments(random);
  const needed = rare.get(kind);
  return needed === undefined || allOf(documents, needed).length > 0 ? documents : documentsBefore(kind, random);
}

export function changeOf(kind: ChangeKind, random: Random, documents: readonly Document[]): Document[] {
  switch (kind) {
    case 'address':
      return changeOne(random, documents, 'Workload', (workload) => withAddress(random, workload));
    case 'label':
      return changeOne(random, documents, 'Workload', (workload) => relabelled(random, workload));
    case 'enforcer':
      return changeOne(random, documents, 'Workload', (workload) => turnedEnforcer(workload));
    case 'host':
      return changeOne(random, documents, 'Workload', (workload) => otherHost(random, documents, workload));
    case 'workload gone':
      return without(random, documents, 'Workload');
    case 'ruleset gone':
      return without(random, documents, 'Ruleset');
    case 'ruleset new':
      return [...documents, ...foreignRulesets(random)];
    case 'service':
      return changeOne(random, documents, 'Service', (before) => otherService(random, before));
    case 'ip list':
      return documents.map((document) => (document.kind === 'IpList' ? otherList(random, document) : document));
    case 'mode':
      return changeOne(random, documents, 'Mode', (before) => otherMode(random, before));
    case 'tiers':
      return documents.map((document) => (document.kind === 'Tiers' ? turnedTiers(document) : document));
    case 'lifeline':
      return changeOne(random, documents, 'Lifeline', shorterLifeline);
    default:
      return changeOne(random, documents, 'Ruleset', (ruleset) => otherRuleset(kind, random, ruleset));
  }
}

type Kind = Document['kind'];
type Of<K extends Kind> = Extract<Document, { readonly kind: K }>;

const allOf = <K extends Kind>(documents: readonly Document[], kind: K): Of<K>[] =>
  documents.filter((document): document is Of<K> => document.kind === kind);

function changeOne<K extends Kind>(
  random: Random,
  documents: readonly Document[],
  ...[kind, change]: [kind: K, change: (document: Of<K>) => Document]
): Document[] {
  const candidates = allOf(documents, kind);
  if (candidates.length === 0) return [...documents];
  const chosen = random.pick(candidates);
  return documents.map((document) => (document === chosen ? change(chosen) : document));
}

function without(random: Random, documents: readonly Document[], kind: Kind): Document[] {
  const chosen = random.pick(allOf(documents, kind));
  return documents.filter((document) => document !== chosen);
}

/** A guest has an enforcer: SPEC G1. */
const turnedEnforcer = (workload: WorkloadDocument): WorkloadDocument => ({
  ...workload,
  enforced: !workload.enforced,
  host: null,
});

/** On another host, or on none any more. */
function otherHost(random: Random, documents: readonly Document[], workload: WorkloadDocument): WorkloadDocument {
  const hosts = hostsFor(workload, documents);
  if (hosts.length === 0 || (workload.host !== null && random.chance(0.5))) return { ...workload, host: null };
  return { ...workload, enforced: true, host: random.pick(hosts) };
}

function withAddress(random: Random, workload: WorkloadDocument): WorkloadDocument {
  const added = { network: 'main', address: address(`10.0.${random.below(2)}.${1 + random.below(60)}`) };
  const kept = random.chance(0.5) ? workload.addresses : workload.addresses.slice(1);
  return { ...workload, addresses: [...kept, added] };
}

function relabelled(random: Random, workload: WorkloadDocument): WorkloadDocument {
  return {
    ...workload,
    ports: random.chance(0.3) ? portsOf(randomPorts(random)) : workload.ports,
    labels: { ...workload.labels, [random.pick(['role', 'env'])]: random.pick(['web', 'prod', 'dev']) },
  };
}

type RulesetChange = 'rule gone' | 'rule state' | 'rule side' | 'ruleset state' | 'exception';

function otherRuleset(kind: RulesetChange, random: Random, ruleset: RulesetDocument): RulesetDocument {
  const [first, ...rest] = ruleset.rules;
  if (kind === 'rule gone' || first === undefined) return { ...ruleset, rules: rest };
  if (kind === 'ruleset state') return { ...ruleset, state: otherState(random, ruleset.state) };
  return { ...ruleset, rules: ruleset.rules.map((rule) => otherRule(kind, random, rule)) };
}

function otherRule(kind: 'rule state' | 'rule side' | 'exception', random: Random, rule: Rule): Rule {
  if (kind === 'rule state') return { ...rule, state: otherState(random, rule.state) };
  if (kind === 'rule side')
    return { ...rule, at: rule.at === 'both' ? random.pick(['source', 'destination']) : 'both' };
  if (rule.except.length > 0) return { ...rule, except: [] };
  return { ...rule, except: [except(random.pick([['role=web'], ['env=prod'], null]), null, null)] };
}

function otherState(random: Random, state: Rule['state']): Rule['state'] {
  return random.pick((['active', 'staged', 'disabled'] as const).filter((other) => other !== state));
}

function otherService(random: Random, before: ServiceDocument): ServiceDocument {
  const ranges = random.pick([['tcp/80'], ['tcp/443-445', 'udp/53'], ['tcp/5432-5433'], ['icmp/8']]);
  return service(before.name, ranges);
}

function otherList(random: Random, before: IpListDocument): IpListDocument {
  const prefixes = random.pick([['10.0.0.0/25'], ['10.0.1.0/24', 'fd00::/64'], ['0.0.0.0/0']]);
  return ipList(before.name, prefixes, random.pick([[], ['10.0.0.4/30']]));
}

function otherMode(random: Random, before: ModeDocument): ModeDocument {
  const stricter = random.chance(0.5) ? 'enforce' : 'observe';
  return mode(before.selector.text, stricter, random.pick([null, 'enforce', 'test']));
}

/** Of all documents: to turn one of two would contradict the other. */
const turnedTiers = (before: TiersDocument): TiersDocument => ({ ...before, order: before.order.toReversed() });

function shorterLifeline(before: LifelineDocument): LifelineDocument {
  return { ...before, controllers: [], dns: [], ssh: before.ssh.slice(1) };
}

function foreignRulesets(random: Random): RulesetDocument[] {
  return allOf(randomDocuments(random), 'Ruleset')
    .filter(({ tier }) => !tier.startsWith('admin'))
    .slice(0, 1)
    .map((ruleset) => ({ ...ruleset, name: `new-${ruleset.name}` }));
}
