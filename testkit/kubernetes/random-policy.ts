import type { Document, Exception, Rule, RulesetDocument, WorkloadDocument } from '@bulkhead/model/documents.ts';
import { except, ipList, lifeline, place, rule, ruleset, service, tiers, workload } from '../documents.ts';
import type { Random } from '../random.ts';

const cluster = 'kubernetes:cluster=prod';
const named = 'namespace:kubernetes.io/metadata.name';
/** All pods of the cluster, and nobody else. */
const pods = `${cluster},${named}`;

/** Years before what rules of these policies expire at. */
export const policyNow = Date.UTC(2026, 0, 1);

/**
 * Estate and policy of which much can be written for the cluster `prod`, as people would: scopes, tiers, groups of tiers,
 * exceptions, address ends, named ports. Names and labels come from small pools, so that rules meet.
 */
export function randomPolicy(random: Random): readonly Document[] {
  const estate = random.chance(0.3) ? onNodes(random, randomEstate(random)) : randomEstate(random);
  const grouped = random.chance(0.4);
  const open = random.chance(0.25);
  return [
    ...estate,
    ...sharedDocuments,
    ...(random.chance(0.3) ? [lifeline('base', { dns: ['10.9.0.53/32'], time: ['10.9.0.54/32'] })] : []),
    ...(estate.some(({ name }) => name === 'node-a') ? aboutNodes(random, grouped || open) : []),
    ...(random.chance(0.6) ? [guardrail(random)] : []),
    ...(grouped ? adminGroup(random) : []),
    ...Array.from({ length: 1 + random.below(3) }, (_, index) => application(random, index)),
    ...(random.chance(0.15) ? [otherState(random)] : []),
    ...(open ? openEnd(random) : []),
    ...(grouped || open ? randomTiers(random) : []),
  ];
}

/** Two documents that are the same order as the one. */
const randomTiers = (random: Random): readonly Document[] =>
  random.chance(0.3)
    ? [
        tiers('guardrail', 'admin:admin-2', 'application', 'behind'),
        tiers('admin:admin-1', 'application', 'baseline', 'last'),
      ]
    : [tiers('guardrail', 'admin:admin-1,admin-2', 'application', 'baseline', 'behind', 'last')];

const sharedDocuments: readonly Document[] = [
  ipList('partners', ['192.0.2.0/24', '2001:db8:1::/48'], ['192.0.2.64/26']),
  service('web', ['tcp/80', 'tcp/8443']),
  { kind: 'LabelGroup', name: 'front', key: 'role', values: ['web'], groups: [{ name: 'middle', place }], place },
  { kind: 'LabelGroup', name: 'middle', key: 'role', values: ['api'], groups: [], place },
];

const spaces = ['shop', 'crm', 'ops'] as const;

const podKinds = ['web', 'api', 'db'].flatMap((role) => ['', ',app=a', ',app=b'].map((app) => `role=${role}${app}`));

function randomEstate(random: Random): WorkloadDocument[] {
  const six = random.chance(0.4);
  const found: WorkloadDocument[] = random.some(spaces, 2, 3).flatMap((space, at) => {
    const labels = [
      cluster,
      `${named}=${space}`,
      ...(random.chance(0.7) ? [`namespace:team=${random.pick(['red', 'blue'])}`] : []),
      ...(random.chance(0.5) ? [`namespace:env=${random.pick(['prod', 'dev'])}`] : []),
    ];
    // Of every kind of pod one, mostly: what rules say of pods that are not there, nobody could tell.
    return random.some(podKinds, 6, podKinds.length).map((own, index) => {
      const addresses = [`10.1.${at}.${index + 1}`, ...(six ? [`fd00:1::${at}:${index + 1}`] : [])];
      const ports = {
        ...(random.chance(0.6) && { http: [random.pick(['tcp/8080', 'tcp/80'])] }),
        ...(random.chance(0.4) && { dns: ['udp/53', 'tcp/53'] }),
      };
      const all = [...labels, own].join(',');
      return workload(`${space}/pod-${index}`, all, random.chance(0.95) ? addresses : [], { ports });
    });
  });
  const others = [
    workload('office', 'place=office', ['10.9.0.7'], { enforced: false }),
    workload('mainframe', 'role=mainframe', ['10.9.1.7']),
    workload('stage-pod', `kubernetes:cluster=stage,${named}=shop,role=web`, ['10.8.0.1']),
  ];
  return [...found, ...random.some(others, 0, 3)];
}

