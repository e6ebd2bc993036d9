import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { wrongLabelKey, wrongLabelValue } from '@bulkhead/model/label-text.ts';
import { wrongWorkloadName } from '@bulkhead/model/name-text.ts';
import { ruleIdLimit } from '@bulkhead/model/words.ts';
import { parseAddress } from '@bulkhead/net/address.ts';
import type { SynthEdge, SynthEnd } from './edges.ts';
import { type Plan, type PlanAsked, planEstate } from './plan.ts';
import { divide, seededRandom } from './random.ts';
import { chooseReporters } from './reporters.ts';
import { reportsOf } from './reports.ts';
import type { SynthWorkload } from './workloads.ts';

type Asked = Partial<PlanAsked>;

function planned(asked: Asked): Plan {
  const plan = planEstate({ workloads: 600, apps: 20, edges: 3000, seed: 1, reporters: 0, taken: new Set(), ...asked });
  return typeof plan === 'string' ? assert.fail(plan) : plan;
}

const endName = ({ workload, address }: SynthEnd): string => workload?.name ?? address;
const edgeText = ({ from, to, service }: SynthEdge): string => `${endName(from)} -> ${endName(to)} ${service}`;
const textOf = ({ workloads, edges, reports }: Plan): string =>
  JSON.stringify([workloads, edges, [...reports].map(([workload, own]) => [workload.name, own.map(edgeText)])]);

function countBy(workloads: readonly SynthWorkload[], key: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { labels } of workloads) counts.set(labels[key] ?? '', (counts.get(labels[key] ?? '') ?? 0) + 1);
  return counts;
}

const shapes: readonly (readonly [workloads: number, apps: number, edges: number])[] = [
  [2, 1, 3],
  [10, 5, 30],
  [30, 5, 60],
  [101, 7, 1000],
  [600, 20, 3000],
  [3000, 1200, 3000],
];

describe('a synthetic estate', () => {
  for (const [workloads, apps, edges] of shapes) {
    test(`has exactly ${workloads} workloads, ${apps} apps, ${edges} edges`, () => {
      const plan = planned({ workloads, apps, edges });
      assert.equal(new Set(plan.workloads.map(({ name }) => name)).size, workloads);
      assert.equal(plan.workloads.length, workloads);
      assert.equal(countBy(plan.workloads, 'app').size, apps);
      assert.equal(plan.edges.length, edges);
      assert.equal(new Set(plan.edges.map(edgeText)).size, edges, 'edges are distinct');
    });
  }

  const refused: readonly (readonly [why: string, asked: Asked, said: RegExp])[] = [
    ['more apps than pairs of workloads', { workloads: 9, apps: 5 }, /Cannot make 5 apps of 9 workloads/],
    ['more edges than there can be', { workloads: 2, apps: 1, edges: 12_000 }, /only \d+ distinct/],
  ];
  for (const [why, asked, said] of refused) {
    test(`is refused with ${why}`, () => {
      const plan = planEstate({ workloads: 2, apps: 1, edges: 1, seed: 1, reporters: 0, taken: new Set(), ...asked });
      assert.match(String(plan), said);
    });
  }

  test('is the same for the same seed and another for another', () => {
    const [one, again, other] = [planned({ seed: 7 }), planned({ seed: 7 }), planned({ seed: 8 })].map(textOf);
    assert.equal(one, again);
    assert.notEqual(one, other);
  });

  test('has labels, names, rules and addresses that the controller takes', () => {
    const { workloads, edges } = planned({});
    for (const { name, labels } of workloads) {
      assert.deepEqual(Object.keys(labels), ['role', 'app', 'env', 'loc']);
      assert.equal(wrongWorkloadName(name), null);
      for (const [key, value] of Object.entries(labels)) {
        assert.deepEqual([wrongLabelKey(key), wrongLabelValue(value)], [null, null], `${key}=${value}`);
      }
    }
    const addresses = workloads.flatMap(({ v4, v6 }) => [v4, ...(v6 === null ? [] : [v6])]);
    assert.equal(new Set(addresses).size, addresses.length, 'nobody shares an address');
    assert.ok(addresses.length > workloads.length, 'some have IPv6');
    for (const address of addresses) assert.equal(parseAddress(address), address);
    for (const { rule } of edges) assert.ok(rule === null || rule.length <= ruleIdLimit);
  });

  test('has all environments, most in production, and apps of skewed sizes', () => {
    const { workloads } = planned({});
    const environments = countBy(workloads, 'env');
    assert.deepEqual([...environments.keys()].sort(), ['development', 'dmz', 'production', 'shared', 'staging']);
    assert.equal(Math.max(...environments.values()), environments.get('production'));
    const sizes = [...countBy(workloads, 'app').values()].sort((a, b) => b - a);
    const [largest = 0, median = 0] = [sizes[0], sizes[10]];
    assert.ok(largest > 4 * median, `${largest} against ${median}`);
  });

  test('has edges mostly inside apps, some to shared services and the outside, and every state', () => {
    const { edges } = planned({ workloads: 3000, apps: 60, edges: 3000 });
    const app = ({ workload }: SynthEnd): string => workload?.labels.app ?? 'outside';
    const share = (of: (edge: SynthEdge) => boolean): number => edges.filter(of).length / edges.length;
    const inside = share(({ from, to }) => app(from) === app(to));
    const outside = share(({ from, to }) => from.workload === null || to.workload === null);
    const shared = share(({ from, to }) => [from, to].some(({ workload }) => workload?.labels.env === 'shared'));
    assert.ok(inside > 0.5 && inside < 0.75, `inside ${inside}`);
    assert.ok(outside > 0.05 && outside < 0.2, `outside ${outside}`);
    assert.ok(shared > 0.1 && shared < 0.35, `shared ${shared}`);
    const states = new Set(edges.map(({ state }) => state));
    assert.deepEqual([...states].sort(), ['allowed', 'denied', 'unknown', 'would-be-denied']);
    assert.ok(edges.every(({ from, to }) => from.address.includes(':') === to.address.includes(':')));
    assert.ok(edges.some(({ from }) => from.workload !== null && from.address.includes(':')));
  });

  test('steps over names and addresses that are taken', () => {
    const first = planned({});
    const taken = new Set(first.workloads.flatMap(({ name, v4, v6 }) => [name, v4, v6 ?? '']));
    const second = planned({ taken });
    assert.equal(second.workloads.length, first.workloads.length);
    for (const { name, v4, v6 } of second.workloads) {
      assert.ok(!taken.has(name) && !taken.has(v4) && (v6 === null || !taken.has(v6)), name);
    }
  });
});

