import type { Random } from './random.ts';
import { randomDocuments } from './random-estate.ts';
import { asWritten, type Written } from './written.ts';

const processes = ['/usr/sbin/nginx', '/opt/a b/srv', 'nginx.service', 'user@1000.scope'];
const users = ['ana', 'CORP\\bo', 'cy@corp.example'];
const userGroups = ['dba', 'on call'];
const domains = ['api.example.org', '*.example.org', '*._tcp.corp.example', 'xn--bcher-kva.example'];
const selectors = [
  '',
  'role=web',
  'env in (@nonprod, prod)',
  'env!=@nonprod',
  'app notin (shop)',
  'env=@tests,!quarantined',
];
const moments = ['2026-11-20', '2026-11-20T08:00:00Z', '2026-11-20 08:00:00.5+02:00'];
const durations = ['90s', '30m', '8h', '2d'];

/**
 * A policy and an estate as people write them, in which every kind of document and every key is likely. What they say
 * of each other agrees, but for modes; whether it makes sense is not asked.
 */
export function randomLanguage(random: Random): Written[] {
  return [
    ...randomDocuments(random).map(asWritten),
    { kind: 'UserGroup', name: 'dba', members: random.some(users, 1, 3) },
    { kind: 'UserGroup', name: 'on call', members: ['ana'] },
    {
      kind: 'LabelGroup',
      name: 'nonprod',
      key: 'env',
      values: ['dev', 'stage'],
      ...maybe(random, { groups: ['tests'] }),
    },
    { kind: 'LabelGroup', name: 'tests', key: 'env', values: random.some(['t1', 't2', ''], 1, 2) },
    {
      kind: 'Service',
      name: 'pg',
      ports: 'tcp/5432',
      process: random.pick(processes),
      ...maybe(random, { application: 'postgres' }),
    },
    {
      kind: 'IpList',
      name: 'names',
      names: random.some(domains, 1, 3),
      ...maybe(random, { prefixes: ['192.0.2.0/24'] }),
    },
    randomVirtualService(random),
    randomLabelSource(random),
    randomOwnership(random),
    randomDependency(random),
    {
      kind: 'Ruleset',
      name: 'people',
      ...maybe(random, { scopes: random.some(selectors, 1, 2) }),
      rules: randomRules(random),
    },
    randomInvariant(random),
    {
      kind: 'Logon',
      user: random.pick(users),
      address: '10.0.0.5',
      ...maybe(random, { from: random.pick(moments), until: '2026-12-01' }),
    },
  ];
}

const maybe = (random: Random, more: Written): Written => (random.chance(0.5) ? more : {});

function randomVirtualService(random: Random): Written {
  const far = { network: 'site-b', address: '172.17.0.9', service: 'tcp/443' };
  return {
    kind: 'VirtualService',
    name: 'vip',
    frontends: random.chance(0.5) ? ['10.0.9.9 tcp/443', '10.0.9.9 udp/53'] : [far, 'fd00::9 tcp/443'],
    members: { selector: random.pick(selectors), ...maybe(random, { ports: { 'tcp/443': 'tcp/8443' } }) },
    ...maybe(random, { source: random.chance(0.5) ? 'preserved' : { snat: ['10.0.9.0/28'] } }),
  };
}

function randomLabelSource(random: Random): Written {
  return {
    kind: 'LabelSource',
    name: 'cmdb',
    source: random.pick(['person', 'orchestrator', 'cmdb']),
    keys: random.chance(0.5) ? 'env' : ['app', 'env'],
    ...maybe(random, { selector: random.pick(selectors) }),
    apply: random.pick(['immediately', 'as-draft']),
  };
}

function randomOwnership(random: Random): Written {
  return {
    kind: 'Ownership',
    name: 'shop',
    directory: random.pick(['teams/shop', 'teams/shop/web', 'shop']),
    scope: random.pick(selectors),
    owners: random.chance(0.5) ? 'ana' : ['ana', 'ci-shop', 'bo@corp.example'],
    ...maybe(random, { tiers: random.chance(0.5) ? 'application' : ['guardrail', 'application'] }),
    ...maybe(random, { labels: ['env', 'app'] }),
  };
}

function randomDependency(random: Random): Written {
  return {
    kind: 'Dependency',
    name: 'shop-db',
    of: random.pick(selectors),
    to: random.some(['10.0.0.5 tcp/389', 'db-1 tcp/5432', 'fd00::9 tcp/636'], 1, 3),
  };
}

function randomInvariant(random: Random): Written {
  return {
    kind: 'Invariant',
    name: 'never',
    never: { from: randomFrom(random), to: randomTo(random, false), ...maybe(random, { services: ['tcp/1', 'pg'] }) },
    ...maybe(random, { except: [{ to: 'role=api', services: 'tcp/443' }] }),
  };
}

function randomRules(random: Random): Written[] {
  return Array.from({ length: 1 + random.below(4) }, (_, index) => {
    const verdict = random.pick(['allow', 'deny', 'pass']);
    const allows = verdict === 'allow';
    return {
      name: `p${index}`,
      [verdict]: random.chance(0.5) ? 'pg' : ['tcp/443', 'all'],
      from: random.chance(0.7) ? randomFrom(random) : [randomFrom(random), { any: true }],
      to: random.chance(0.7) ? randomTo(random, allows) : [randomTo(random, allows), 'role=db'],
      ...maybe(random, { except: [{ from: randomFrom(random) }] }),
      ...(allows && maybe(random, { reverify: random.pick(durations) })),
      ...maybe(random, { 'accept-wider': random.chance(0.5) }),
      ...maybe(random, { expires: random.pick(moments), owner: 'ana: "the" #1', reason: ' - two\nlines: {yes}' }),
    };
  });
}

function randomFrom(random: Random): unknown {
  const who = random.pick([{ user: random.pick(users) }, { group: random.pick(userGroups) }, {}]);
  const process = maybe(random, { process: random.pick(processes) });
  const where = random.pick([
    {},
    { selector: random.pick(selectors), ...maybe(random, { scope: 'none' }) },
    { any: true },
  ]);
  const end = { ...where, ...process, ...who };
  return Object.keys(end).length === 0 ? random.pick(selectors) : end;
}

function randomTo(random: Random, domainsToo: boolean): unknown {
  const plain = [random.pick(selectors), { virtualService: 'vip' }, { prefix: '192.0.2.0/24' }];
  const named = [{ name: random.pick(domains) }, { ipList: 'names' }];
  const serving = { selector: random.pick(selectors), process: random.pick(processes) };
  return random.pick<unknown>([...plain, serving, ...(domainsToo ? named : [])]);
}
