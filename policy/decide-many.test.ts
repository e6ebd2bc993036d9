import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDocuments } from '@bulkhead/model/parse.ts';
import { seededRandom } from '@bulkhead/testkit/random.ts';
import { worldOf } from '@bulkhead/testkit/world.ts';
import { type Answer, decide } from './decide.ts';
import { ManyProbes } from './decide-many.ts';
import type { Probe } from './probe.ts';
import type { World } from './world.ts';

/** What is alike but for one thing: a and b, their addresses, what they talk to. */
const estate = `
{kind: Workload, name: a, labels: {role: x, odd: yes}, addresses: [10.0.0.1]}
---
{kind: Workload, name: b, labels: {role: x}, addresses: [10.0.0.2]}
---
{kind: Workload, name: c, labels: {role: y}, addresses: [10.0.0.3]}
---
{kind: Workload, name: printer, labels: {role: x}, addresses: [10.0.0.4], enforcer: none}
---
{kind: Workload, name: six, labels: {role: x}, addresses: ["fd00::6"]}
---
{kind: Workload, name: dual, labels: {role: dual}, addresses: [10.0.0.5, "fd00::5"]}
---
{kind: Workload, name: far, labels: {role: x}, addresses: [{network: site-b, address: 10.0.0.7}]}
---
{kind: Workload, name: shared, labels: {role: x}, addresses: [10.0.0.12]}
---
{kind: Workload, name: shared-b, labels: {role: z}, addresses: [{network: site-b, address: 10.0.0.12}]}
---
{kind: Workload, name: gate, labels: {role: gate}, addresses: [10.0.0.8, {network: site-b, address: 10.0.0.8}]}
---
{kind: Workload, name: twin, labels: {role: x}, addresses: [10.0.0.9, 10.0.0.10]}
---
{kind: Workload, name: other-twin, labels: {role: z}, addresses: [10.0.0.10]}
---
{kind: Workload, name: z-1, labels: {role: z}, addresses: [{network: site-b, address: 10.0.0.9}]}
---
{kind: Workload, name: z-2, labels: {role: z}, addresses: [{network: site-b, address: 10.0.0.9}]}
---
{kind: Workload, name: z-3, labels: {role: z}, addresses: [{network: site-b, address: 10.0.0.20}]}
---
{kind: Workload, name: lb, labels: {role: lb}, addresses: [10.0.0.11]}
`;

const rules = (...lines: readonly string[]): string =>
  `kind: Ruleset\nname: r\nrules:\n${lines.map((line, index) => `  - {name: r${index}, ${line}}\n`).join('')}`;
const anything = rules('allow: [all], from: {any: true}, to: {any: true}');
const balancer = (selector: string) =>
  `---\n{kind: VirtualService, name: vip, frontends: ["10.9.0.1 tcp/443"], members: {selector: ${selector}, ports: {tcp/443: tcp/8443}}, source: preserved}`;
const noBalanced = `${rules('allow: [all], from: {any: true}, to: {any: true}')}---
{kind: Ruleset, name: d, tier: guardrail, rules: [{name: d, deny: [tcp/8443], from: "", to: role=lb}]}
${balancer('role=lb')}`;
const fromAna = rules('allow: [tcp/1], from: {selector: role=x, user: ana}, to: role=y');
const v4Only = rules('allow: [tcp/1], from: {prefix: 10.0.0.5/32}, to: ""', 'allow: [tcp/1], from: role=dual, to: ""');

