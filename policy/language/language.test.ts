import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDocuments } from '@bulkhead/model/parse.ts';
import { worldOf } from '@bulkhead/testkit/world.ts';
import { compileHost } from '../compile.ts';
import { decide } from '../decide.ts';
import { nothingKnown, settleIdentity } from '../identity.ts';
import type { Probe } from '../probe.ts';
import { isProblem } from '../problems.ts';
import { checkEnforceable } from './enforceable.ts';

const now = Date.parse('2026-11-01T12:00:00Z');

const common = `
{kind: Workload, name: web, labels: {role: web, env: prod}, addresses: [10.0.0.1]}
---
{kind: Workload, name: app, labels: {role: app, env: stage}, addresses: [10.0.0.2]}
---
{kind: Workload, name: db, labels: {role: db, env: dev}, addresses: [10.0.0.3]}
---
{kind: Workload, name: lb-1, labels: {role: lb}, addresses: [10.0.0.11]}
---
{kind: Workload, name: lb-2, labels: {role: lb, drained: yes}, addresses: [10.0.0.12]}
---
{kind: Workload, name: printer, labels: {role: printer}, addresses: [10.0.0.9], enforcer: none}
---
{kind: UserGroup, name: dba, members: [ana, bo]}
---
{kind: Service, name: postgres, ports: [tcp/5432], process: postgresql.service}
---
{kind: IpList, name: vendors, prefixes: [192.0.2.0/24], names: ["*.vendor.example"]}
---
{kind: LabelGroup, name: nonprod, key: env, values: [dev], groups: [stages]}
---
{kind: LabelGroup, name: stages, key: env, values: [stage]}
---
{kind: VirtualService, name: kept, frontends: ["10.9.0.1 tcp/443", "10.9.0.1 tcp/80"], members: {selector: role=lb, ports: {tcp/443: tcp/8443}}, source: preserved}
---
{kind: VirtualService, name: hidden, frontends: ["10.9.0.2 tcp/443"], members: {selector: role=lb}, source: {snat: [10.9.1.0/24]}}
---
{kind: VirtualService, name: nobody, frontends: ["10.9.0.3 tcp/443"], members: {selector: role=nobody}, source: preserved}
`;

function world(rules: string, more = '') {
  const text = `${common}---\nkind: Ruleset\nname: r\nrules:\n${rules
    .split(' | ')
    .map((rule) => `  - {${rule}}\n`)
    .join('')}${more}`;
  const { documents, problems } = parseDocuments([{ file: 'test.yaml', text }]);
  assert.deepEqual(problems, [], rules);
  return { ...worldOf(documents, now), documents };
}

/** `web > db tcp/5432 from=/bin/a user=ana to=x.service`. */
function probeOf(text: string): Probe {
  const [from = '', , to = '', service = '', ...who] = text.split(' ');
  const said = Object.fromEntries(who.map((part) => part.split('=') as [string, string]));
  return {
    ...{ from, to, service },
    ...(said.from !== undefined && { fromProcess: said.from }),
    ...(said.to !== undefined && { toProcess: said.to }),
    ...(said.user !== undefined && { user: said.user }),
  };
}

/** `verdict outbound inbound`, rules without their ruleset, `-` for none; pairs behind it. */
function answer(rules: string, asked: string, more = ''): string {
  const { policy, estate } = world(rules, more);
  const answered = decide(policy, estate, probeOf(asked));
  if (isProblem(answered)) return answered.code;
  const { verdict, outbound, inbound, pairs } = answered.intended;
  const rule = (end: typeof outbound) => end?.rule?.slice(2) ?? '-';
  const ends = outbound === null ? '' : ` ${rule(outbound)} ${rule(inbound)}`;
  const legs = pairs.map((pair) => ` | ${pair.to} ${pair.verdict} ${rule(pair.outbound)} ${rule(pair.inbound)}`);
  return `${verdict}${ends}${legs.join('')}`;
}