describe('reporters', () => {
  test('stand at an end of every edge, and are fewer than half', () => {
    const plan = planned({});
    const isReporter = ({ workload }: SynthEnd) => workload !== null && plan.reports.has(workload);
    assert.deepEqual(
      plan.edges.filter(({ from, to }) => !isReporter(from) && !isReporter(to)),
      [],
    );
    assert.ok(plan.reports.size < 300, `${plan.reports.size}`);
  });

  for (const share of [0.5, 1]) {
    test(`are a share of ${share} when that is asked for`, () => {
      assert.equal(planned({ reporters: share }).reports.size, share * 600);
    });
  }

  test('are the hub of a star and one end of a pair', () => {
    const { workloads } = planned({});
    const end = (index: number): SynthEnd => {
      const workload = workloads[index] as SynthWorkload;
      return { workload, address: workload.v4 };
    };
    const edge = (from: number, to: number): SynthEdge => {
      const about = { service: 1, server: null, state: 'allowed', rule: null, count: 1 } as const;
      return { from: end(from), to: end(to), ...about };
    };
    const chosen = chooseReporters([edge(1, 0), edge(0, 2), edge(3, 0), edge(5, 4)]);
    assert.deepEqual([...chosen], [workloads[0], workloads[4]]);
    assert.equal(chooseReporters([]).size, 0);
  });

  test('say of every edge what it is: judged, by rule, with the process of their own end', () => {
    const plan = planned({});
    const isReporter = (workload: SynthWorkload): boolean => plan.reports.has(workload);
    const time = { now: 5000, generation: 3, isReporter };
    const told = new Map<SynthEdge, number>();
    for (const [reporter, own] of plan.reports) {
      for (const edge of own) {
        const [report, ...more] = reportsOf(reporter, [edge], time);
        assert.equal(more.length, 0);
        if (report === undefined) continue;
        told.set(edge, (told.get(edge) ?? 0) + 1);
        const outbound = edge.from.workload === reporter;
        assert.equal(report.direction, outbound ? 'outbound' : 'inbound');
        assert.equal(report.local, (outbound ? edge.from : edge.to).address);
        assert.equal(report.peer, (outbound ? edge.to : edge.from).address);
        assert.equal(report.generation, edge.state === 'unknown' ? 0 : 3);
        assert.equal(report.effective, edge.state === 'denied' ? 'deny' : 'allow');
        assert.equal(report.intended === 'deny', edge.state === 'denied' || edge.state === 'would-be-denied');
        assert.equal(report.last, 5000);
      }
    }
    assert.equal(told.size, plan.edges.length, 'every edge is told by somebody');
    const twice = plan.edges.filter((edge) => edge.state === 'denied' && told.get(edge) !== 1);
    assert.deepEqual(twice, [], 'what the source stops is not seen by the destination');
  });
});

describe('divide', () => {
  const cases: readonly (readonly [
    total: number,
    weights: readonly number[],
    least: number,
    parts: readonly number[],
  ])[] = [
    [10, [1], 0, [10]],
    [10, [1, 1, 1], 0, [4, 3, 3]],
    [10, [8, 1, 1], 2, [5, 3, 2]],
    [6, [100, 1, 1], 2, [2, 2, 2]],
    [0, [1, 2], 0, [0, 0]],
  ];
  for (const [total, weights, least, parts] of cases) {
    test(`${total} by ${weights} with at least ${least}: ${parts}`, () => {
      assert.deepEqual(divide(total, weights, least), parts);
    });
  }
});

test('a shuffled list has the same items', () => {
  const list = Array.from({ length: 50 }, (_, index) => index);
  const shuffled = seededRandom(3).shuffled(list);
  assert.notDeepEqual(shuffled, list);
  assert.deepEqual(
    shuffled.sort((a, b) => a - b),
    list,
  );
});
