import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { anp, askAbout, banp, filesOf, importText, np, testdata } from './testkit.ts';

const cluster = readFileSync(join(testdata, 'small-cluster.yaml'), 'utf8');

const service = (spec: string, name = 'db', namespace = 'shop'): string =>
  `{apiVersion: v1, kind: Service, metadata: {name: ${name}, namespace: ${namespace}}, spec: {${spec}}}`;

const shop = 'subject: {namespaces: {matchLabels: {team: a}}}';
const every = 'subject: {namespaces: {}}';
const all = '{namespaces: {}}';

/** Documents beside the small cluster, and what the decisions are then, separated by semicolons. */
type Row = readonly [title: string, documents: readonly string[], verdicts: string];

const rows: readonly Row[] = [
  [
    'KN14 without policies everything passes',
    [],
    'allow shop/web -> bank/vault tcp/22; allow 192.0.2.1 -> shop/db udp/53',
  ],
  [
    'KN1 KN3 the empty podSelector isolates the namespace and no other',
    [np('podSelector: {}')],
    'deny bank/web -> shop/db tcp/5432; deny 192.0.2.1 -> shop/web tcp/80; deny shop/web -> shop/db icmp/8; allow shop/web -> bank/web tcp/80',
  ],
  [
    'KN1 no podSelector is the empty one',
    [np('policyTypes: [Ingress]')],
    'deny bank/web -> shop/db tcp/1; deny bank/web -> shop/web tcp/1',
  ],
  [
    'KN1 a podSelector selects in its namespace',
    [np('podSelector: {matchLabels: {app: web}}')],
    'deny shop/db -> shop/web tcp/1; allow shop/web -> shop/db tcp/1; allow shop/db -> bank/web tcp/1',
  ],
  [
    'KN2 policyTypes names the directions',
    [np('podSelector: {}, policyTypes: [Egress]')],
    'deny shop/web -> bank/web tcp/1; allow bank/web -> shop/web tcp/1',
  ],
  [
    'KN2 an egress rule is enough for egress',
    [np('podSelector: {}, egress: [{ports: [{port: 53, protocol: UDP}]}]')],
    'deny shop/web -> bank/web tcp/1; allow shop/web -> bank/web udp/53; deny bank/web -> shop/web tcp/1',
  ],
  [
    'KN2 an empty list of egress rules is none',
    [np('podSelector: {}, egress: [], ingress: [{}]')],
    'allow shop/web -> bank/web tcp/1; allow bank/web -> shop/web tcp/1',
  ],
  [
    'KN2 KN5 a rule of a direction that is not named does nothing',
    [np('podSelector: {}, policyTypes: [Egress], ingress: [{}], egress: [{to: [{podSelector: {}}]}]')],
    'allow shop/web -> shop/db tcp/1; deny shop/web -> bank/web tcp/1; allow bank/web -> shop/web tcp/1',
  ],
  [
    'KN4 policies add up',
    [np('podSelector: {}', 'closed'), np('podSelector: {}, ingress: [{from: [{podSelector: {}}]}]', 'open')],
    'allow shop/web -> shop/db tcp/1; deny bank/web -> shop/db tcp/1',
  ],
  [
    'KN6 an absent from is anyone',
    [np('podSelector: {}, ingress: [{ports: [{port: 80}]}]')],
    'allow 192.0.2.1 -> shop/web tcp/80; allow bank/web -> shop/web tcp/80; deny bank/web -> shop/web tcp/81',
  ],
  [
    'KN6 an empty from is anyone',
    [np('podSelector: {}, ingress: [{from: []}]')],
    'allow 192.0.2.1 -> shop/web tcp/80; allow n1 -> shop/web udp/9',
  ],
  [
    'KN6 KI7 a from of null is anyone',
    [np('podSelector: {}, ingress: [{from: null, ports: null}]')],
    'allow 192.0.2.1 -> shop/web tcp/80',
  ],
  [
    'KN6 KN13 an empty to is anyone',
    [np('podSelector: {}, policyTypes: [Egress], egress: [{to: []}]')],
    'allow shop/web -> 192.0.2.1 tcp/80',
  ],
  [
    'KN7 a podSelector is of the own namespace',
    [np('podSelector: {}, ingress: [{from: [{podSelector: {matchLabels: {app: web}}}]}]')],
    'allow shop/web -> shop/db tcp/1; deny bank/web -> shop/db tcp/1; deny 10.0.0.9 -> shop/db tcp/1',
  ],
  [
    'KN7 KL1 a namespaceSelector meets no node and nobody outside',
    [np('podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]')],
    'allow bank/vault -> shop/db tcp/1; deny n1 -> shop/db tcp/1; deny 192.0.2.1 -> shop/db tcp/1',
  ],
  [
    'KN7 both selectors have to be met',
    [
      np(
        'podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: b}}, podSelector: {matchLabels: {app: web}}}]}]',
      ),
    ],
    'allow bank/web -> shop/db tcp/1; deny bank/vault -> shop/db tcp/1; deny shop/web -> shop/db tcp/1',
  ],
  [
    'KN7 two members are a union',
    [
      np(
        'podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {team: b}}}, {podSelector: {matchLabels: {app: web}}}]}]',
      ),
    ],
    'allow bank/vault -> shop/db tcp/1; allow shop/web -> shop/db tcp/1; deny shop/db -> shop/web tcp/1',
  ],
  [
    'KN7 KW2 a namespace is selected by its name',
    [
      np(
        'podSelector: {}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: bank}}}]}]',
      ),
    ],
    'allow bank/web -> shop/db tcp/1; deny shop/web -> shop/db tcp/1',
  ],
  [
    'KL2 expressions',
    [np('podSelector: {matchExpressions: [{key: app, operator: In, values: [db, x]}, {key: tier, operator: Exists}]}')],
    'deny shop/web -> shop/db tcp/1; allow shop/db -> shop/web tcp/1',
  ],
  [
    'KL2 NotIn and DoesNotExist match what is absent',
    [
      np(
        'podSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [front]}, {key: nothing, operator: DoesNotExist}]}',
      ),
    ],
    'deny shop/web -> shop/db tcp/1; deny shop/db -> shop/web tcp/1',
  ],
  [
    'KL2 DoesNotExist does not match what is there',
    [np('podSelector: {matchExpressions: [{key: tier, operator: DoesNotExist}]}')],
    'deny shop/db -> shop/web tcp/1; allow shop/web -> shop/db tcp/1',
  ],
  [
    'KN8 an ipBlock is addresses, pods among them',
    [np('podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.1.0/24}}]}]')],
    'allow bank/web -> shop/web tcp/1; allow 10.0.1.77 -> shop/web tcp/1; deny 10.0.2.1 -> shop/web tcp/1',
  ],
  [
    'KN8 except takes addresses out',
    [np('podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.1.0/31]}}]}]')],
    'allow bank/vault -> shop/web tcp/1; deny bank/web -> shop/web tcp/1; allow 10.9.9.9 -> shop/web tcp/1; deny 11.0.0.1 -> shop/web tcp/1',
  ],
  [
    'KN8 KI8 bits beyond the length are dropped',
    [np('podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 10.0.1.7/24}}]}]')],
    'allow bank/web -> shop/web tcp/1; deny 10.0.2.1 -> shop/web tcp/1',
  ],
  [
    'KN8 a block of IPv6',
    [np('podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: "fd00::/64"}}]}]')],
    'allow shop/web -> fd00::9 tcp/1; deny shop/web -> 10.0.0.9 tcp/1',
  ],
  [
    'KN9 without ports every service passes',
    [np('podSelector: {}, ingress: [{from: [{podSelector: {}}], ports: []}]')],
    'allow shop/web -> shop/db icmp/8; allow shop/web -> shop/db proto/47',
  ],
  [
    'KN10 a port is of TCP',
    [np('podSelector: {}, ingress: [{ports: [{port: 53}]}]')],
    'allow shop/web -> shop/db tcp/53; deny shop/web -> shop/db udp/53',
  ],
  [
    'KN10 a protocol alone is all its ports',
    [np('podSelector: {}, ingress: [{ports: [{protocol: UDP}, {}]}]')],
    'allow shop/web -> shop/db udp/1; allow shop/web -> shop/db tcp/65535; deny shop/web -> shop/db sctp/1',
  ],
  [
    'KN10 endPort',
    [np('podSelector: {}, ingress: [{ports: [{port: 80, endPort: 90, protocol: SCTP}]}]')],
    'allow shop/web -> shop/db sctp/90; deny shop/web -> shop/db sctp/91; deny shop/web -> shop/db tcp/80',
  ],
  [
    'KN11 a named port is the destination’s',
    [np('podSelector: {}, ingress: [{ports: [{port: http}]}]')],
    'allow bank/web -> shop/web tcp/8080; deny bank/web -> shop/web tcp/9090; deny bank/web -> shop/db tcp/8080',
  ],
  [
    'KN11 in egress each destination has its own',
    [np('podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: http}]}]')],
    'allow shop/db -> shop/web tcp/8080; allow shop/db -> bank/web tcp/9090; deny shop/db -> bank/web tcp/8080; deny shop/db -> 192.0.2.1 tcp/8080',
  ],
  [
    'KN11 names and numbers to anyone',
    [np('podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: http}, {port: 22}]}]')],
    'allow shop/db -> bank/web tcp/9090; allow shop/db -> 192.0.2.1 tcp/22; deny shop/db -> 192.0.2.1 tcp/9090',
  ],
  [
    'KN11 a name of another protocol is another',
    [np('podSelector: {}, ingress: [{ports: [{port: http, protocol: UDP}]}]')],
    'deny bank/web -> shop/web tcp/8080; deny bank/web -> shop/web udp/8080',
  ],
  [
    'KN12 a named port in a block is that of the pods there',
    [
      np(
        'podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.0.1.0/24}}, {podSelector: {}}], ports: [{port: http}, {port: 22}]}]',
      ),
    ],
    'allow shop/db -> bank/web tcp/9090; allow shop/db -> shop/web tcp/8080; allow shop/db -> 10.0.1.99 tcp/22; deny shop/db -> 10.0.1.99 tcp/9090; deny shop/db -> bank/vault tcp/9090',
  ],
  [
    'KN13 both ends are asked',
    [
      np('podSelector: {}, policyTypes: [Egress], egress: [{to: [{namespaceSelector: {}}]}]'),
      np('podSelector: {}', 'q', 'bank'),
    ],
    'deny shop/web -> bank/web tcp/1; allow shop/web -> shop/db tcp/1; allow bank/web -> shop/db tcp/1',
  ],

  [
    'KA1 lower priorities decide first',
    [
      anp(5, `${shop}, ingress: [{action: Deny, from: [${all}]}]`),
      anp(9, `${shop}, ingress: [{action: Allow, from: [${all}]}]`),
    ],
    'deny bank/web -> shop/web tcp/1; allow shop/web -> bank/web tcp/1; allow 192.0.2.1 -> shop/web tcp/1',
  ],
  [
    'KA1 digits are compared as numbers',
    [
      anp(10, `${shop}, ingress: [{action: Deny, from: [${all}]}]`),
      anp(9, `${shop}, ingress: [{action: Allow, from: [${all}]}]`),
    ],
    'allow bank/web -> shop/web tcp/1',
  ],
  [
    'KA1 rules decide from first to last',
    [
      anp(
        5,
        `${shop}, ingress: [{action: Allow, from: [${all}], ports: [{portNumber: {port: 80, protocol: TCP}}]}, {action: Deny, from: [${all}]}, {action: Allow, from: [${all}]}]`,
      ),
    ],
    'allow bank/web -> shop/web tcp/80; deny bank/web -> shop/web tcp/81',
  ],
  [
    'KA1 ingress and egress are apart',
    [anp(5, `${shop}, ingress: [{action: Deny, from: [${all}]}], egress: [{action: Allow, to: [${all}]}]`)],
    'deny bank/web -> shop/web tcp/1; allow shop/web -> bank/web tcp/1; deny shop/web -> shop/db tcp/1',
  ],
  [
    'KA3 an Allow is final',
    [
      anp(5, `${shop}, ingress: [{action: Allow, from: [{namespaces: {matchLabels: {team: b}}}]}]`),
      np('podSelector: {}'),
    ],
    'allow bank/web -> shop/web tcp/1; deny shop/db -> shop/web tcp/1',
  ],
  [
    'KA3 a Deny is final',
    [anp(5, `${shop}, ingress: [{action: Deny, from: [${all}]}]`), np('podSelector: {}, ingress: [{}]')],
    'deny bank/web -> shop/web tcp/1; allow 192.0.2.1 -> shop/web tcp/1',
  ],
  [
    'KA3 Pass leaves the rest of the administrators',
    [
      anp(5, `${shop}, ingress: [{action: Pass, from: [${all}]}]`),
      anp(6, `${shop}, ingress: [{action: Deny, from: [${all}]}]`),
    ],
    'allow bank/web -> shop/web tcp/1',
  ],
  [
    'KA3 after Pass NetworkPolicies decide',
    [
      anp(5, `${shop}, ingress: [{action: Pass, from: [${all}]}, {action: Allow, from: [${all}]}]`),
      np('podSelector: {}'),
    ],
    'deny bank/web -> shop/web tcp/1',
  ],
  [
    'KA3 KA7 after Pass and no NetworkPolicy the baseline decides',
    [
      anp(5, `${shop}, ingress: [{action: Pass, from: [${all}]}]`),
      banp(`${every}, ingress: [{action: Deny, from: [${all}]}]`),
    ],
    'deny bank/web -> shop/web tcp/1; deny shop/web -> bank/web tcp/1; allow 192.0.2.1 -> bank/web tcp/1',
  ],
  [
    'KA4 a subject of pods',
    [
      anp(
        5,
        `subject: {pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}}, ingress: [{action: Deny, from: [${all}]}]`,
      ),
    ],
    'deny shop/db -> shop/web tcp/1; deny shop/db -> bank/web tcp/1; allow shop/web -> shop/db tcp/1; allow n1 -> bank/web tcp/1',
  ],
  [
    'KA5 peers of pods',
    [
      anp(
        5,
        `${every}, ingress: [{action: Deny, from: [{pods: {namespaceSelector: {matchLabels: {team: a}}, podSelector: {matchLabels: {app: db}}}}]}]`,
      ),
    ],
    'deny shop/db -> bank/web tcp/1; allow shop/web -> bank/web tcp/1',
  ],
  [
    'KA5 nodes by their labels',
    [anp(5, `${every}, egress: [{action: Deny, to: [{nodes: {matchLabels: {zone: east}}}]}]`)],
    'deny shop/db -> n1 tcp/1; allow shop/db -> n2 tcp/1; allow shop/db -> shop/web tcp/1; deny shop/web -> n1 tcp/1',
  ],
  [
    'KA5 nodes without a label',
    [
      anp(
        5,
        `${every}, egress: [{action: Deny, to: [{nodes: {matchExpressions: [{key: zone, operator: NotIn, values: [east]}]}}]}]`,
      ),
    ],
    'deny shop/web -> n2 tcp/1; allow shop/db -> n1 tcp/1; allow shop/web -> shop/db tcp/1',
  ],
  [
    'KA5 networks are addresses',
    [anp(5, `${every}, egress: [{action: Deny, to: [{networks: [10.0.1.0/24, 192.0.2.0/24]}]}]`)],
    'deny shop/web -> bank/web tcp/1; deny shop/web -> 192.0.2.9 tcp/1; allow shop/web -> shop/db tcp/1',
  ],
  [
    'KA5 domain names',
    [
      anp(
        5,
        `${every}, egress: [{action: Allow, to: [{domainNames: ["*.example.org", Api.example.net.]}]}, {action: Deny, to: [{networks: [0.0.0.0/0]}]}]`,
      ),
      np('podSelector: {}, policyTypes: [Egress]'),
    ],
    'allow shop/web -> www.example.org tcp/443; allow shop/web -> api.example.net tcp/443; deny shop/web -> 192.0.2.9 tcp/443',
  ],
  [
    'KA6 a range',
    [
      anp(
        5,
        `${every}, ingress: [{action: Deny, from: [${all}], ports: [{portRange: {protocol: UDP, start: 10, end: 12}}]}]`,
      ),
    ],
    'deny shop/web -> bank/web udp/12; allow shop/web -> bank/web udp/13; allow shop/web -> bank/web tcp/12',
  ],
  [
    'KA6 a number without protocol is of TCP',
    [anp(5, `${every}, ingress: [{action: Deny, from: [${all}], ports: [{portNumber: {port: 10}}]}]`)],
    'deny shop/web -> bank/web tcp/10; allow shop/web -> bank/web udp/10',
  ],
  [
    'KA6 a name',
    [anp(5, `${every}, ingress: [{action: Deny, from: [${all}], ports: [{namedPort: http}]}]`)],
    'deny shop/web -> bank/web tcp/9090; allow shop/web -> bank/web tcp/8080; allow shop/web -> shop/db tcp/5432',
  ],
  [
    'KA7 the baseline does not decide for isolated pods',
    [
      banp(`${every}, ingress: [{action: Deny, from: [${all}]}]`),
      np('podSelector: {}, ingress: [{from: [{namespaceSelector: {}}]}]'),
    ],
    'allow bank/web -> shop/web tcp/1; deny shop/web -> bank/web tcp/1',
  ],
  [
    'KA7 KN2 it decides for the direction that is not isolated',
    [banp(`${every}, egress: [{action: Deny, to: [${all}]}]`), np('podSelector: {}')],
    'deny shop/web -> bank/web tcp/1; allow shop/web -> 192.0.2.1 tcp/1',
  ],
  [
    'KA7 the baseline decides from first to last',
    [
      banp(
        `${every}, ingress: [{action: Allow, from: [{namespaces: {matchLabels: {team: b}}}]}, {action: Deny, from: [${all}]}]`,
      ),
    ],
    'allow bank/web -> shop/web tcp/1; deny shop/db -> shop/web tcp/1',
  ],

  [
    'KS1 KS2 a Service leads to its pods',
    [
      service('clusterIP: 10.96.0.9, selector: {app: db}, ports: [{port: 80, targetPort: 5432}]'),
      np('podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: 5432}]}]'),
    ],
    'allow bank/web -> 10.96.0.9 tcp/80; deny bank/web -> shop/db tcp/80',
  ],
  [
    'KS2 a name leads to its number',
    [
      service('clusterIP: 10.96.0.9, selector: {app: db}, ports: [{port: 80, targetPort: sql}]'),
      np('podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: 80}]}]'),
    ],
    'deny bank/web -> 10.96.0.9 tcp/80; allow bank/web -> shop/db tcp/80',
  ],
  [
    'KS5 a rule on the pods is one on the Service',
    [
      service('clusterIP: 10.96.0.9, selector: {app: db}, ports: [{port: 80, targetPort: 5432}]'),
      np(
        'podSelector: {}, policyTypes: [Egress], egress: [{to: [{podSelector: {matchLabels: {app: db}}}], ports: [{port: 5432}]}]',
      ),
    ],
    'allow shop/web -> 10.96.0.9 tcp/80; deny shop/web -> 192.0.2.1 tcp/80; deny shop/web -> shop/db tcp/80',
  ],
  [
    'KS5 so is a rule without ports',
    [
      service('clusterIP: 10.96.0.9, selector: {app: db}, ports: [{port: 80, targetPort: 5432}]'),
      np('podSelector: {}, policyTypes: [Egress], egress: [{to: [{podSelector: {}}]}]'),
    ],
    'allow shop/web -> 10.96.0.9 tcp/80; deny shop/web -> 192.0.2.1 tcp/80',
  ],
  [
    'KS5 so is a rule to anyone',
    [
      service('clusterIP: 10.96.0.9, selector: {app: db}, ports: [{port: 80, targetPort: 5432}]'),
      np('podSelector: {}, policyTypes: [Egress], egress: [{ports: [{port: 5432}]}]'),
    ],
    'allow shop/web -> 10.96.0.9 tcp/80; deny shop/web -> 192.0.2.1 tcp/80',
  ],
  [
    'KS5 a Deny reaches the Service',
    [
      service('clusterIP: 10.96.0.9, selector: {app: db}, ports: [{port: 80, targetPort: 5432}]'),
      anp(5, `${every}, egress: [{action: Deny, to: [{namespaces: {matchLabels: {team: a}}}]}]`),
    ],
    'deny bank/web -> 10.96.0.9 tcp/80; allow bank/web -> 192.0.2.1 tcp/80',
  ],
  [
    'KS5 KA3 a Pass does',
    [
      service('clusterIP: 10.96.0.9, selector: {app: db}, ports: [{port: 80, targetPort: 5432}]'),
      anp(
        5,
        `${every}, egress: [{action: Pass, to: [{namespaces: {matchLabels: {team: a}}}]}, {action: Deny, to: [{networks: [0.0.0.0/0]}]}]`,
      ),
    ],
    'allow bank/web -> 10.96.0.9 tcp/80; deny bank/web -> 192.0.2.1 tcp/80',
  ],
];

for (const [title, documents, verdicts] of rows)
  test(title, () => {
    const ask = askAbout(filesOf(importText([cluster, ...documents].join('\n---\n'))));
    const expected = verdicts.split('; ').map((text) => text.split(/ (.*)/) as [string, string]);
    assert.deepEqual(
      expected.map(([, line]) => `${ask(line)} ${line}`),
      expected.map(([verdict, line]) => `${verdict} ${line}`),
    );
  });
