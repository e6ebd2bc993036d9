import type {
  Document,
  End,
  Exception,
  Identity,
  IpListDocument,
  LabelGroupDocument,
  LogonDocument,
  Requirement,
  Rule,
  RulesetDocument,
  ServiceDocument,
  UserGroupDocument,
  VirtualServiceDocument,
  WorkloadDocument,
} from '@bulkhead/model/documents.ts';
import { address, place, prefix, rule, ruleset, selector, serviceRange } from './documents.ts';
import type { Random } from './random.ts';
import { randomDocuments, randomNow } from './random-estate.ts';

export const randomProcesses = ['/usr/bin/curl', '/usr/sbin/nginx', 'postgresql.service'];
export const randomUsers = ['ana', 'bo', 'cy'];
export const randomDomains = ['api.example.com', 'deep.api.example.com', 'example.com', 'other.example.org'];
const patterns = ['api.example.com', '*.example.com', '*.api.example.com'];
const groups = ['dba', 'ops'];
const virtualNames = ['vip-kept', 'vip-snat', 'vip-nobody'];
/** Not the port of a member, so that both ports are told apart. */
const frontendPorts = ['tcp/443', 'tcp/80', 'udp/53'];

/** Addresses of load balancers; nobody else has them. */
export const frontendAddresses = ['10.9.0.1', '10.9.0.2', 'fd09::1'];

/** A random estate and policy in which the rest of the language is likely too: who ends are, names, load balancers. */
export function randomSemantics(random: Random): Document[] {
  const documents = randomDocuments(random).map((document) => {
    if (document.kind === 'Ruleset') return enrichRuleset(random, document);
    if (document.kind === 'Service') return enrichService(random, document);
    return document.kind === 'IpList' ? enrichList(random, document) : document;
  });
  const workloads = documents.filter((document) => document.kind === 'Workload');
  return [
    ...documents,
    whoRuleset(random),
    ...labelGroups(random),
    ...groups.map(
      (name): UserGroupDocument => ({ kind: 'UserGroup', name, members: random.some(randomUsers, 1, 2), place }),
    ),
    ...virtualNames.map((name) => virtualService(random, name)),
    ...Array.from({ length: random.below(4) }, () => logon(random, workloads)),
  ];
}

/** Rules that match nearly everything but for who the ends are: else it would hardly ever matter. */
function whoRuleset(random: Random): RulesetDocument {
  const rules = Array.from({ length: 1 + random.below(3) }, (_, index) => {
    const what = `${random.pick(['allow', 'allow', 'deny', 'pass'])} ${random.pick(['all', 'tcp', 'db'])}`;
    const broad = rule(`w${index}`, what, [random.pick(['any', '', 'app=shop']), random.pick(['any', '', 'env=prod'])]);
    const [from, to] = [randomIdentity(random, 'from'), randomIdentity(random, 'to')];
    const side = random.below(3);
    return {
      ...broad,
      acceptWider: random.chance(0.2),
      from: broad.from.map((end) => ({ ...end, identity: side === 1 ? null : from })),
      to: broad.to.map((end) => ({ ...end, identity: side === 0 ? null : to })),
    };
  });
  return ruleset('who', rules, { tier: random.pick(['guardrail', 'application', 'rescue']) });
}

const labelGroups = (random: Random): LabelGroupDocument[] => [
  group('nonprod', 'env', { values: ['dev'], groups: random.chance(0.5) ? ['stages'] : [] }),
  group('stages', 'env', { values: random.some(['stage', 'prod'], 1, 2), groups: [] }),
  group('tiers', 'role', { values: random.some(['web', 'api', 'db'], 1, 2), groups: [] }),
];

function group(
  name: string,
  key: string,
  said: { values: readonly string[]; groups: readonly string[] },
): LabelGroupDocument {
  return {
    kind: 'LabelGroup',
    name,
    key,
    values: said.values,
    groups: said.groups.map((inner) => ({ name: inner, place })),
    place,
  };
}

function virtualService(random: Random, name: string): VirtualServiceDocument {
  const member = name === 'vip-nobody' ? 'role=nobody' : random.pick(['role=web', 'app=shop', 'role=api,env=prod', '']);
  const frontends = random.some(frontendAddresses, 1, 2).flatMap((at) =>
    random.some(frontendPorts, 1, 2).map((port) => {
      return { network: 'main', address: address(at), service: serviceRange(port).first };
    }),
  );
  const ports = random
    .some(
      [
        ['tcp/443', 'tcp/8000'],
        ['tcp/80', 'tcp/5432'],
      ] as const,
      0,
      2,
    )
    .map(([from, to]) => {
      return { frontend: serviceRange(from).first, member: serviceRange(to).first };
    });
  const snat = name === 'vip-snat' ? [prefix(random.pick(['10.0.0.2/32', '10.9.1.0/24']))] : null;
  return { kind: 'VirtualService', name, frontends, members: { selector: selector(member), ports }, snat, place };
}

function logon(random: Random, workloads: readonly WorkloadDocument[]): LogonDocument {
  const known = workloads.flatMap(({ addresses }) => addresses);
  const where =
    known.length > 0 && random.chance(0.9) ? random.pick(known) : { network: 'main', address: address('10.0.0.2') };
  const from = random.pick([null, randomNow, randomNow + 1]);
  return {
    kind: 'Logon',
    ...where,
    user: random.pick(randomUsers),
    from,
    until: random.pick([null, randomNow, randomNow + 1]),
    place,
  };
}

function enrichService(random: Random, document: ServiceDocument): ServiceDocument {
  return { ...document, process: random.chance(0.4) ? random.pick(randomProcesses) : null };
}

function enrichList(random: Random, document: IpListDocument): IpListDocument {
  return document.name === 'partners' ? { ...document, names: random.some(patterns, 0, 2) } : document;
}

