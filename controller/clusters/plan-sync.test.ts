import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterWorkload } from '@bulkhead/importers/kubernetes/watch/cluster-workload.ts';
import { rightsOf } from '@bulkhead/policy/labels-by-source.ts';
import type { WorkloadRecord } from '../store/workloads.ts';
import { planSync } from './plan-sync.ts';

const labels = { 'kubernetes:cluster': 'prod', role: 'web' };
const web: ClusterWorkload = { name: 'shop/web', part: 'pod', labels, addresses: [], ports: {} };
const node: ClusterWorkload = { ...web, name: 'web', part: 'node' };
const rights = rightsOf([], 'orchestrator');
const plan = (touched: ClusterWorkload | null, known: WorkloadRecord | null, name = touched?.name ?? 'shop/web') =>
  planSync({ cluster: 'prod', touched: new Map([[name, touched]]), known: () => known, rights });

const stored = (change: Partial<WorkloadRecord> = {}): WorkloadRecord => {
  const { to } = plan(web, null).changes[0] ?? assert.fail('it is new');
  return { ...(to ?? assert.fail('it is there')), createdAt: 1, updatedAt: 2, ...change };
};
const host = stored({ managed: true, source: null, serial: '01' });
const printer = stored({ source: null });
const staging = stored({ source: { kind: 'kubernetes', cluster: 'stage', part: 'pod', labels } });

type Case = readonly [
  what: string,
  said: ClusterWorkload | null,
  known: WorkloadRecord | null,
  change: 'cluster' | 'removed' | null,
  refused: string | null,
];
const cases: readonly Case[] = [
  ['a pod that is new', web, null, 'cluster', null],
  ['a pod as it was', web, stored(), null, null],
  ['another address', web, stored({ addresses: [{ network: 'main', address: '10.0.0.1' as never }] }), 'cluster', null],
  ['another label, set or not', { ...web, labels: { ...labels, role: 'api' } }, stored(), 'cluster', null],
  ['a pod that is gone', null, stored(), 'removed', null],
  ['a pod that was never here and is gone', null, null, null, null],
  ['a host is not removed with the pod of its name', null, host, null, null],
  ['nor is a pod of another cluster', null, staging, null, null],
  ['a host has its name', web, host, null, 'an enrolled host has this name'],
  ['a node that is a host', node, host, null, 'it is enrolled as a host, which says what it is'],
  ['a printer has its name', web, printer, null, 'an unmanaged workload has this name'],
  ['another cluster has it', web, staging, null, 'cluster "stage" has a pod of this name'],
  [
    'a name that is an address',
    { ...node, name: '10.0.0.1' },
    null,
    null,
    'its name is none for a workload: it is an address',
  ],
];
for (const [what, said, known, change, refused] of cases)
  test(`the estate follows a cluster: ${what}`, () => {
    const { changes, refused: told } = plan(said, known);
    assert.deepEqual(
      changes.map(({ kind }) => kind),
      change === null ? [] : [change],
    );
    assert.deepEqual([...told.values()], refused === null ? [] : [refused]);
  });

const moments: readonly (readonly [what: string, stored: WorkloadRecord | null, may: boolean])[] = [
  ['nobody has the name', null, true],
  ['it is the pod', stored(), true],
  ['a host has enrolled', host, false],
  ['a person has put a printer there', printer, false],
  ['another cluster has it', staging, false],
];
test('what somebody else stored in the meantime is not replaced', () => {
  const [change] = plan(web, null).changes;
  for (const [what, meanwhile, may] of moments) assert.equal(change?.onlyIf?.(meanwhile), may, what);
});