const cases: readonly (readonly [difference: string, policy: string, one: string, other: string])[] = [
  ['labels', rules('allow: [tcp/1], from: role=x, to: role=y'), 'a c tcp/1', 'c c tcp/1'],
  ['labels of the destination', rules('allow: [tcp/1], from: role=x, to: role=y'), 'a c tcp/1', 'a b tcp/1'],
  ['the inbound mode', '{kind: Mode, selector: odd=yes, inbound: observe}', 'c a tcp/1', 'c b tcp/1'],
  ['the outbound mode', '{kind: Mode, selector: odd=yes, outbound: observe}', 'a printer tcp/1', 'b printer tcp/1'],
  ['an enforcer', rules('allow: [tcp/1], from: role=y, to: role=y'), 'printer c tcp/1', 'b c tcp/1'],
  ['the first service', rules('allow: [tcp/8000-8010], from: "", to: ""'), 'a b tcp/7999', 'a b tcp/8000'],
  ['the last service', rules('allow: [tcp/8000-8010], from: "", to: ""'), 'a b tcp/8010', 'a b tcp/8011'],
  [
    'an excepted service',
    rules('allow: [all], from: "", to: "", except: [{services: [tcp/22]}]'),
    'a b tcp/22',
    'a b tcp/23',
  ],
  ['a port of a frontend', noBalanced, 'a 10.9.0.1 tcp/443', 'a 10.9.0.1 tcp/444'],
  ['the address of a frontend', noBalanced, 'a 10.9.0.1 tcp/443', 'a 10.9.0.2 tcp/443'],
  [
    'what a member in two networks sees',
    `${rules('allow: [all], from: role=x, to: {any: true}')}${balancer('role=gate')}`,
    'shared 10.9.0.1 tcp/443',
    'b 10.9.0.1 tcp/443',
  ],
  [
    'what a host in two networks sees',
    rules('allow: [tcp/1], from: role=x, to: role=gate'),
    'shared gate tcp/1',
    'b gate tcp/1',
  ],
  [
    'what a host in two networks sees from the other one',
    rules('allow: [tcp/1], from: role=z, to: role=gate'),
    'shared-b gate tcp/1',
    'z-3 gate tcp/1',
  ],
  [
    'what two claim in another network of the host',
    rules('allow: [tcp/1], from: role=x, to: role=gate'),
    'twin@10.0.0.9 gate tcp/1',
    'b gate tcp/1',
  ],
  [
    'what a host in two networks reaches',
    rules('allow: [tcp/1], from: role=gate, to: role=x'),
    'gate shared tcp/1',
    'gate b tcp/1',
  ],
  [
    'a disputed address',
    rules('allow: [tcp/1], from: role=x, to: ""'),
    'twin@10.0.0.9 c tcp/1',
    'twin@10.0.0.10 c tcp/1',
  ],
  ['a prefix', rules('allow: [tcp/1], from: {prefix: 10.0.0.2/32}, to: ""'), 'a c tcp/1', 'b c tcp/1'],
  ['the family', v4Only, 'dual a tcp/1', 'dual six tcp/1'],
  ['the network', v4Only, 'dual a tcp/1', 'dual far tcp/1'],
  ['one address of several', v4Only, 'dual@10.0.0.5 a tcp/1', 'dual@fd00::5 six tcp/1'],
  [
    'an owner in another network of the host',
    rules('allow: [tcp/1], from: "", to: role=x'),
    'gate 10.0.0.7 tcp/1 network=main',
    'gate 10.7.0.1 tcp/1 network=main',
  ],
  [
    'an address read in both networks of the host',
    rules('allow: [tcp/1], from: "", to: role=x'),
    'gate 10.0.0.2 tcp/1',
    'gate 10.0.0.2 tcp/1 network=main',
  ],
  [
    'the network of an address',
    rules('allow: [tcp/1], from: role=x, to: {any: true}'),
    '10.0.0.12 c tcp/1 network=main',
    '10.0.0.12 c tcp/1 network=site-b',
  ],
  [
    'an owner in the network of the source',
    rules('allow: [tcp/1], from: "", to: role=z'),
    'far 10.0.0.12 tcp/1',
    'far 10.0.0.2 tcp/1',
  ],
  [
    'an owner in the network of the destination',
    rules('allow: [tcp/1], from: role=z, to: ""'),
    '10.0.0.12 far tcp/1',
    '10.0.0.2 far tcp/1',
  ],
  ['an owner', rules('allow: [tcp/1], from: "", to: ""'), '10.0.0.1 c tcp/1', '10.7.0.1 c tcp/1'],
  ['the user', fromAna, 'a c tcp/1 user=ana', 'a c tcp/1 user=bo'],
  ['no user', fromAna, 'a c tcp/1 user=ana', 'a c tcp/1'],
  [
    'who is logged on',
    `${fromAna}---\n{kind: Logon, user: bo, address: 10.0.0.1}`,
    'a c tcp/1 user=ana',
    'b c tcp/1 user=ana',
  ],
  [
    'the process of the source',
    rules('allow: [tcp/1], from: {selector: role=x, process: /bin/curl}, to: role=y'),
    'a c tcp/1 fromProcess=/bin/curl',
    'a c tcp/1 fromProcess=/bin/sh',
  ],
  [
    'the process of the destination',
    rules('allow: [tcp/1], from: role=x, to: {selector: role=y, process: /bin/nc}'),
    'a c tcp/1 toProcess=/bin/nc',
    'a c tcp/1 fromProcess=/bin/nc',
  ],
  [
    'a domain name',
    rules(
      'allow: [tcp/1], from: "", to: {name: api.example.com}',
      'allow: [tcp/1], from: "", to: {name: "*.deep.example.com"}',
    ),
    'a api.example.com tcp/1',
    'a x.deep.example.com tcp/1',
  ],
  [
    'the end a text stands at',
    rules('allow: [tcp/1], from: "", to: {name: api.example.com}'),
    'a api.example.com tcp/1',
    'api.example.com a tcp/1',
  ],
  ['a service that is none', anything, 'a b tcp/1', 'a b tcp'],
  ['a workload that is none', anything, 'a b tcp/1', 'a nobody tcp/1'],
];