const wider = (rule: string) => `${rule}, accept-wider: true`;
const curl = 'name: a, allow: [tcp/1], from: {selector: role=web, process: /bin/curl}, to: role=db';
const notCurl = 'name: d, deny: [tcp/1], from: {selector: role=web, process: /bin/curl}, to: role=db';
const all = 'name: z, allow: [tcp/1], from: "", to: ""';
const served = 'name: a, allow: [postgres], from: role=web, to: role=db';
const servedHere = 'name: a, allow: [tcp/1], from: role=web, to: {selector: role=db, process: postgresql.service}';
const dba = 'name: a, allow: [tcp/1], from: {selector: role=web, group: dba}, to: role=db';
const noDba = 'name: d, deny: [tcp/1], from: {selector: role=web, group: dba}, to: role=db';
const logon = (user: string, more = '') => `---\n{kind: Logon, user: ${user}, address: 10.0.0.1${more}}\n`;

const named =
  '---\n{kind: Workload, name: a-1, labels: {role: shop}, addresses: [10.0.1.1], ports: {http: tcp/8080, dns: [udp/53, tcp/5353]}}\n' +
  '---\n{kind: Workload, name: a-2, labels: {role: shop}, addresses: [10.0.1.2], ports: {http: tcp/9000-9009}}\n' +
  '---\n{kind: Workload, name: a-3, labels: {role: shop}, addresses: [10.0.1.3]}\n';
const http = 'name: a, allow: [tcp/http], from: role=web, to: role=shop';

