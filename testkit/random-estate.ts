import type {
  Document,
  End,
  Exception,
  Rule,
  RulesetDocument,
  TiersDocument,
  WorkloadDocument,
} from '@bulkhead/model/documents.ts';
import type { ModeName } from '@bulkhead/model/words.ts';
import {
  address,
  ends,
  except,
  ipList,
  lifeline,
  mode,
  rule,
  ruleset,
  service,
  shuffled,
  tiers,
  workload,
} from './documents.ts';
import { oracleTiers } from './oracle-tiers.ts';
import type { Random } from './random.ts';

/** The moment random policies are judged at; expiries lie on both sides of it. */
export const randomNow = 1_800_000_000_000;

const modes: readonly ModeName[] = ['observe', 'test', 'selective', 'enforce'];
const prefixes = [
  '10.0.0.0/16',
  '10.0.0.0/29',
  '10.0.1.0/24',
  '10.0.0.2/32',
  '192.0.2.0/24',
  'fd00::/64',
  'fd00::2/128',
];
const holes = ['10.0.0.2/32', '10.0.0.4/30', '192.0.2.128/25', 'fd00::4/126'];
const selectors = [
  '',
  'role=web',
  'role=api',
  'role in (api,db)',
  'app=shop',
  'app=shop,role=web',
  'env=prod',
  'env!=prod',
  'env notin (dev)',
  'env',
  '!env',
  'quarantined',
  'app=crm,env!=dev',
];
const services = [
  'all',
  'tcp',
  'tcp/80',
  'tcp/443',
  'tcp/5432',
  'tcp/8000-8100',
  'udp/53',
  'icmp/8',
  'proto/47',
  'web',
  'db',
];
const portNames = ['tcp/http', 'tcp/dns', 'udp/dns', 'udp/http'];
const lists = ['list:partners', 'list:office', 'list:everyone'];

/** Services worth asking about: inside, at the edges of and beside what rules and lifeline name. */
export const probedServices = [
  ...['tcp/80', 'tcp/443', 'tcp/5432', 'tcp/7999', 'tcp/8000', 'tcp/8100', 'tcp/22', 'tcp/53', 'udp/53', 'udp/67'],
  ...['udp/68', 'udp/123', 'icmp/8/0', 'icmp/0/0', 'icmpv6/135/0', 'icmpv6/128/0', 'proto/47', 'proto/0', 'tcp/9443'],
];
/** Addresses nobody is sure to own. */
export const probedAddresses = [
  '10.0.0.2',
  '10.0.0.5',
  '10.0.1.9',
  '192.0.2.1',
  '192.0.2.200',
  '203.0.113.7',
  'fd00::2',
  'fd00::99',
  'fd01::1',
];

/** A small estate with a policy over it in which every feature of the language is likely. */
export function randomDocuments(random: Random): Document[] {
  const count = 3 + random.below(7);
  const workloads = Array.from({ length: count }, (_, index) => randomWorkload(random, index));
  // Two more of the last one's kind, so that segments have several members.
  if (random.chance(0.3)) workloads.push(...[1, 2].map((copy) => sibling(workloads.at(-1), copy)));
  const grouped = random.chance(0.5);
  // By chance alone a group rarely has rules in both of its tiers.
  const pair = grouped && random.chance(0.6) ? ['admin-1', 'admin-2'] : [];
  const tierNames = [
    'lifeline',
    'rescue',
    'emergency',
    'guardrail',
    'application',
    'baseline',
    ...(grouped ? ['admin-1', 'admin-2'] : []),
  ];
  const documents: Document[] = [
    ...workloads,
    ipList('partners', random.some(prefixes, 1, 3), random.some(holes, 0, 2)),
    ipList('office', random.some(prefixes, 1, 2)),
    ipList('everyone', ['0.0.0.0/0', '::/0'], random.some(holes, 0, 1)),
    service('web', ['tcp/80', 'tcp/443']),
    service('db', ['tcp/5432', 'udp/53']),
    ...Array.from({ length: random.below(4) }, () =>
      mode(random.pick(selectors), randomMode(random), randomMode(random)),
    ),
    ...Array.from({ length: 2 + random.below(4) }, (_, index) =>
      randomRuleset(random, index, pair[index] ?? randomTier(random, tierNames)),
    ),
  ];
  if (grouped) documents.push(...randomTiers(random));
  if (random.chance(0.4)) documents.push(randomLifeline(random));
  return withGuests(random, documents);
}

/** Some run on the kernel of another: with one address or several, in its network or in another, or with none. */
function withGuests(random: Random, documents: Document[]): Document[] {
  for (const [index, document] of documents.entries()) {
    if (document.kind !== 'Workload' || !document.enforced || !random.chance(0.25)) continue;
    const hosts = hostsFor(document, documents);
    if (hosts.length > 0) documents[index] = { ...document, host: random.pick(hosts) };
  }
  return documents;
}

