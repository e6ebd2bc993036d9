import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { anp, askAbout, filesOf, importText, np, testdata } from './testkit.ts';

const cluster = readFileSync(join(testdata, 'small-cluster.yaml'), 'utf8');
const shop = 'subject: {namespaces: {matchLabels: {team: a}}}';

/** Documents beside the small cluster, and what the decisions are then, separated by semicolons. */
type Row = readonly [title: string, documents: readonly string[], verdicts: string];

const rows: readonly Row[] = [
  [
    'KN16 blocks of all addresses are anyone',
    [
      anp(
        1,
        `${shop}, egress: [{action: Allow, to: [{domainNames: [example.org]}], ports: [{portNumber: {port: 443}}]}]`,
      ),
      anp(2, `${shop}, egress: [{action: Deny, to: [{networks: ["::/0"]}, {networks: [0.0.0.0/0]}]}]`),
    ],
    'allow shop/web -> example.org tcp/443; deny shop/web -> example.org tcp/80; deny shop/web -> shop/db tcp/1; deny shop/web -> 192.0.2.1 tcp/443; deny shop/web -> n1 tcp/1; allow bank/web -> example.org tcp/80',
  ],
  [
    'KN16 blocks of all addresses beside a name are anyone',
    [
      anp(
        1,
        `${shop}, egress: [{action: Allow, to: [{domainNames: [example.org]}, {networks: [0.0.0.0/0, "::/0"]}], ports: [{portNumber: {port: 443}}]}]`,
      ),
      np('podSelector: {}, policyTypes: [Egress]'),
    ],
    'allow shop/web -> example.org tcp/443; allow shop/web -> 192.0.2.1 tcp/443; deny shop/web -> example.org tcp/80',
  ],
  [
    'KN16 of one family alone, a name is in no block',
    [
      anp(
        1,
        `${shop}, egress: [{action: Allow, to: [{domainNames: [example.org]}], ports: [{portNumber: {port: 443}}]}]`,
      ),
      anp(2, `${shop}, egress: [{action: Deny, to: [{networks: [0.0.0.0/0]}]}]`),
    ],
    'allow shop/web -> example.org tcp/80; deny shop/web -> 192.0.2.1 tcp/80; allow shop/web -> fd00::9 tcp/80',
  ],
  [
    'KN16 blocks of all addresses are whom nobody knows an address of',
    [
      '{apiVersion: v1, kind: Pod, metadata: {name: new, namespace: shop}}',
      np(
        'podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}, {ipBlock: {cidr: "::/0"}}], ports: [{port: 1}]}]',
      ),
      np('podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}], ports: [{port: 2}]}]', 'q'),
      np(
        'podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [192.0.2.0/24]}}, {ipBlock: {cidr: "::/0"}}], ports: [{port: 3}]}]',
        'r',
      ),
    ],
    'allow shop/new -> shop/web tcp/1; deny shop/new -> shop/web tcp/2; deny shop/new -> shop/web tcp/3; allow fd00::9 -> shop/web tcp/3; deny 192.0.2.1 -> shop/web tcp/3; allow 192.0.2.1 -> shop/web tcp/1',
  ],
];

for (const [title, documents, verdicts] of rows)
  test(title, () => {
    const ask = askAbout(filesOf(importText([cluster, ...documents].join('\n---\n'))));
    for (const expectation of verdicts.split('; ')) {
      const [, verdict, line = ''] = /^(allow|deny) (.+)$/.exec(expectation) ?? [];
      assert.equal(ask(line), verdict, line);
    }
  });