const cases: readonly (readonly [title: string, rules: string, probe: string, expected: string, more?: string])[] = [
  [
    'S5 a label group is its values and those of its groups',
    'name: a, allow: [tcp/1], from: "env=@nonprod", to: role=web',
    'db > web tcp/1',
    'allow a a',
  ],
  ['S5 nested', 'name: a, allow: [tcp/1], from: "env=@nonprod", to: role=web', 'app > web tcp/1', 'allow a a'],
  [
    'S5 beside other values',
    'name: a, allow: [tcp/1], from: "env in (@stages,prod)", to: role=db',
    'web > db tcp/1',
    'allow a a',
  ],
  [
    'S5 not in a group',
    'name: a, allow: [tcp/1], from: "env notin (@nonprod)", to: role=db',
    'app > db tcp/1',
    'deny - -',
  ],
  ['R8 the process named', curl, 'web > db tcp/1 from=/bin/curl', 'allow a a'],
  ['R8 another process', curl, 'web > db tcp/1 from=/bin/wget', 'deny - a'],
  [
    'R8 a process alone is every workload',
    'name: a, allow: [tcp/1], from: {process: /bin/curl}, to: ""',
    'app > db tcp/1 from=/bin/curl',
    'allow a a',
  ],
  ['R10 the port that the destination calls so', http, 'web > a-1 tcp/8080', 'allow a a', named],
  ['R10 another that it has', http, 'web > a-1 udp/53', 'deny - -', named],
  ['R10 the port of another workload', http, 'web > a-2 tcp/8080', 'deny - -', named],
  ['R10 a range', http, 'web > a-2 tcp/9009', 'allow a a', named],
  ['R10 after the range', http, 'web > a-2 tcp/9010', 'deny - -', named],
  ['R10 no port of that name', http, 'web > a-3 tcp/8080', 'deny - -', named],
  ['R10 the protocol too', 'name: a, allow: [tcp/dns], from: "", to: ""', 'web > a-1 tcp/5353', 'allow a a', named],
  ['R10 not of the other', 'name: a, allow: [tcp/dns], from: "", to: ""', 'web > a-1 udp/53', 'deny - -', named],
  [
    'R10 from workloads of any name',
    'name: a, allow: [tcp/http], from: "", to: ""',
    'a-1 > a-2 tcp/9000',
    'allow a a',
    named,
  ],
  [
    'R10 any is who has one',
    'name: a, allow: [tcp/http], from: "", to: {any: true}',
    'web > a-1 tcp/8080',
    'allow a a',
    named,
  ],
  [
    'R10 nobody has one',
    'name: a, allow: [tcp/http], from: "", to: {any: true}',
    'web > 192.0.2.1 tcp/8080',
    'deny - -',
    named,
  ],
  ['R10 beside numbers', 'name: a, allow: [tcp/http, tcp/1], from: "", to: ""', 'web > a-3 tcp/1', 'allow a a', named],
  [
    'R10 less an exception',
    'name: a, allow: [tcp/http], from: "", to: "", except: [{services: [tcp/9001]}]',
    'web > a-2 tcp/9001',
    'deny - -',
    named,
  ],
  [
    'R10 a deny',
    'name: a, allow: [all], from: "", to: "" | name: d, deny: [tcp/http], from: "", to: ""',
    'web > a-1 tcp/8080',
    'deny d d',
    named,
  ],
  [
    'R10 a named port is a label',
    'name: a, allow: [tcp/1], from: "", to: "port:tcp.http=8080"',
    'web > a-1 tcp/1',
    'allow a a',
    named,
  ],
  ['R9 a service with its process', served, 'web > db tcp/5432 to=postgresql.service', 'allow a a'],
  ['R9 its port, another process', served, 'web > db tcp/5432 to=/bin/nc', 'deny a -'],
  [
    'R9 two processes are nobody',
    'name: a, allow: [postgres], from: role=web, to: {selector: role=db, process: /bin/nc}',
    'web > db tcp/5432 to=/bin/nc',
    'deny - -',
  ],
  ['U1 no process named is none that a rule names', curl, 'web > db tcp/1', 'deny - a'],
  ['U1 no user named', dba, 'web > db tcp/1', 'deny - a'],
  ['U2 the source does not know who serves', servedHere, 'web > db tcp/1 to=/bin/nc', 'deny a -'],
  ['U2 the destination knows who serves', servedHere, 'web > db tcp/1 to=postgresql.service', 'allow a a'],
  ['U2 the destination does not know who asks', curl, 'web > db tcp/1 from=/bin/wget', 'deny - a'],
  ['U3 the user is known where the connection starts', dba, 'web > db tcp/1 user=ana', 'allow a a'],
  ['U3 somebody else logged on', dba, 'web > db tcp/1 user=ana', 'deny a -', logon('eve')],
  ['U3 one of the group logged on', dba, 'web > db tcp/1 user=ana', 'allow a a', logon('bo')],
  [
    'U3 a logon that is over says nothing',
    dba,
    'web > db tcp/1 user=ana',
    'allow a a',
    logon('eve', ', until: "2026-11-01T12:00:00Z"'),
  ],
  [
    'U3 a logon to come says nothing',
    dba,
    'web > db tcp/1 user=ana',
    'allow a a',
    logon('eve', ', from: "2026-11-01T12:00:01Z"'),
  ],
  ['U3 two logged on, one of the group', dba, 'web > db tcp/1 user=ana', 'allow a a', logon('eve') + logon('bo')],
  ['U4 a deny needs to be certain', `${notCurl} | ${all}`, 'web > db tcp/1 from=/bin/curl', 'deny d z'],
  ['U8 an allow that accepts to be wider is, for everybody', wider(curl), 'web > db tcp/1 from=/bin/wget', 'allow a a'],
  [
    'U8 a deny that accepts to be wider never denies',
    `${wider(notCurl)} | ${all}`,
    'web > db tcp/1 from=/bin/curl',
    'allow z z',
  ],
  [
    'U4 a deny of a user, two logged on',
    `${noDba} | ${all}`,
    'web > db tcp/1',
    'allow z z',
    logon('eve') + logon('bo'),
  ],
  [
    'U4 a deny of a user, all of them in it',
    `${noDba} | ${all}`,
    'web > db tcp/1',
    'deny z d',
    logon('ana') + logon('bo'),
  ],
  [
    'U4 an exception for a process',
    'name: a, allow: [tcp/1], from: role=web, to: role=db, except: [{from: {process: /bin/curl}}]',
    'web > db tcp/1 from=/bin/curl',
    'deny - a',
  ],
  [
    'U4 what is excepted as a whole never matches',
    'name: a, allow: [tcp/1], from: {process: /bin/curl}, to: role=db, except: [{from: {process: /bin/curl}}]',
    'web > db tcp/1 from=/bin/curl',
    'deny - -',
  ],
  [
    'Y1 a name that a rule covers',
    'name: a, allow: [tcp/1], from: role=web, to: {name: api.example}',
    'web > api.example tcp/1',
    'allow a -',
  ],
  ['Y1 a name that none covers', curl, 'web > api.example tcp/1', 'unknown-workload'],
  [
    'Y1 a name is a destination only',
    'name: a, allow: [tcp/1], from: role=web, to: {name: api.example}',
    'api.example > web tcp/1',
    'unknown-workload',
  ],
  [
    'Y2 below a name',
    'name: a, allow: [tcp/1], from: role=web, to: {name: "*.example"}',
    'web > x.api.example tcp/1',
    'allow a -',
  ],
  [
    'Y2 not the name itself',
    'name: a, allow: [tcp/1], from: role=web, to: [{name: "*.api.example"}, {name: x.example}]',
    'web > api.example tcp/1',
    'unknown-workload',
  ],
  [
    'Y3 any matches a name',
    'name: a, allow: [tcp/1], from: role=web, to: {any: true} | name: b, allow: [tcp/2], from: role=web, to: {name: api.example}',
    'web > api.example tcp/1',
    'allow a -',
  ],
  [
    'Y3 every workload does not',
    'name: a, allow: [tcp/1], from: role=web, to: "" | name: b, allow: [tcp/2], from: role=web, to: {name: api.example}',
    'web > api.example tcp/1',
    'deny - -',
  ],
  [
    'Y4 a list with names',
    'name: a, allow: [tcp/1], from: role=web, to: {ipList: vendors}',
    'web > eu.vendor.example tcp/1',
    'allow a -',
  ],
  [
    'V1 through a frontend',
    'name: a, allow: [tcp/443], from: role=web, to: {virtualService: kept}',
    'web > 10.9.0.1 tcp/443',
    'allow a a | lb-1@10.0.0.11 allow a a | lb-2@10.0.0.12 allow a a',
  ],
  [
    'V1 a port that stays',
    'name: a, allow: [tcp/80], from: role=web, to: {virtualService: kept}',
    'web > lb-1 tcp/80',
    'deny - a',
  ],
  [
    'V1 a port behind another',
    'name: a, allow: [tcp/443], from: role=web, to: {virtualService: kept}',
    'web > lb-1 tcp/8443',
    'deny - a',
  ],
  [
    'V1 a port that the rule does not name',
    'name: a, allow: [tcp/443], from: role=web, to: {virtualService: kept}',
    'web > 10.9.0.1 tcp/80',
    'deny - - | lb-1@10.0.0.11 deny - - | lb-2@10.0.0.12 deny - -',
  ],
  [
    'V2 members see the load balancer',
    'name: a, allow: [tcp/443], from: role=web, to: {virtualService: hidden}',
    'web > 10.9.0.2 tcp/443',
    'allow a a | lb-1@10.0.0.11 allow a a | lb-2@10.0.0.12 allow a a',
  ],
  [
    'V2 a deny is not made at the members',
    `name: d, deny: [tcp/443], from: role=app, to: {virtualService: hidden} | name: a, allow: [tcp/443], from: "", to: {virtualService: hidden}`,
    'web > 10.9.0.2 tcp/443',
    'allow a a | lb-1@10.0.0.11 allow a a | lb-2@10.0.0.12 allow a a',
  ],
  [
    'V2 but where the connection starts',
    `name: d, deny: [tcp/443], from: role=app, to: {virtualService: hidden} | name: a, allow: [tcp/443], from: "", to: {virtualService: hidden}`,
    'app > 10.9.0.2 tcp/443',
    'deny d a | lb-1@10.0.0.11 deny d a | lb-2@10.0.0.12 deny d a',
  ],
  [
    'V3 members that differ',
    'name: a, allow: [tcp/443], from: role=web, to: {virtualService: kept} | name: d, deny: [tcp/8443], from: "", to: drained',
    'web > 10.9.0.1 tcp/443',
    'mixed | lb-1@10.0.0.11 allow a a | lb-2@10.0.0.12 deny a d',
  ],
  [
    'V4 nobody behind it',
    'name: a, allow: [tcp/443], from: role=web, to: {virtualService: nobody}',
    'web > 10.9.0.3 tcp/443',
    'allow a - | 10.9.0.3 allow a -',
  ],
];
for (const [title, rules, asked, expected, more] of cases) {
  test(`${title} [${asked}]`, () => assert.equal(answer(rules, asked, more), expected));
}