/** SPEC G2: what the workload may run on, given that nothing runs on it. */
export function hostsFor(guest: WorkloadDocument, documents: readonly Document[]): string[] {
  const workloads = documents.filter((document) => document.kind === 'Workload');
  if (workloads.some(({ host }) => host === guest.name)) return [];
  return workloads
    .filter((one) => one.name !== guest.name && one.enforced && one.host === null)
    .map(({ name }) => name);
}

/**
 * The group may stand anywhere, either of its tiers first; what a pass goes on to is what stands behind it. Of two
 * documents each has some of the names, so that some pairs are ordered by no document.
 */
function randomTiers(random: Random): TiersDocument[] {
  const group = shuffled(['admin-1', 'admin-2'], random.unit);
  const order = shuffled(['guardrail', 'admin', 'application', 'baseline'], random.unit);
  const isSplit = random.chance(0.4);
  const notIn = new Map([...order, ...group].map((name) => [name, isSplit ? random.below(3) : 1]));
  const documents = [0, 1].map((document) => {
    const inside = group.filter((name) => notIn.get(name) !== document);
    return order.flatMap((name) => {
      if (name === 'admin') return inside.length === 0 ? [] : [`admin:${inside.join(',')}`];
      return notIn.get(name) === document ? [] : [name];
    });
  });
  return documents.filter((names) => names.length > 0).map((names) => tiers(...names));
}

function randomWorkload(random: Random, index: number): WorkloadDocument {
  const labels: string[] = [];
  if (random.chance(0.9)) labels.push(`role=${random.pick(['web', 'api', 'db'])}`);
  if (random.chance(0.9)) labels.push(`app=${random.pick(['shop', 'crm'])}`);
  if (random.chance(0.7)) labels.push(`env=${random.pick(['prod', 'dev'])}`);
  if (random.chance(0.1)) labels.push('quarantined=yes');
  const addresses: string[] = [];
  const network = random.chance(0.15) ? 'site-b/' : '';
  // A pool as small as the estate, so that duplicates and several owners in several networks do happen.
  if (random.chance(0.85)) addresses.push(`${network}10.0.${random.below(2)}.${1 + random.below(12)}`);
  if (random.chance(0.4)) addresses.push(`${network}fd00::${1 + random.below(9)}`);
  if (random.chance(0.2)) addresses.push(`${random.pick(['', 'site-b/'])}10.0.0.${1 + random.below(12)}`);
  const enforced = random.chance(0.85);
  const ports = randomPorts(random);
  return workload(`w${index}`, labels.join(','), addresses, { enforced, fallbackMode: random.pick(modes), ports });
}

/** Without names of ports, and without what has no other service. */
export function withoutPortNames(documents: readonly Document[]): Document[] {
  return documents.map((document) => {
    if (document.kind !== 'Ruleset') return document;
    const rules = document.rules.map((said) => {
      return { ...said, services: said.services.filter(({ kind }) => kind !== 'portName') };
    });
    return { ...document, rules: rules.filter(({ services: left }) => left.length > 0) };
  });
}

/** Few ports under few names, so that one name is several ports and one port has several names. */
export function randomPorts(random: Random): Readonly<Record<string, readonly string[]>> {
  const ports: Record<string, readonly string[]> = {};
  if (random.chance(0.4)) ports.http = [random.pick(['tcp/80', 'tcp/443', 'tcp/8000-8100'])];
  if (random.chance(0.2)) ports.dns = random.pick([['udp/53'], ['udp/53', 'tcp/53'], ['tcp/80']]);
  return ports;
}

function sibling(of: WorkloadDocument | undefined, copy: number): WorkloadDocument {
  if (of === undefined) throw new Error('There is a workload to copy');
  return { ...of, name: `${of.name}-${copy}`, addresses: [{ network: 'main', address: address(`10.7.0.${copy}`) }] };
}

const randomMode = (random: Random): ModeName | null => (random.chance(0.2) ? null : random.pick(modes));

/** The last two names are the group's where there is one: a pass has to meet it often. */
const randomTier = (random: Random, tierNames: readonly string[]): string =>
  random.chance(0.4) ? 'application' : random.pick(random.chance(0.5) ? tierNames.slice(-2) : tierNames);

function randomRuleset(random: Random, index: number, tier: string): RulesetDocument {
  const scoping = random.below(4);
  const scopes =
    scoping === 1 ? { scopes: random.some(['env=prod', 'app=shop', '!env', 'app=crm,env=dev'], 1, 2) } : {};
  const each = scoping === 2 ? { each: random.pick([['app'], ['app', 'env'], ['quarantined']]) } : {};
  // In a group passes are common: what they pass over stands behind them.
  const verdicts =
    tier === 'admin-1' ? ['pass', 'pass', 'allow', 'deny'] : ['allow', 'allow', 'allow', 'deny', 'deny', 'pass'];
  const rules = Array.from({ length: 1 + random.below(4) }, (_, i) => randomRule(random, i, random.pick(verdicts)));
  const state = random.chance(0.12) ? random.pick(['staged', 'disabled'] as const) : 'active';
  return ruleset(random.pick(['a', 'b', 'é', '\u{1f6a2}', '\uff21']) + index, rules, {
    ...scopes,
    ...each,
    tier,
    state,
  });
}

