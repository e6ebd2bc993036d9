import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryDirectory } from '../testkit/temporary-directory.ts';
import { clustersIn, parseClusters } from './cluster-options.ts';

const prod = { name: 'prod', kubeconfig: '/etc/prod', network: 'main', prefix: null };
type Case = readonly [clusters: readonly string[], networks: readonly string[], expected: object | RegExp];
const cases: readonly Case[] = [
  [[], [], []],
  [['prod=/etc/prod'], [], [prod]],
  [['prod=/etc/a=b'], [], [{ ...prod, kubeconfig: '/etc/a=b' }]],
  [['prod=/etc/prod', 'stage-1=x'], [], [prod, { name: 'stage-1', kubeconfig: 'x', network: 'main', prefix: null }]],
  [['prod=/etc/prod'], ['prod=site-b'], [{ ...prod, network: 'site-b' }]],
  [['prod=/etc/prod'], ['other=site-b'], [prod]],
  [['prod'], [], /^Cannot watch cluster "prod": NAME=KUBECONFIG is needed/],
  [['prod='], [], /^Cannot watch cluster "prod="/],
  [['=x'], [], /^Cannot watch cluster "=x"/],
  [['-prod=x'], [], /^Cannot watch cluster "-prod=x"/],
  [['a/b=x'], [], /^Cannot watch cluster "a\/b=x"/],
  [[`${'n'.repeat(64)}=x`], [], /^Cannot watch cluster/],
  [['prod=x', 'prod=y'], [], /^Cannot watch cluster "prod": it is there twice/],
  [['prod=x'], ['prod'], /^Cannot use "prod" for --kubernetes-network/],
  [['prod=x'], ['prod=a b'], /^Cannot use "prod=a b" for --kubernetes-network/],
];
for (const [clusters, networks, expected] of cases)
  test(`clusters: ${JSON.stringify([clusters, networks])}`, () => {
    const parsed = parseClusters({ clusters, networks, prefixed: [] });
    if (expected instanceof RegExp) assert.match(String(parsed), expected);
    else assert.deepEqual(parsed, expected);
  });

test('files of the data directory are clusters, those of the command line hold before them', (context) => {
  const data = temporaryDirectory(context);
  assert.deepEqual(clustersIn(data, { clusters: [], networks: [], prefixed: [] }), []);
  mkdirSync(join(data, 'kubernetes'));
  for (const file of ['prod.kubeconfig', 'stage.kubeconfig', 'notes.txt'])
    writeFileSync(join(data, 'kubernetes', file), '');
  const stage = {
    name: 'stage',
    kubeconfig: join(data, 'kubernetes/stage.kubeconfig'),
    network: 'site-b',
    prefix: 'stage',
  };
  assert.deepEqual(
    clustersIn(data, { clusters: ['prod=/etc/prod'], networks: ['stage=site-b'], prefixed: ['stage'] }),
    [prod, stage],
  );
});
