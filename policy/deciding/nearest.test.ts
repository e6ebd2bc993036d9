import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDocuments } from '@bulkhead/model/parse.ts';
import { worldOf } from '@bulkhead/testkit/world.ts';
import { explain } from '../explain.ts';
import type { Probe } from '../probe.ts';
import { isProblem } from '../problems.ts';

const estate = `
{kind: Workload, name: web, labels: {role: web, env: prod}, addresses: [10.0.0.1]}
---
{kind: Workload, name: dev, labels: {role: web, env: dev}, addresses: [10.0.0.2]}
---
{kind: Workload, name: db, labels: {role: db, env: prod}, addresses: [10.0.0.3]}
---
{kind: IpList, name: office, prefixes: [192.0.2.0/24]}
`;

function explained(rules: string, probe: Probe) {
  const text = `${estate}---\nkind: Ruleset\nname: r\nrules:\n${rules
    .split(' | ')
    .map((rule) => `  - {${rule}}\n`)
    .join('')}`;
  const { documents, problems } = parseDocuments([{ file: 'test.yaml', text }]);
  assert.deepEqual(problems, [], rules);
  const { policy, estate: built } = worldOf(documents, Date.parse('2026-11-01T12:00:00Z'));
  const pairs = explain(policy, built, probe);
  assert.ok(!isProblem(pairs));
  return pairs[0] ?? assert.fail();
}

const allow = 'name: a, allow: [tcp/5432], from: "role=web,env=prod", to: "role=db"';
const at = (from: string, service: string, more: Partial<Probe> = {}): Probe => ({ from, to: 'db', service, ...more });

const cases: readonly (readonly [title: string, rules: string, probe: Probe, outbound: string, inbound?: string])[] = [
  ['another label', allow, at('dev', 'tcp/5432'), 'r/a allow from: env=prod, env=dev'],
  ['no such label', allow.replace('env=prod', 'zone=a'), at('web', 'tcp/5432'), 'r/a allow from: zone=a, no zone'],
  ['two labels of one end', allow, { from: 'db', to: 'db', service: 'tcp/5432' }, 'r/a allow from: role=web, role=db'],
  ['the other end', allow, { from: 'web', to: 'dev', service: 'tcp/5432' }, 'r/a allow to: role=db, role=web'],
  ['another service', allow, at('web', 'tcp/22'), 'r/a allow service: tcp/5432, tcp/22'],
  ['two conditions', allow, at('dev', 'tcp/22'), '-'],
  [
    'an address not listed',
    'name: a, allow: [tcp/1], from: {ipList: office}, to: role=db',
    at('203.0.113.1', 'tcp/1'),
    '-',
    'r/a allow from: office, 203.0.113.1',
  ],
  [
    'an exception',
    `${allow}, except: [{from: env=prod}]`,
    at('web', 'tcp/5432'),
    'r/a allow except: outside of its exceptions, from env=prod',
  ],
  [
    'another process',
    allow.replace('from: "role=web,env=prod"', 'from: {selector: role=web, process: /bin/a}'),
    at('web', 'tcp/5432', { fromProcess: '/bin/b' }),
    'r/a allow process: process /bin/a, /bin/b',
    '-',
  ],
  [
    'no process said',
    allow.replace('from: "role=web,env=prod"', 'from: {selector: role=web, process: /bin/a}'),
    at('web', 'tcp/5432'),
    'r/a allow process: process /bin/a, another process',
    '-',
  ],
  [
    'another user',
    allow.replace('from: "role=web,env=prod"', 'from: {selector: role=web, user: ana}'),
    at('web', 'tcp/5432', { user: 'bo' }),
    'r/a allow user: user ana, bo',
    '-',
  ],
  [
    'a deny that nearly was',
    `name: z, allow: [all], from: "", to: "" | name: d, deny: [tcp/22], from: "", to: role=db`,
    at('web', 'tcp/23'),
    'r/d deny service: tcp/22, tcp/23',
  ],
  [
    'a deny that cannot be certain',
    `name: z, allow: [all], from: "", to: "" | name: d, deny: [all], from: {process: /bin/a}, to: role=db`,
    at('web', 'tcp/23', { fromProcess: '/bin/a' }),
    '-',
    'r/d deny process: process /bin/a, the process of the source not known here',
  ],
  [
    'an allow that a deny beats is not near',
    `${allow} | name: d, deny: [all], from: "", to: role=db`,
    at('dev', 'tcp/5432'),
    '-',
  ],
  [
    'the least that is missing',
    `name: a, allow: [tcp/1], from: "role=x,env=prod", to: role=db | name: b, allow: [tcp/1], from: "role=web,env=prod", to: role=db`,
    at('dev', 'tcp/1'),
    'r/b allow from: env=prod, env=dev',
  ],
];
for (const [title, rules, probe, outbound, inbound = outbound] of cases) {
  test(`the nearest rule: ${title}`, () => {
    const pair = explained(rules, probe);
    const said = ({ nearest }: typeof pair.outbound) =>
      nearest === null
        ? '-'
        : `${nearest.rule} ${nearest.verdict} ${nearest.obstacle.part}: ${nearest.obstacle.asked}, ${nearest.obstacle.found}`;
    assert.deepEqual([said(pair.outbound), said(pair.inbound)], [outbound, inbound]);
  });
}

test('what an end cannot know of a rule that matches is told with the rule', () => {
  const pair = explained(
    'name: a, allow: [all], from: {process: /bin/a}, to: role=db',
    at('web', 'tcp/1', { fromProcess: '/bin/a' }),
  );
  const unknown = (end: typeof pair.outbound) => end.rules.map(({ rule, unknown }) => [rule, unknown]);
  assert.deepEqual(unknown(pair.outbound), [['r/a', []]]);
  assert.deepEqual(unknown(pair.inbound), [['r/a', ['the process of the source']]]);
});

test('a rule that matches by several alternatives is told once', () => {
  const pair = explained(
    'name: a, allow: [all], from: ["", {process: /bin/a}, {user: ana}], to: role=db',
    at('web', 'tcp/1', { fromProcess: '/bin/a', user: 'ana' }),
  );
  assert.deepEqual(
    pair.outbound.rules.map(({ rule, fate }) => [rule, fate.intended]),
    [['r/a', 'decides']],
  );
});