/** The pods on two nodes, which are workloads that nobody enforces for. */
function onNodes(random: Random, estate: readonly WorkloadDocument[]): WorkloadDocument[] {
  const placed = estate.map((one) => {
    if (one.labels['kubernetes:cluster'] !== 'prod') return one;
    return { ...one, labels: { ...one.labels, 'kubernetes:node': random.pick(['node-a', 'node-b']) } };
  });
  const node = (name: string, address: string) =>
    workload(name, `${cluster},kubernetes:node=${name},node:zone=${name}`, [address], { enforced: false });
  return [...placed, node('node-a', '10.0.0.1'), node('node-b', '10.0.0.2')];
}

const nodes = `${cluster},!${named}`;
const nodeEnds = [`none:${nodes},kubernetes:node`, `none:${nodes},kubernetes:node,node:zone=node-a`];

/** The rule between pods and their own node, before and behind what denies some of it. */
function aboutNodes(random: Random, declared: boolean): RulesetDocument[] {
  const tier = random.pick(['rescue', 'guardrail', 'application', 'baseline', ...(declared ? ['behind'] : [])]);
  const going = random.chance(0.85) ? pods : `${pods},${named}=shop`;
  const rules = [
    rule('in', 'allow all', [nodes, pods], { at: 'destination' }),
    rule('out', 'allow all', [going, nodes], { at: 'source' }),
  ];
  const denied = rule('kubelet', 'deny tcp/10250', [random.pick(['', 'role=web']), random.pick(deniedNodes)], {
    at: 'source',
  });
  const before = random.pick(['emergency', 'guardrail', 'application', ...(declared ? ['behind'] : [])]);
  return [
    ...(random.chance(0.95)
      ? [ruleset('own-node', rules, { tier, each: ['kubernetes:cluster', 'kubernetes:node'] })]
      : []),
    ...(random.chance(0.5) ? [ruleset('kubelets', [denied], { tier: before, scopes: [pods] })] : []),
  ];
}

const deniedNodes = [...nodeEnds, '10.0.0.0/24', '10.0.0.2/32', 'any'];

const podEnds = [
  '',
  'role=web',
  'role=api',
  'role in (web,db)',
  'role in (@front)',
  'role!=db',
  'app',
  '!app',
  'app=a,role=web',
  'namespace:team=red',
  'namespace:env!=dev,role=db',
  `${named}=shop`,
  `${named} in (shop,crm),role=api`,
];
const blocks = ['10.9.0.0/16', '192.0.2.0/25', '2001:db8::/32', 'list:partners'];
const services = ['all', 'tcp/80', 'tcp/443 udp/53', 'tcp/8000-8100', 'sctp/9', 'tcp', 'web', 'tcp/1-79 udp/1-65535'];
const names = ['tcp/http', 'udp/dns', 'tcp/dns tcp/80'];

function scopesOf(random: Random): Parameters<typeof ruleset>[2] {
  const kind = random.below(5);
  if (kind === 0) return { scopes: [`${cluster},${named}=shop`, `${cluster},${named}=crm`] };
  if (kind === 1) return { each: ['kubernetes:cluster', named] };
  if (kind === 2) return { scopes: [`${cluster},${named}=ops`] };
  return { scopes: [pods] };
}

function application(random: Random, index: number): RulesetDocument {
  const rules = Array.from({ length: 1 + random.below(4) }, (_, at) => randomAllow(random, `a${at}`));
  const denies = random.chance(0.3) ? [podsRule(random, 'refused', 'deny')] : [];
  const tier = random.pick(['application', 'application', 'baseline']);
  return ruleset(`${random.pick(['shop', 'Shop team', 'crm:eu'])}-${index}`, [...rules, ...denies], {
    ...scopesOf(random),
    tier,
  });
}