const enforceable: readonly (readonly [title: string, rule: string, expected: string, more?: string])[] = [
  ['U5 a host at the end that knows', curl, ''],
  ['U5 nobody enforces there', curl.replace('role=web', 'role=printer'), 'error the process of the source'],
  ['U5 the rule does not speak there', `${curl}, at: destination`, 'error the process of the source'],
  ['U5 the other process', `${servedHere}, at: source`, 'error the process of the destination'],
  ['U5 a user where nobody enforces', dba.replace('role=web', 'role=printer'), 'error the user'],
  ['U5 logons tell the destination', dba.replace('role=web', 'role=printer'), '', logon('ana')],
  [
    'U5 in an exception',
    'name: a, allow: [tcp/1], from: role=printer, to: role=db, except: [{from: {process: /bin/x}}]',
    'error the process of the source',
  ],
  ['U6 the author accepts it', wider(`${curl}, at: destination`), 'warning the process of the source'],
];
for (const [title, rule, expected, more = ''] of enforceable) {
  test(title, () => {
    const problems = checkEnforceable(world(rule, more), { identities: true, domains: true, reverify: true });
    const said = problems.map(({ severity, message }) => `${severity} ${/can tell ([^,]+),/.exec(message)?.[1]}`);
    assert.equal(said.join(), expected);
  });
}

