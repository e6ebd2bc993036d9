import assert from 'node:assert/strict';
import { test } from 'node:test';
import { complete } from './completion.ts';
import type { Words } from './completion-words.ts';

const words: Words = {
  labels: new Map([
    ['role', ['db', 'web']],
    ['env', ['@nonprod', 'dev', 'prod']],
  ]),
  services: ['postgres'],
  ipLists: ['clients'],
  labelGroups: ['nonprod'],
  userGroups: ['dba'],
  virtualServices: ['vip'],
  tiers: ['application'],
  workloads: ['web-1'],
};

const ruleset = 'kind: Ruleset\nname: shop\nrules:\n';

/** `|` is the cursor; expected: characters replaced and the first offers. */
for (const [text, length, first] of [
  ['kind: |', 0, 'Ruleset'],
  ['kind: Ser|', 3, 'Ruleset'],
  ['|', 0, 'kind'],
  ['kind: Service\npo|', 2, 'name'],
  ['a: 1\n---\nki|', 2, 'kind'],
  ['{kind: Service, |', 0, 'name'],
  [`${ruleset}  - {|`, 0, 'name'],
  [`${ruleset}  - {name: x, al|`, 2, 'name'],
  [`${ruleset}  - na|`, 2, 'name'],
  [`${ruleset}  - name: x\n    al|`, 2, 'name'],
  [`${ruleset}  - {name: x, allow: [|`, 0, 'postgres'],
  [`${ruleset}  - {name: x, allow: [tcp/80, po|`, 2, 'postgres'],
  [`${ruleset}  - {name: x, allow: [all], from: |`, 0, 'role'],
  [`${ruleset}  - {name: x, allow: [all], from: ro|`, 2, 'role'],
  [`${ruleset}  - {name: x, allow: [all], from: role=|`, 0, 'db'],
  [`${ruleset}  - {name: x, allow: [all], from: role=w|`, 1, 'db'],
  [`${ruleset}  - {name: x, from: "role=web,env=|`, 0, '@nonprod'],
  [`${ruleset}  - {name: x, from: "env in (prod,|`, 0, '@nonprod'],
  [`${ruleset}  - {name: x, from: env=@no|`, 3, '@nonprod'],
  [`${ruleset}  - {name: x, from: {group: |`, 0, 'dba'],
  [`${ruleset}  - {name: x, to: {virtualService: v|`, 1, 'vip'],
  [`${ruleset}  - {name: x, accept-w|`, 8, 'name'],
  ['kind: LabelGroup\ngroups: [|', 0, 'nonprod'],
  ['kind: LabelGroup\nkey: |', 0, 'role'],
  ['kind: LabelSource\nsource: |', 0, 'person'],
  [`${ruleset}  - {name: x, from: {|`, 0, 'selector'],
  [`${ruleset}  - {name: x, from: {ipList: cl|`, 2, 'clients'],
  [`${ruleset}  - {name: x, from: role=web, to: [role=db, |`, 0, 'role'],
  [`${ruleset}  - {name: x, from: role=web, state: |`, 0, 'active'],
  ['kind: Ruleset\ntier: |', 0, 'application'],
  ['kind: Ruleset\neach: [|', 0, 'role'],
  ['kind: Ruleset\nscopes: ["env=|', 0, '@nonprod'],
  ['kind: Mode\nselector: env=prod\ninbound: |', 0, 'observe'],
  ['kind: Test\nallow:\n  - we|', 2, 'web-1'],
  [`${ruleset}  - {name: x, except: [{|`, 0, 'from'],
  [`${ruleset}  - {name: x, from: {any: |`, 0, 'true'],
  ['kind: LabelKey\nname: env\nlocked: |', 0, 'true'],
  ['kind: Tiers\norder: [{|', 0, 'group'],
  ['kind: Service\nname: web\nports: [|', 0, 'tcp/'],
  ['kind: Lifeline\n|', 0, 'name'],
] as const)
  test(`${JSON.stringify(text)} goes on with ${first}`, () => {
    const completion = complete(text.slice(0, text.indexOf('|')), words);
    assert.deepEqual([completion?.length, completion?.offers[0]?.label], [length, first]);
  });

for (const text of [
  '# kind: |',
  `${ruleset}  - {name: |`,
  'kind: Service\nname: |',
  'kind: IpList\nexcept: [{|',
  'kind: Nothing\nstate: |',
])
  test(`${JSON.stringify(text)} goes on with nothing`, () => {
    assert.equal(complete(text.slice(0, text.indexOf('|')), words), null);
  });
