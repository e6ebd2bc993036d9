import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadDocuments } from '@bulkhead/model/load.ts';
import { ruleSentence, sentenceText } from './rule-sentence.ts';
import { visibleText } from './visible-text.ts';

function sentence(rule: string, head = ''): string {
  const text = `kind: Ruleset\nname: r\n${head}rules:\n  - {name: x, ${rule}}\n---\n{kind: Service, name: postgres, ports: [tcp/5432]}\n---\n{kind: IpList, name: partners, prefixes: [192.0.2.0/24]}\n---\n{kind: UserGroup, name: dba, members: [ana]}\n---\n{kind: VirtualService, name: vip, frontends: ["10.0.9.9 tcp/443"], members: {selector: role=lb}}\n---\n{kind: LabelGroup, name: nonprod, key: env, values: [dev]}\n`;
  const { documents, problems } = loadDocuments([{ file: 'r.yaml', text }]);
  assert.deepEqual(problems, []);
  const [ruleset] = documents;
  assert.ok(ruleset?.kind === 'Ruleset' && ruleset.rules[0] !== undefined);
  return sentenceText(ruleSentence(ruleset.rules[0], ruleset));
}

for (const [text, expected] of [
  ['role=web', 'role=web'],
  ['בקר', 'בקר'],
  ['a\u202eb', 'a\\u202eb'],
  ['\u2066x\u2069', '\\u2066x\\u2069'],
  ['\u061c', '\\u061c'],
] as const) {
  test(`what turns text round is shown in ${JSON.stringify(expected)}`, () =>
    assert.equal(visibleText(text), expected));
}

const shop = 'scopes: ["app=shop,env=prod"]\n';
const each = 'each: [app, env]\n';

for (const [rule, head, expected] of [
  ['allow: [tcp/5432], from: role=web, to: role=db', '', 'allow role=web to role=db on tcp/5432'],
  [
    'allow: [tcp/5432], from: role=web, to: role=db',
    shop,
    'allow role=web of app=shop env=prod to role=db of the same on tcp/5432',
  ],
  [
    'allow: [postgres], from: role=api, to: role=db',
    each,
    'allow role=api of each app, env to role=db of the same on postgres',
  ],
  [
    'allow: [tcp/9100], from: {selector: app=ops, scope: none}, to: ""',
    shop,
    'allow app=ops anywhere to every workload of app=shop env=prod on tcp/9100',
  ],
  ['deny: [all], from: env=dev, to: env=prod', '', 'deny env=dev to env=prod on all'],
  ['deny: [all], from: env=@nonprod, to: ""', '', 'deny env=@nonprod to every workload on all'],
  [
    'allow: [postgres], from: {group: dba, selector: role=laptop}, to: {selector: role=db, process: pg.service}',
    '',
    'allow members of dba on role=laptop to pg.service on role=db on postgres',
  ],
  [
    'allow: all, from: {user: ana, process: /usr/bin/ssh}, to: {any: true}, reverify: 8h',
    '',
    'allow /usr/bin/ssh of the user ana on every workload to any address on all, judged again after 8h',
  ],
  [
    'allow: [tcp/443], from: role=web, to: [{name: api.example.org}, {name: "*.example.org"}, {virtualService: vip}]',
    '',
    'allow role=web to api.example.org or names below example.org or the virtual service vip on tcp/443',
  ],
  [
    'pass: [tcp/80, udp/53], from: {any: true}, to: [role=lb, role=dns]',
    '',
    'pass any address to role=lb or role=dns on tcp/80, udp/53',
  ],
  [
    'allow: [tcp/443], from: {ipList: partners}, to: {prefix: 10.0.0.0/8}',
    '',
    'allow the list partners to 10.0.0.0/8 on tcp/443',
  ],
  [
    'deny: [all], from: env=dev, to: env=prod, except: [{to: role=api, services: [tcp/443]}]',
    '',
    'deny env=dev to env=prod on all, except to role=api on tcp/443',
  ],
  [
    'deny: [tcp/22], from: "", to: "", at: destination, state: staged, expires: 2027-01-01',
    '',
    'deny every workload to every workload on tcp/22, judged at the destination only, until 2027-01-01; staged',
  ],
] as const)
  test(expected, () => assert.equal(sentence(rule, head), expected));
