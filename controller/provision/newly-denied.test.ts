import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EdgeEnd, LabelledReport } from '@bulkhead/flows/edge.ts';
import type { Address } from '@bulkhead/net/address.ts';
import { report } from '../testkit/report.ts';
import { judgeWave, type Shown } from './judge-wave.ts';
import { countedFlows, DeniedFlows, groupFlows, type NewlyDenied } from './newly-denied.ts';
import { type Accepted, defaultWaves, type WaveSettings } from './wave-settings.ts';

const workload = (name: string, role: string): EdgeEnd => ({ kind: 'workload', name, labels: { role }, managed: true });
const outside = (address: string): EdgeEnd => ({
  ...{ kind: 'address', network: 'main', claimedBy: [] },
  address: address as Address,
});
const [web, db] = [workload('web-1', 'web'), workload('db-1', 'db')];

const reported = (change: Partial<LabelledReport['report']>, from = web, reporter = 'db-1'): LabelledReport => ({
  ...{ reporter, from, to: db },
  report: report('10.0.0.2', '10.0.0.1', { effective: 'deny', generation: 5, last: 1000, ...change }),
});

test('W10 denials count of hosts that were narrowed, by the time or by the number of their ruleset', () => {
  const cases: readonly (readonly [string, LabelledReport, boolean])[] = [
    ['later, under the new number', reported({ last: 1001, generation: 7 }), true],
    ['later, and the number says nothing: only addresses changed', reported({ last: 1001, generation: 5 }), true],
    ['a clock that is behind', reported({ last: 400, generation: 7 }), true],
    ['before', reported({ last: 999, generation: 6 }), false],
    ['allowed', reported({ last: 1001, generation: 7, effective: 'allow' }), false],
    ['allowed and not meant to be', reported({ generation: 7, effective: 'allow', intended: 'deny' }), false],
    ['of a host whose wave has not come', reported({ last: 1001, generation: 7 }, web, 'web-1'), false],
  ];
  for (const [title, one, counts] of cases) {
    const denied = new DeniedFlows();
    denied.narrow('db-1', { since: 1000, generation: 7 });
    denied.note(one);
    assert.equal(denied.flows().size === 1, counts, title);
  }
});

test('attempts of one pair of ends and one service are one flow, whatever the process', () => {
  const denied = new DeniedFlows();
  denied.narrow('db-1', { since: 0, generation: 1 });
  denied.note(reported({ count: 2, process: '/usr/bin/a' }));
  denied.note(reported({ count: 3, process: '/usr/bin/b' }));
  denied.note(reported({ count: 1 }, outside('192.0.2.1')));
  assert.deepEqual(
    [...denied.flows()].map(([key, { attempts }]) => `${key} ${attempts}`),
    ['web-1 -> db-1 tcp/5432 5', '192.0.2.1 -> db-1 tcp/5432 1'],
  );
});

test('flows beyond the limit are counted and not kept', () => {
  const denied = new DeniedFlows();
  denied.narrow('db-1', { since: 0, generation: 1 });
  for (let n = 0; n < 5010; n++) denied.note(reported({}, outside(`10.${n >> 8}.${n & 255}.1`)));
  assert.deepEqual([denied.flows().size, denied.overflow], [5000, 10]);
});

const flow = (from: EdgeEnd, foreseen: boolean, attempts = 1): NewlyDenied => ({
  ...{ from, to: db, service: report('10.0.0.2', '10.0.0.1').service, reporter: 'db-1', rule: null },
  ...{ since: 0, attempts, foreseen },
});

test('W13 accepted flows do not count', () => {
  const named = [{ from: 'web-1', to: 'db-1', service: 'tcp/5432' }];
  const cases: readonly (readonly [string, Accepted, NewlyDenied, boolean])[] = [
    ['nothing is accepted', 'nothing', flow(web, true), true],
    ['foreseen ones are', 'foreseen', flow(web, true), false],
    ['foreseen ones are, this is none', 'foreseen', flow(web, false), true],
    ['this one is', named, flow(web, true), false],
    ['this one is, and it was not foreseen', named, flow(web, false), true],
    ['another one is', named, flow(outside('192.0.2.1'), true), true],
    ['none of an empty list is', [], flow(web, true), true],
  ];
  for (const [title, accept, one, counts] of cases)
    assert.equal(countedFlows([one], accept).length === 1, counts, title);
});

test('W23 flows are told by the labels of their ends, the busiest first', () => {
  const flows = [
    ...['web-1', 'web-2', 'web-3', 'web-4'].map((name) => flow(workload(name, 'web'), true, 2)),
    flow(outside('192.0.2.1'), false, 9),
  ];
  const { groups, omitted } = groupFlows(flows);
  assert.deepEqual(
    groups.map((group) => `${group.from} ${group.to} ${group.flows} ${group.attempts} ${group.examples.length}`),
    ['no workload role=db 1 9 1', 'role=web role=db 4 8 3'],
  );
  assert.equal(omitted, 0);
  const many = Array.from({ length: 25 }, (_, n) => flow(workload(`w${n}`, `r${n}`), true));
  assert.deepEqual([groupFlows(many).groups.length, groupFlows(many).omitted], [20, 5]);
});

const failed = (...names: string[]) => new Map(names.map((name) => [name, 'it did not load']));

test('W20 W21 what a wave may show', () => {
  const cases: readonly (readonly [string, Partial<Shown>, Partial<WaveSettings>, 'goes on' | 'is taken back'])[] = [
    ['nothing', {}, {}, 'goes on'],
    ['one flow', { denied: 1 }, {}, 'is taken back'],
    ['as many as the budget', { denied: 20 }, { budget: 20 }, 'goes on'],
    ['one more', { denied: 21 }, { budget: 20 }, 'is taken back'],
    ['as many as the share', { denied: 2, inUse: 100 }, { budgetShare: 0.02 }, 'goes on'],
    ['more than the share', { denied: 3, inUse: 100 }, { budgetShare: 0.02 }, 'is taken back'],
    [
      'more than the share, not than the number',
      { denied: 3, inUse: 100 },
      { budgetShare: 0.02, budget: 5 },
      'goes on',
    ],
    ['a share of nothing', { denied: 1, inUse: 0 }, { budgetShare: 1 }, 'is taken back'],
    ['a failed host', { failed: failed('a') }, {}, 'is taken back'],
    ['a failed host, and one may', { failed: failed('a') }, { failures: 1 }, 'goes on'],
    ['two failed hosts, and one may', { failed: failed('a', 'b') }, { failures: 1 }, 'is taken back'],
    ['one of five in a later wave', { wave: 2, hosts: 5, failed: failed('a') }, {}, 'goes on'],
    ['two of five in a later wave', { wave: 2, hosts: 5, failed: failed('a', 'b') }, {}, 'is taken back'],
    ['two of twenty in a later wave', { wave: 2, hosts: 20, failed: failed('a', 'b') }, {}, 'goes on'],
  ];
  const nothing: Shown = { wave: 1, hosts: 10, failed: failed(), denied: 0, inUse: 0 };
  for (const [title, shown, settings, expected] of cases) {
    const why = judgeWave({ ...nothing, ...shown }, { ...defaultWaves, ...settings });
    assert.equal(why === null ? 'goes on' : 'is taken back', expected, `${title}: ${why}`);
  }
});
