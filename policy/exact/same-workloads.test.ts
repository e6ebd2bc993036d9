import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkloadDocument } from '@bulkhead/model/documents.ts';
import { workload } from '@bulkhead/testkit/documents.ts';
import { buildEstate } from '../estate.ts';
import { sameWorkloads } from './same-workloads.ts';

const web = workload('web', 'role=web,env=prod', ['10.0.0.1', 'site-b/10.0.0.2']);
const cases: readonly (readonly [title: string, other: readonly WorkloadDocument[], same: boolean])[] = [
  ['read again', [workload('web', 'role=web,env=prod', ['10.0.0.1', 'site-b/10.0.0.2'])], true],
  ['labels in another order', [{ ...web, labels: { env: 'prod', role: 'web' } }], true],
  ['a named port', [{ ...web, ports: { http: [{ first: 393_296, last: 393_296 }] } }], false],
  ['another name', [{ ...web, name: 'web-2' }], false],
  ['another value', [{ ...web, labels: { role: 'web', env: 'dev' } }], false],
  ['another key', [{ ...web, labels: { role: 'web', tier: 'prod' } }], false],
  ['a label less', [{ ...web, labels: { role: 'web' } }], false],
  ['a label more', [{ ...web, labels: { ...web.labels, pci: 'yes' } }], false],
  ['a label that every object has', [{ ...web, labels: { role: 'web', toString: 'prod' } }], false],
  ['an address less', [workload('web', 'role=web,env=prod', ['10.0.0.1'])], false],
  ['addresses in another order', [workload('web', 'role=web,env=prod', ['site-b/10.0.0.2', '10.0.0.1'])], false],
  ['another network', [workload('web', 'role=web,env=prod', ['10.0.0.1', 'site-c/10.0.0.2'])], false],
  ['not enforced', [{ ...web, enforced: false }], false],
  ['another mode where none is written', [{ ...web, fallbackMode: 'observe' }], false],
  ['one more', [web, workload('db', 'role=db')], false],
  ['nobody', [], false],
];

for (const [title, other, same] of cases)
  test(`workloads that are told apart are not the same: ${title}`, () => {
    const [a, b] = [buildEstate([web]).estate, buildEstate(other).estate];
    assert.deepEqual([sameWorkloads(a, b), sameWorkloads(b, a)], [same, same]);
  });