test('U6 where hosts do not tell processes apart or follow names, rules that need it are refused', () => {
  const domain = 'name: b, allow: [tcp/1], from: role=web, to: {name: api.example}';
  const input = world(`${wider(curl)} | ${domain}`);
  assert.deepEqual(
    checkEnforceable(input).map(({ severity, code }) => [severity, code]),
    [['warning', 'unenforceable']],
  );
  const problems = checkEnforceable(input, { identities: false, domains: false, reverify: false });
  assert.deepEqual(
    problems.map(({ severity, code, message, place }) => [severity, code, message, place?.line]),
    [
      [
        'warning',
        'unenforceable',
        'Cannot enforce "r/a": hosts cannot tell the process of the source yet, it lets in everybody else at those ends too',
        33,
      ],
      [
        'error',
        'not-yet-enforced',
        'Cannot enforce "r/b": hosts do not follow domain names, name prefixes or an ip list of prefixes',
        34,
      ],
    ],
  );
});

test('what nothing does yet is said, and refused where it would let in more than the author means', () => {
  const again = 'name: a, allow: [tcp/1], from: role=web, to: role=db, reverify: 8h';
  const source = '---\n{kind: LabelSource, name: s, source: cmdb, keys: [env], apply: as-draft}\n';
  const said = (rule: string) =>
    checkEnforceable(world(rule, source)).map(({ severity, code }) => `${severity} ${code}`);
  assert.deepEqual(said(again), ['error not-yet-enforced', 'warning not-yet-enforced']);
  assert.deepEqual(said(wider(again)), ['warning not-yet-enforced', 'warning not-yet-enforced']);
  const asked = checkEnforceable(world(wider(again), source.replace('source: cmdb', 'source: orchestrator')));
  assert.equal(asked.length, 1, 'orchestrators are asked');
});

test('U7 a host that tells nobody apart is compiled as one that knows nothing', () => {
  const input = world(
    `${curl} | ${notCurl.replace('role=db', 'role=app')} | ${servedHere.replace('name: a', 'name: s')}`,
  );
  const blind = { ...input, policy: settleIdentity(input.policy, nothingKnown) };
  for (const name of ['web', 'app', 'db']) assert.deepEqual(compileHost(input, name), compileHost(blind, name));
  assert.equal(
    blind.policy.rules.some(({ id }) => id === 'r/d'),
    false,
  );
});