function randomAllow(random: Random, name: string): Rule {
  const kind = random.below(12);
  const [here, there] = [random.pick(podEnds), random.pick(podEnds)];
  if (kind === 0) return rule(name, `allow ${random.pick(services)}`, [random.pick(blocks), here]);
  if (kind === 1) return rule(name, `allow ${random.pick(services)}`, [here, random.pick(blocks)]);
  if (kind === 2)
    return rule(name, `allow ${random.pick(services)}`, ['any', here], { at: random.pick(['both', 'destination']) });
  if (kind === 3)
    return rule(name, `allow ${random.pick(services)}`, [here, 'any'], { at: random.pick(['both', 'source']) });
  if (kind === 4) return rule(name, `allow ${random.pick(names)}`, [here, there]);
  if (kind === 5)
    return rule(name, `allow tcp/443`, [here, random.pick(['name:api.example.com', 'name:*.example.com'])]);
  if (kind === 6) return excepting(random, name, [here, there]);
  if (kind === 7) return rule(name, 'allow tcp/443', [here, random.pick(nodeEnds)], { at: 'source' });
  const ends = [[here, random.pick(podEnds)], there] as const;
  return rule(name, `allow ${random.pick(services)}`, ends, {
    at: random.pick(['both', 'both', 'source', 'destination']),
  });
}

function excepting(random: Random, name: string, [here, there]: readonly [string, string]): Rule {
  const cases: readonly (readonly [what: string, from: string, to: string, Exception])[] = [
    ['tcp/1-1000', here, there, except(null, null, ['tcp/22', 'tcp/100-200'])],
    ['tcp/443', here, there, except('role=db', null, null)],
    ['all', here, there, except('app', 'role=web', null)],
    ['tcp/80', '10.9.0.0/16', there, except('10.9.3.0/24', null, null)],
    ['tcp/80 udp/53', here, '10.9.0.0/16', except(null, '10.9.3.0/24', ['udp/53'])],
  ];
  const [what, from, to, exception] = random.pick(cases);
  return rule(name, `allow ${what}`, [from, to], { except: [exception] });
}

function podsRule(random: Random, name: string, verdict: 'allow' | 'deny' | 'pass'): Rule {
  const numbered = services.filter((text) => text !== 'tcp');
  return rule(name, `${verdict} ${random.pick(numbered)}`, [random.pick(podEnds), random.pick(podEnds)], {
    at: random.pick(['both', 'both', 'source', 'destination']),
  });
}

function guardrail(random: Random): RulesetDocument {
  const outward = rule('outward', 'deny tcp/25', [random.pick(podEnds), random.pick(['any', '10.9.0.0/16'])], {
    at: 'source',
  });
  const inward = rule('inward', 'deny tcp/23', ['any', random.pick(podEnds)], { at: 'destination' });
  const rules = random.some(
    [podsRule(random, 'never', 'deny'), podsRule(random, 'always', 'allow'), outward, inward],
    1,
    3,
  );
  return ruleset('guard', rules, { tier: 'guardrail', scopes: [pods] });
}

function adminGroup(random: Random): RulesetDocument[] {
  const first = [
    podsRule(random, 'handed-on', 'pass'),
    ...(random.chance(0.5) ? [podsRule(random, 'first', 'allow')] : []),
  ];
  const second = [
    podsRule(random, 'second', 'deny'),
    ...(random.chance(0.5) ? [podsRule(random, 'idle', 'pass')] : []),
  ];
  return [
    ruleset('admin-a', first, { tier: 'admin-1', scopes: [pods] }),
    ruleset('admin-b', second, { tier: 'admin-2', scopes: [pods] }),
  ];
}

function otherState(random: Random): RulesetDocument {
  const state = random.pick(['staged', 'disabled'] as const);
  return ruleset('other', [podsRule(random, 'later', 'allow')], { tier: 'application', scopes: [pods], state });
}

/** As a cluster is: some namespaces isolated, what nobody isolates open. */
function openEnd(random: Random): RulesetDocument[] {
  const isolated = random.some(spaces, 0, 2).map((space) =>
    rule(`isolate-${space}`, 'deny all', ['any', `${named}=${space}${random.chance(0.3) ? ',role=db' : ''}`], {
      at: 'destination',
    }),
  );
  const ways = random.chance(0.5) ? ['in'] : ['in', 'out'];
  const open = ways.map((way) =>
    way === 'in'
      ? rule('in', 'allow all', ['any', ''], { at: 'destination' })
      : rule('out', 'allow all', ['', 'any'], { at: 'source' }),
  );
  return [
    ...(isolated.length > 0 ? [ruleset('isolation', isolated, { tier: 'baseline', scopes: [pods] })] : []),
    ...(random.chance(0.6) ? [behind(random)] : []),
    ruleset('open', open, { tier: 'last', scopes: [pods] }),
  ];
}