function enrichRuleset(random: Random, document: RulesetDocument): RulesetDocument {
  const { scopes } = document;
  const selectors = scopes.kind === 'list' ? scopes.selectors.map((one) => grouped(random, one)) : [];
  return {
    ...document,
    scopes: scopes.kind === 'list' ? { kind: 'list', selectors } : scopes,
    rules: document.rules.map((rule) => enrichRule(random, rule)),
  };
}

function enrichRule(random: Random, rule: Rule): Rule {
  const more: End[] = [];
  // Names of ports are of workloads.
  const takesOthers = rule.services.every(({ kind }) => kind !== 'portName');
  if (takesOthers && random.chance(0.15))
    more.push({ kind: 'virtualService', name: random.pick(virtualNames), place, identity: null });
  if (takesOthers && rule.verdict === 'allow' && random.chance(0.12))
    more.push({ kind: 'domain', name: random.pick(patterns), place, identity: null });
  const to = random.chance(0.5) && more.length > 0 ? more : [...rule.to, ...more];
  const except = rule.except.map((exception) => enrichException(random, exception));
  if (random.chance(0.1)) except.push(enrichException(random, { from: [...rule.from], to: null, services: null }));
  return {
    ...rule,
    from: rule.from.map((end) => enrichEnd(random, end, 'from')),
    to: to.map((end) => enrichEnd(random, end, 'to')),
    except,
  };
}

function enrichException(random: Random, { from, to, services }: Exception): Exception {
  const withVirtual = (ends: readonly End[]): readonly End[] =>
    random.chance(0.1)
      ? [...ends, { kind: 'virtualService', name: random.pick(virtualNames), place, identity: null }]
      : ends;
  return {
    from: from?.map((end) => enrichEnd(random, end, 'from')) ?? null,
    to: to === null ? null : withVirtual(to).map((end) => enrichEnd(random, end, 'to')),
    services,
  };
}

function enrichEnd(random: Random, end: End, side: 'from' | 'to'): End {
  const placed = end.kind === 'selector' ? { ...end, selector: grouped(random, end.selector) } : end;
  return random.chance(0.2) ? { ...placed, identity: randomIdentity(random, side) } : placed;
}

function randomIdentity(random: Random, side: 'from' | 'to'): Identity {
  const process = random.chance(0.6) || side === 'to' ? random.pick(randomProcesses) : null;
  if (side === 'to' || (process !== null && random.chance(0.6))) return { process, user: null };
  if (random.chance(0.5)) return { process, user: { kind: 'user', name: random.pick(randomUsers) } };
  return { process, user: { kind: 'group', name: random.pick(groups), place } };
}

/** Puts a group of its key among the values of a condition, here and there. */
function grouped<T extends { readonly requirements: readonly Requirement[] }>(random: Random, said: T): T {
  const of: Readonly<Record<string, readonly string[]>> = { env: ['@nonprod', '@stages'], role: ['@tiers'] };
  const requirements = said.requirements.map((requirement) => {
    const known = of[requirement.key];
    if (known === undefined || requirement.values.length === 0 || !random.chance(0.3)) return requirement;
    return {
      ...requirement,
      values: random.chance(0.5) ? [random.pick(known)] : [...requirement.values, random.pick(known)],
    };
  });
  return { ...said, requirements };
}

/** What of the language occurs in the documents, by name. */
export function languageFeatures(documents: readonly Document[]): Set<string> {
  const features = new Set<string>();
  const note = (feature: string, is: boolean) => is && features.add(feature);
  for (const document of documents) {
    if (document.kind === 'Logon')
      note('logon', (document.from ?? 0) <= randomNow && (document.until ?? Infinity) > randomNow);
    if (document.kind === 'Service') note('served by a process', document.process !== null);
    if (document.kind === 'LabelGroup') note('groups in groups', document.groups.length > 0);
    if (document.kind !== 'Ruleset') continue;
    for (const rule of document.rules) noteRule(rule, note);
  }
  return features;
}

type Note = (feature: string, is: boolean) => void;

function noteRule({ from, to, except, verdict, at, acceptWider, services }: Rule, note: Note): void {
  const excepted = except.flatMap((exception) => [...(exception.from ?? []), ...(exception.to ?? [])]);
  const asks = ({ identity }: End) => identity !== null;
  note(
    'name of a port',
    services.some(({ kind }) => kind === 'portName'),
  );
  note(
    'source process',
    from.some(({ identity }) => identity?.process !== undefined && identity.process !== null),
  );
  note(
    'user',
    from.some(({ identity }) => identity?.user?.kind === 'user'),
  );
  note(
    'user group',
    from.some(({ identity }) => identity?.user?.kind === 'group'),
  );
  note('destination process', to.some(asks));
  note('identity excepted', excepted.some(asks));
  note('who, accepted wider', acceptWider && [...from, ...to].some(asks));
  note('deny who', verdict === 'deny' && [...from, ...to].some(asks));
  note(
    'virtual service',
    to.some(({ kind }) => kind === 'virtualService'),
  );
  note('deny to a virtual service', verdict === 'deny' && to.some(({ kind }) => kind === 'virtualService'));
  note(
    'virtual service excepted',
    excepted.some(({ kind }) => kind === 'virtualService'),
  );
  note('virtual service at one end', at !== 'both' && to.some(({ kind }) => kind === 'virtualService'));
  note(
    'domain',
    to.some(({ kind }) => kind === 'domain'),
  );
  const selectors = [...from, ...to].flatMap((end) => (end.kind === 'selector' ? end.selector.requirements : []));
  note(
    'label group',
    selectors.some(({ values }) => values.some((value) => value.startsWith('@'))),
  );
}
