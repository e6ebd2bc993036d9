import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Document, Rule } from '@bulkhead/model/documents.ts';
import { except, rule, ruleset, tiers, workload } from '@bulkhead/testkit/documents.ts';
import { exportKubernetes } from './export.ts';
import { api, cluster, db, inTier, inward, named, pods, web } from './testkit.ts';

const nodes = `${cluster},!${named}`;

const estate: readonly Document[] = [
  workload('shop/web', `${cluster},${named}=shop,kubernetes:node=n1,role=web`, ['10.1.0.1']),
  workload('shop/db', `${cluster},${named}=shop,kubernetes:node=n1,role=db`, ['10.1.0.2']),
  workload('crm/api', `${cluster},${named}=crm,kubernetes:node=n1,role=api`, ['10.1.0.3']),
  workload('office', 'role=office', ['10.9.0.7']),
];
const node = workload('n1', `${cluster},kubernetes:node=n1`, ['10.0.0.1'], { enforced: false });
const order = tiers('guardrail', 'admin:admin-1,admin-2', 'application', 'baseline');

const outward = (name: string, what: string, ends: readonly [string, string]): Rule =>
  rule(name, what, ends, { at: 'source' });

/** A deny that no object of administrators says, and what it would be worked into. */
const denied = [
  inTier('admin-2', inward('d', 'deny tcp/1-99', ['any', web])),
  inTier('application', inward('a', 'allow tcp/1-200', ['10.9.0.0/16', web]), inward('b', 'allow tcp/22', [api, web])),
];
const toName = inTier('application', outward('n', 'allow tcp/443', [db, 'name:api.example.com']));
const anyoneBut = inTier('guardrail', {
  ...outward('r', 'allow tcp/80', [web, 'any']),
  except: [except(null, '10.9.0.0/16', null)],
});
const own = (what: 'plain' | 'excepting'): Document =>
  ruleset(
    'own',
    [inward('in', 'allow all', [nodes, pods]), outward('out', 'allow all', [pods, nodes])].map((one) => ({
      ...one,
      except: what === 'plain' ? [] : [except(null, null, ['tcp/10250'])],
    })),
    { tier: 'guardrail', each: ['kubernetes:cluster', 'kubernetes:node'] },
  );

/** What is refused, as code and name. */
const cases: readonly (readonly [title: string, documents: readonly Document[], refused: readonly string[]])[] = [
  ['EX40: a deny is worked into what stands behind it', denied, []],
  [
    'EX40: a deny that a pass goes by is not, for what was passed comes to the rules behind it',
    [inTier('admin-1', inward('p', 'pass tcp/22', [api, web])), ...denied],
    ['source-anyone admin-2/d'],
  ],
  [
    'EX40: a deny that a pass of other services goes by is',
    [inTier('admin-1', inward('p', 'pass tcp/122', [api, web])), ...denied],
    [],
  ],
  ['EX24: anyone but some addresses is the other addresses', [anyoneBut], []],
  ['EX24: anyone but some addresses is nothing beside domain names', [anyoneBut, toName], ['exception guardrail/r']],
  ['EX39: the rule between pods and their own node is not written', [node, own('plain')], []],
  [
    'EX39: one with an exception is another rule',
    [node, own('excepting')],
    ['foreign-key own/in', 'foreign-key own/out', 'own-node prod:own-node'],
  ],
];

for (const [title, documents, refused] of cases)
  test(title, () => {
    const { manifests, refusals } = exportKubernetes([...estate, order, ...documents], {
      ...{ cluster: 'prod', now: 0, acceptOwnNode: false },
    });
    const names = refusals.map(({ code, message }) => `${code} ${/"([^"]*)"/.exec(message)?.[1]}`);
    assert.deepEqual([...new Set(names)], refused);
    assert.equal(manifests === null, refused.length > 0);
  });