/** What holds for pods that nobody isolates. */
function behind(random: Random): RulesetDocument {
  const subject = random.pick(['', 'role=web', 'namespace:team=red']);
  const rules = ['deny tcp/80', random.pick(['allow tcp/79-81', 'deny udp/53'])].map((what, index) =>
    rule(`b${index}`, what, [random.pick(podEnds), subject], { at: 'destination' }),
  );
  return ruleset('behind', rules, { tier: 'behind', scopes: [pods] });
}

/** A policy with one rule in it that no object of a cluster can say, by name and by the code of its refusal. */
export type Unsayable = { readonly documents: readonly Document[]; readonly name: string; readonly code: string };

export function randomUnsayable(random: Random): Unsayable {
  const [here, there] = [podEnd(random), podEnd(random)];
  const ends = [here, there] as const;
  const plain = (what: string, more: Parameters<typeof rule>[3] = {}, at: Parameters<typeof rule>[2] = ends) =>
    culprit(rule('x', what, at, more));
  const who = (process: string | null, user: string | null): Rule => ({
    ...rule('x', 'allow tcp/80', ends),
    from: [
      {
        ...{ kind: 'selector', selector: { text: '', requirements: [] }, scoped: true },
        identity: { process, user: user === null ? null : { kind: 'user', name: user } },
      },
    ],
  });
  const cases: readonly (() => readonly [code: string, documents: readonly Document[]])[] = [
    () => ['service', plain(`allow ${random.pick(['icmp', 'icmp/8', 'proto/47', 'icmpv6/128'])} tcp/80`)],
    () => ['port-zero', plain('allow udp/0-99')],
    () => ['reverify', plain('allow tcp/80', { reverify: 60_000 })],
    () => ['expires', plain('allow tcp/80', { expires: policyNow + 1 })],
    () => ['process', culprit(who('nginx.service', null))],
    () => ['user', culprit(who(null, 'ana'))],
    () => ['foreign-key', plain('allow tcp/80', {}, [here, `${there},node:zone=a`])],
    () => ['foreign-key', plain('allow tcp/80', {}, [`${here},kubernetes:node=n1`, there])],
    () => ['outside-cluster', [...plain('allow tcp/80', {}, ['place=cellar', here]), cellar]],
    () => ['subject-address', [...plain('allow tcp/80', {}, ['10.2.0.0/16', here]), addressed]],
    () => [
      'exception',
      plain('allow tcp/80', { except: [except('app', null, null)], at: 'destination' }, ['any', here]),
    ],
    () => ['exception', plain('allow tcp/80', { except: [except('10.1.0.0/16', null, null)] })],
    () => ['unmanaged-pod', [{ ...addressed, enforced: false }]],
    () => ['mode', [{ ...addressed, fallbackMode: 'test' }]],
    () => [
      'source-anyone',
      [
        ruleset('culprit', [rule('x', 'deny tcp/7', ['any', there], { at: 'destination' })], { tier: 'rescue' }),
        meetsAll(there),
      ],
    ],
    () => [
      'source-address',
      [
        ruleset('culprit', [rule('x', 'deny tcp/7', ['10.9.0.0/16', there], { at: 'destination' })], {
          tier: 'rescue',
        }),
        meetsAll(there),
      ],
    ],
  ];
  const [code, documents] = random.pick(cases)();
  const name = code === 'unmanaged-pod' || code === 'mode' ? addressed.name : 'culprit/x';
  return { documents: [...randomPolicy(random), ...documents], name, code };
}

/** Of this cluster, whatever scope a rule has. */
const podEnd = (random: Random): string =>
  [pods, random.pick(['', 'role=web', 'app', 'role!=db'])].filter(Boolean).join(',');

/** In a tier that nothing stands before. */
const culprit = (one: Rule): readonly Document[] => [ruleset('culprit', [one], { tier: 'rescue' })];

/** Allows all services, of which no object can take one out again. */
const meetsAll = (to: string): RulesetDocument =>
  ruleset('meets', [rule('x', 'allow all', ['10.9.0.0/16', to], { at: 'destination' })], { tier: 'emergency' });

const cellar = workload('cellar', 'place=cellar', ['10.9.2.7'], { enforced: false });
const addressed = workload('shop/addressed', `${cluster},${named}=shop`, ['10.2.0.1']);