for (const [difference, policy, one, other] of cases) {
  test(`many probes: ${difference} is told apart [${one} | ${other}]`, () => {
    const world = worldWith(policy);
    const [first, second] = [answered(world, probeOf(one)), answered(world, probeOf(other))];
    assert.notDeepEqual(first.answer, second.answer, 'the two are no example');
    for (const order of [
      [one, other, one, other],
      [other, one, other, one],
    ]) {
      const many = new ManyProbes(world);
      for (const text of order) {
        const { answer, verdicts } = text === one ? first : second;
        assert.deepEqual(many.answer(probeOf(text)), answer, text);
        assert.deepEqual(many.verdicts(probeOf(text)), verdicts, text);
      }
    }
  });
}

test('many probes: what is alike is decided once, by whatever names it goes', () => {
  const { policy, estate: built } = worldWith(rules('allow: [tcp/1-9], from: role=x, to: role=y'));
  let decided = 0;
  const counting = {
    ...policy,
    get rules() {
      decided++;
      return policy.rules;
    },
  };
  const many = new ManyProbes({ policy: counting, estate: built });
  const timesFor = (text: string): number => {
    const before = decided;
    many.answer(probeOf(text));
    return decided - before;
  };
  const cases: readonly (readonly [probe: string, isDecided: boolean])[] = [
    ['b c tcp/1', true],
    ['b c tcp/1', false],
    ['b c tcp/9', false],
    ['10.0.0.2 10.0.0.3 tcp/2', false],
    ['b@10.0.0.2 c tcp/5', false],
    ['b c tcp/5 user=ana', false],
    ['c b tcp/1', true],
    ['10.0.0.3 b tcp/1', false],
    ['printer c tcp/1', true],
    ['gate c tcp/1', true],
    ['gate c tcp/2', false],
    ['gate 10.0.0.3 tcp/2 network=main', false],
    ['gate 10.0.0.3 tcp/3 network=main', false],
    // Who 10.0.0.12 is depends on who looks, and it is asked every time.
    ['shared c tcp/1', true],
    ['shared c tcp/1', true],
  ];
  for (const [text, isDecided] of cases) assert.equal(timesFor(text) > 0, isDecided, text);
});

test('many probes: what does not fit is forgotten and answered again', () => {
  const world = worldWith(
    rules('allow: [tcp/1000-2000], from: role=x, to: role=y', 'allow: [tcp/1-9], from: {user: ana}, to: ""'),
  );
  for (const limits of [
    { texts: 1, questions: 4 },
    { texts: 8, questions: 4 },
    { texts: 8, questions: 1024 },
    { texts: 1000, questions: 4 },
  ]) {
    const many = new ManyProbes(world, limits);
    const random = seededRandom(1);
    for (let round = 0; round < 500; round++) {
      const [from, to] = [
        random.pick(['a', 'c', '10.0.0.1', '10.9.9.9']),
        random.pick(['b', 'c', '10.0.0.3', '10.9.9.9']),
      ];
      const probe = probeOf(`${from} ${to} tcp/${1995 + random.below(10)} user=u${random.below(7)}`);
      assert.deepEqual(
        many.answer(probe),
        decide(world.policy, world.estate, probe),
        JSON.stringify({ limits, probe }),
      );
    }
  }
});

test('many probes: texts of any length are answered', () => {
  const world = worldWith(rules('allow: [tcp/1], from: {user: ana}, to: {name: "*.example.com"}'));
  const long = 'x.'.repeat(5000);
  for (const more of ['', ` user=${long}`]) {
    const probe = probeOf(`a ${long}example.com tcp/1${more}`);
    assert.deepEqual(new ManyProbes(world).answer(probe), decide(world.policy, world.estate, probe));
  }
});

function worldWith(policy: string): World {
  const { documents, problems } = parseDocuments([{ file: 'test.yaml', text: `${estate}---\n${policy}` }]);
  assert.deepEqual(problems, [], policy);
  return worldOf(documents);
}

/** `a b tcp/1 user=ana`. */
function probeOf(text: string): Probe {
  const [from = '', to = '', service = '', ...more] = text.split(' ');
  return { from, to, service, ...Object.fromEntries(more.map((part) => part.split('='))) };
}

function answered({ policy, estate: built }: World, probe: Probe) {
  const answer = decide(policy, built, probe);
  const verdicts = 'severity' in answer ? answer : verdictsOf(answer);
  return { answer, verdicts };
}

const verdictsOf = ({ effective, intended }: Answer) => {
  return { effective: effective.verdict, intended: intended.verdict };
};