function randomRule(random: Random, index: number, verdict: string): Rule {
  const [from, to] = [randomEnds(random), randomEnds(random)];
  const isOfWorkloads = ends(to).every(({ kind }) => kind === 'selector' || kind === 'any');
  const named = isOfWorkloads && random.chance(0.2) ? random.some(portNames, 1, 2) : [];
  const numbered = named.length > 0 && random.chance(0.3) ? [] : random.some(services, 1, 3);
  const what = [verdict, ...numbered, ...named].join(' ');
  const exceptions = random.chance(0.25) ? [randomException(random)] : [];
  return rule(`r${index}`, what, [from, to], {
    except: exceptions,
    at: random.chance(0.2) ? random.pick(['source', 'destination'] as const) : 'both',
    state: random.chance(0.15) ? random.pick(['staged', 'disabled'] as const) : 'active',
    expires: random.chance(0.1) ? randomNow + random.pick([-1, 0, 1, 1000]) : null,
  });
}

function randomException(random: Random): Exception {
  const maybe = <T>(value: T): T | null => (random.chance(0.5) ? value : null);
  return except(maybe(randomEnds(random)), maybe(randomEnds(random)), maybe(random.some(services.slice(1), 1, 2)));
}

function randomEnds(random: Random): string[] {
  return Array.from({ length: random.chance(0.2) ? 2 : 1 }, () => {
    const kind = random.below(10);
    if (kind === 0) return 'any';
    if (kind === 1) return random.pick(prefixes);
    if (kind === 2) return random.pick(lists);
    return (kind === 3 ? 'none:' : '') + random.pick(selectors);
  });
}

function randomLifeline(random: Random): Document {
  const where = () => random.some(prefixes.slice(1), 0, 2);
  return lifeline('base', { controllers: ['10.0.0.1/32 tcp/9443'], dns: where(), time: where(), ssh: where() });
}

/** What occurs in the documents, by name: a property test asserts that each occurs often enough. */
export function featuresOf(documents: readonly Document[]): Set<string> {
  const features = new Set<string>();
  const owners = new Map<string, string>();
  const note = (feature: string, is: boolean) => is && features.add(feature);
  const tiersUsed = documents.flatMap((document) => (document.kind === 'Ruleset' ? [document.tier] : []));
  note('both tiers of a group', tiersUsed.includes('admin-1') && tiersUsed.includes('admin-2'));
  noteTiers(documents, note);
  for (const document of documents) {
    if (document.kind === 'Lifeline') features.add('lifeline');
    if (document.kind === 'Mode')
      note('mode of one direction', document.inbound === null || document.outbound === null);
    if (document.kind === 'Workload') noteWorkload(document, owners, note);
    if (document.kind === 'Ruleset') noteRuleset(document, note);
  }
  return features;
}

type Note = (feature: string, is: boolean) => void;

function noteTiers(documents: readonly Document[], note: Note): void {
  const declared = documents.filter(({ kind }) => kind === 'Tiers').length;
  if (declared === 0) return;
  const order = oracleTiers(documents);
  const group = order.findIndex(({ name }) => name === 'admin');
  const application = order.findIndex(({ name }) => name === 'application');
  note('groups', true);
  note('tiers in two documents', declared > 1);
  note('a group before application', group < application);
  note('a group after application', group > application);
  note('the second of a group first', order[group]?.tiers[0] === 'admin-2');
}

function noteWorkload(document: WorkloadDocument, owners: Map<string, string>, note: Note): void {
  note('one name of a port of two protocols', (document.ports.dns ?? []).length > 1);
  note('several addresses', document.addresses.length > 1);
  note('no address', document.addresses.length === 0);
  note('unmanaged', !document.enforced);
  note('guest', document.host !== null);
  note('two networks', new Set(document.addresses.map(({ network }) => network)).size > 1);
  for (const { network, address } of document.addresses) {
    note('ipv6', address.includes(':'));
    const owner = owners.get(`${network} ${address}`);
    note('duplicate address', owner !== undefined && owner !== document.name);
    owners.set(`${network} ${address}`, document.name);
  }
}

function noteRuleset(document: RulesetDocument, note: Note): void {
  note('each', document.scopes.kind === 'each');
  note('scopes', document.scopes.kind === 'list' && document.scopes.selectors.length > 0);
  for (const { verdict, except, at, state, expires, from, to, services: served } of document.rules) {
    note(
      'name of a port',
      served.some(({ kind }) => kind === 'portName'),
    );
    note('pass', verdict === 'pass');
    note('except', except.length > 0);
    note('at', at !== 'both');
    note('staged', state === 'staged' || document.state === 'staged');
    note('expired', expires !== null && expires <= randomNow);
    const ends: End[] = [...from, ...to];
    note(
      'scope none',
      ends.some((end) => end.kind === 'selector' && !end.scoped),
    );
    note(
      'address ends',
      ends.some((end) => end.kind === 'prefix' || end.kind === 'ipList'),
    );
  }
}
