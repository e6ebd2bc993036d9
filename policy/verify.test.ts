import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Document, InvariantDocument } from '@bulkhead/model/documents.ts';
import { end, except, invariant, ipList, place, rule, ruleset, workload } from '@bulkhead/testkit/documents.ts';
import { worldOf } from '@bulkhead/testkit/world.ts';
import { readInvariants } from './invariants.ts';
import { verify } from './verify.ts';
import { verifyAnyEstate } from './verify-any.ts';

const estate: readonly Document[] = [
  workload('web', 'role=web,env=prod', ['10.0.0.1']),
  workload('db', 'role=db,env=prod', ['10.0.1.1', 'fd00::1']),
  workload('db-d', 'role=db,env=dev', ['10.0.1.2']),
  ipList('partners', ['192.0.2.0/24']),
  { kind: 'LabelKey', name: 'env', values: ['prod', 'dev'], locked: false, place },
];
const toDb = ruleset('r', [rule('x', 'allow tcp/5432', ['role=web', 'role=db'])]);
const eachEnv = ruleset('r', [rule('x', 'allow all', ['', ''])], { each: ['env'] });
const fromPartners = ruleset('r', [rule('x', 'allow tcp/443', ['list:partners', 'role=web'])]);
const devNeverProd = invariant('i', 'env=dev', 'env=prod');
const webNeverDb = invariant('i', 'role=web', 'role=db');

type Case = readonly [
  title: string,
  policy: readonly Document[],
  asked: InvariantDocument,
  here: string,
  anywhere: string,
];
/** Null where it holds; else who meets whom. */
const cases: readonly Case[] = [
  ['I2 nothing is allowed', [], webNeverDb, 'holds', 'holds'],
  ['I2 I3 a rule allows it', [toDb], webNeverDb, 'web -> db@10.0.1.1 tcp/5432', 'role=web -> role=db tcp/5432'],
  ['I2 another service', [toDb], invariant('i', 'role=web', 'role=db', ['tcp/1-100']), 'holds', 'holds'],
  [
    'I1 an exception for a service',
    [toDb],
    invariant('i', 'role=web', 'role=db', null, [except(null, null, ['tcp/5432'])]),
    'holds',
    'holds',
  ],
  [
    'I1 an exception for an end',
    [toDb],
    invariant('i', 'role=web', '', null, [except(null, ['env=prod'], null)]),
    'web -> db-d tcp/5432',
    'role=web -> role=db tcp/5432',
  ],
  [
    'I2 an address outside',
    [fromPartners],
    invariant('i', 'any', 'role=web'),
    '192.0.2.0 -> web@10.0.0.1 tcp/443',
    '@192.0.2.0 -> role=web tcp/443',
  ],
  ['I1 neighbour discovery is no service of an invariant', [], devNeverProd, 'holds', 'holds'],
  [
    'I1 unless it is named',
    [],
    invariant('i', 'env=dev', 'env=prod', ['icmpv6/135']),
    'db-d -> db@10.0.1.1 icmpv6/135/0',
    'env=dev -> env=prod icmpv6/135/0',
  ],
  [
    'I5 it holds here, and not where a web server of development is',
    [toDb],
    devNeverProd,
    'holds',
    'env=dev,role=web -> env=prod,role=db tcp/5432',
  ],
  ['I4 one scope never reaches into another', [eachEnv], devNeverProd, 'holds', 'holds'],
  ['I4 who has no label of the key is in no scope', [eachEnv], invariant('i', '!env', ''), 'holds', 'holds'],
  ['I4 a value that is not declared is not possible', [toDb], invariant('i', 'env=stage', ''), 'holds', 'holds'],
];

for (const [title, policy, asked, here, anywhere] of cases) {
  test(title, () => {
    const documents = [...estate, ...policy];
    const world = worldOf(documents);
    const { policy: rules } = readInvariants(documents, [asked], world.estate);
    assert.ok(rules !== null);
    const [verdict] = verify(world, { documents: [asked], rules }, 'intended');
    const { from, to, service } = verdict?.counterexample ?? {};
    assert.equal(verdict?.holds ? 'holds' : `${from} -> ${to} ${service}`, here);
    const { verdicts, problems } = verifyAnyEstate(documents, { invariants: [asked], view: 'intended', now: 0 });
    assert.deepEqual(problems, []);
    assert.equal(anywhereText(verdicts[0]), anywhere);
  });
}

function anywhereText(verdict: ReturnType<typeof verifyAnyEstate>['verdicts'][number] | undefined): string {
  const found = verdict?.counterexample ?? null;
  if (found === null) return 'holds';
  const said = ({ labels, address }: typeof found.from) => {
    const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
    return `${pairs.sort()}${address === null ? '' : `@${address}`}`;
  };
  return `${said(found.from)} -> ${said(found.to)} ${found.service}`;
}

const withIdentity = { ...end('role=web'), identity: { process: '/usr/bin/x', user: null } };
const refused: readonly (readonly [title: string, asked: readonly InvariantDocument[], code: string])[] = [
  ['I1 a process', [{ ...webNeverDb, never: { ...webNeverDb.never, from: [withIdentity] } }], 'not-provable'],
  ['I1 an ip list that is not there', [invariant('i', 'list:nobody', '')], 'unknown-ip-list'],
  ['I1 a name that is taken', [webNeverDb, devNeverProd], 'duplicate-name'],
];
for (const [title, asked, code] of refused) {
  test(title, () => {
    const { policy, problems } = readInvariants(estate, asked, worldOf(estate).estate);
    assert.deepEqual([policy, problems.map((problem) => problem.code)], [null, [code]]);
  });
}

test('I4 R10 what a name of a port is elsewhere cannot be proved', () => {
  const documents = [...estate, ruleset('named', [rule('metrics', 'allow tcp/metrics', ['', ''])])];
  const asked = { invariants: [webNeverDb], view: 'intended', now: 0 } as const;
  const { verdicts, problems } = verifyAnyEstate(documents, asked);
  assert.deepEqual(
    [verdicts, problems.map(({ code, place: at }) => [code, at?.file])],
    [[], [['not-provable', place.file]]],
  );
});
