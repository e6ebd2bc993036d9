import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConnectionReport } from '@bulkhead/model/connection.ts';
import { type Address, parseAddress } from '@bulkhead/net/address.ts';
import { parseServiceRange } from '@bulkhead/net/service-space.ts';
import fc from 'fast-check';
import type { EdgeEnd, LabelledReport } from './edge.ts';
import { parseEdgeFilter } from './edge-filter.ts';
import { LiveEdges, type LiveLimits, liveLimits } from './live-edges.ts';
import { coarseBucket, fineBucket, liveSpan } from './time-cells.ts';

const now = 1_800_000_000_000;
const workload = (name: string, labels = {}): EdgeEnd => ({ kind: 'workload', name, labels, managed: true });
const outside = (text: string): EdgeEnd => ({
  kind: 'address',
  network: 'main',
  address: text as Address,
  claimedBy: [],
});
const point = (text: string) => parseServiceRange(text)?.first ?? assert.fail(text);

type Brief = Partial<ConnectionReport> & { from?: EdgeEnd; to?: EdgeEnd };
function seen(direction: 'inbound' | 'outbound', { from = web, to = db, ...rest }: Brief = {}): LabelledReport {
  const at = rest.last ?? now;
  const report: ConnectionReport = {
    first: at,
    last: at,
    direction,
    network: 'main',
    local: parseAddress('10.0.0.1') ?? assert.fail(),
    peer: parseAddress('10.0.0.2') ?? assert.fail(),
    service: point('tcp/5432'),
    effective: 'allow',
    intended: 'allow',
    effectiveRule: null,
    intendedRule: null,
    generation: 1,
    count: 1,
    records: 1,
    process: null,
    unit: null,
    user: null,
    ...rest,
  };
  const local = direction === 'outbound' ? from : to;
  return { reporter: local.kind === 'workload' ? local.name : 'stranger', from, to, report };
}
const web = workload('web-1', { role: 'web', app: 'shop' });
const db = workload('db-1', { role: 'db', app: 'shop' });
const sums = (edges: LiveEdges, at = now) =>
  edges.snapshot({}, at).map((e) => [e.attempts, e.denied, e.wouldBeDenied, e.state, e.latest].join(' '));
const live = (reports: readonly LabelledReport[], limits: LiveLimits = liveLimits) => {
  const edges = new LiveEdges({ limits });
  for (const report of reports) edges.add(report, now);
  return edges;
};

const would = { intended: 'deny' } as const;
const deny = { effective: 'deny', intended: 'deny' } as const;

test('a connection reported by both ends counts once; a deny at either end is a deny', () => {
  const cases: readonly (readonly [string, readonly LabelledReport[], string])[] = [
    ['source alone', [seen('outbound', { count: 3 })], '3 0 0 allowed allowed'],
    ['destination alone', [seen('inbound', { count: 3 })], '3 0 0 allowed allowed'],
    ['both', [seen('outbound', { count: 3 }), seen('inbound', { count: 3 })], '3 0 0 allowed allowed'],
    ['destination first', [seen('inbound'), seen('outbound')], '1 0 0 allowed allowed'],
    ['minutes apart', [seen('inbound', { last: now - 2e6 }), seen('outbound')], '1 0 0 allowed allowed'],
    ['source lost some', [seen('outbound'), seen('inbound', { count: 4 })], '4 0 0 allowed allowed'],
    ['denied at source', [seen('outbound', deny)], '1 1 0 denied denied'],
    ['denied at destination', [seen('outbound'), seen('inbound', deny)], '1 1 0 denied denied'],
    ['would, source', [seen('outbound', would), seen('inbound')], '1 0 1 would-be-denied would-be-denied'],
    ['would, destination', [seen('outbound'), seen('inbound', would)], '1 0 1 would-be-denied would-be-denied'],
    ['would, both', [seen('outbound', would), seen('inbound', would)], '1 0 1 would-be-denied would-be-denied'],
    ['would, then denied', [seen('outbound', would), seen('inbound', deny)], '1 1 0 denied denied'],
    [
      '2 denied at source, then 3 at destination',
      [seen('outbound', { ...deny, count: 2, last: now - 1 }), seen('inbound', { ...deny, count: 3 })],
      '5 5 0 denied denied',
    ],
    [
      '2 denied at source, then 3 passed that it said nothing of',
      [seen('outbound', { ...deny, count: 2, last: now - 1 }), seen('inbound', { count: 3 })],
      '5 2 0 mixed denied',
    ],
    ['one of two denied', [seen('outbound', deny), seen('outbound', { last: now - 1 })], '2 1 0 mixed denied'],
    ['no ruleset anywhere', [seen('outbound', { generation: 0 })], '1 0 0 unknown unknown'],
    ['no ruleset at one end', [seen('outbound', { generation: 0 }), seen('inbound')], '1 0 0 allowed allowed'],
  ];
  for (const [name, reports, expected] of cases) assert.deepEqual(sums(live(reports)), [expected], name);
});

test('server process comes from the destination alone and is never guessed', () => {
  const server = (...reports: LabelledReport[]) => live(reports).snapshot({}, now)[0]?.server;
  const postgres = { process: '/usr/bin/postgres', unit: 'postgresql.service', user: 'postgres' };
  assert.equal(server(seen('outbound', { process: 'curl', unit: 'x.service' })), null);
  assert.deepEqual(server(seen('outbound', { process: 'curl' }), seen('inbound', postgres)), postgres);
  assert.deepEqual(server(seen('inbound', postgres), seen('inbound', {})), postgres, 'unknown does not forget');
  assert.equal(server(seen('inbound', {})), null);
});

test('an edge names its rules, reporters and ends as they were labelled', () => {
  const renamed = workload('web-1', { role: 'api', app: 'shop' });
  const edges = live([
    seen('outbound', { ...would, intendedRule: 'shop/no', count: 2, records: 3 }),
    seen('inbound', { effectiveRule: 'shop/web', intendedRule: 'shop/web' }),
    seen('outbound', { from: renamed, last: now - 1 }),
  ]).snapshot({}, now);
  assert.deepEqual(
    edges.map((edge) => edge.key),
    [
      'web-1{app=shop,role=web} -> db-1{app=shop,role=db} tcp/5432',
      'web-1{app=shop,role=api} -> db-1{app=shop,role=db} tcp/5432',
    ],
  );
  const [edge] = edges;
  assert.deepEqual(edge?.reporters, ['db-1', 'web-1']);
  assert.equal(edge?.records, 4);
  assert.deepEqual(edge?.rules, [
    { end: 'source', effective: 'allow', intended: 'deny', effectiveRule: null, intendedRule: 'shop/no', attempts: 2 },
    {
      end: 'destination',
      effective: 'allow',
      intended: 'allow',
      effectiveRule: 'shop/web',
      intendedRule: 'shop/web',
      attempts: 1,
    },
  ]);
});

test('a verdict is asked for as it was last, whatever it was before', () => {
  const edges = live([seen('outbound', { last: now - 600_000 }), seen('outbound', { ...deny, last: now })]);
  const found = (['allowed', 'mixed', 'denied'] as const).filter(
    (verdict) => edges.snapshot({ verdict }, now).length > 0,
  );
  assert.deepEqual(found, ['denied']);
});

test('filters: every part must hold', () => {
  const edges = live([
    seen('outbound'),
    seen('outbound', { ...deny, service: point('tcp/22'), last: now - 600_000 }),
    seen('inbound', { from: outside('192.0.2.7'), service: point('icmp/8/0') }),
  ]);
  const cases: readonly (readonly [object, readonly string[]])[] = [
    [{}, ['icmp/8/0', 'tcp/22', 'tcp/5432']],
    [{ from: 'web-1' }, ['tcp/22', 'tcp/5432']],
    [{ from: 'role=web,app=shop' }, ['tcp/22', 'tcp/5432']],
    [{ from: '192.0.2.7' }, ['icmp/8/0']],
    [{ service: 'tcp' }, ['tcp/22', 'tcp/5432']],
    [{ service: 'tcp/1-100' }, ['tcp/22']],
    [{ verdict: 'denied' }, ['tcp/22']],
    [{ since: now - 60_000 }, ['icmp/8/0', 'tcp/5432']],
    [{ from: 'web' }, []],
    [{ from: 'db-1' }, []],
    [{ from: 'role=web,app=other' }, []],
    [{ from: 'role=' }, []],
    [{ from: 'toString=web' }, []],
    [{ to: '192.0.2.7' }, []],
    [{ service: 'udp' }, []],
    [{ verdict: 'mixed' }, []],
    [{ from: 'web-1', verdict: 'denied', since: now - 60_000 }, []],
  ];
  for (const [text, expected] of cases) {
    const filter = parseEdgeFilter(text);
    assert.ok(!('bad' in filter), JSON.stringify(text));
    assert.deepEqual(
      edges
        .snapshot(filter, now)
        .map((edge) => edge.serviceText)
        .sort(),
      expected,
      JSON.stringify(text),
    );
  }
});

test('the change feed gives what changed since, what went, and says when it does not remember', () => {
  const edges = new LiveEdges({ firstSequence: 100, limits: { ...liveLimits, removals: 1 } });
  edges.add(seen('outbound'), now);
  const first = edges.changesSince(100, now);
  assert.ok(first.kind === 'changes' && first.edges.length === 1);
  assert.deepEqual(edges.changesSince(first.sequence, now), { kind: 'changes', sequence: 101, edges: [], removed: [] });
  assert.equal(edges.changesSince(99, now).kind, 'reset', 'another run');
  assert.equal(edges.changesSince(102, now).kind, 'reset', 'never given out');
  edges.add(seen('outbound', { service: 1, last: now + 9 }), now + 9);
  edges.add(seen('outbound', { service: 2, last: now + 9 }), now + 9);
  const page = edges.changesSince(101, now + 9, 1);
  assert.ok(page.kind === 'changes' && page.sequence === 102 && page.edges[0]?.service === 1);
  const later = now + liveSpan + 2 * fineBucket;
  const gone = edges.changesSince(103, later);
  assert.equal(gone.kind, 'reset', 'three removals, one remembered');
  const one = edges.changesSince(105, later);
  assert.ok(one.kind === 'changes' && one.removed.length === 1 && one.edges.length === 0);
  assert.deepEqual([edges.counts().edges, edges.counts().ends, edges.counts().cells], [0, 0, 0]);
});

test('what went is told with the page that its number belongs to, and once', () => {
  const edges = new LiveEdges();
  const soon = now + liveSpan - fineBucket;
  const later = now + liveSpan + coarseBucket + fineBucket;
  edges.add(seen('outbound', { service: 1 }), now);
  for (const service of [2, 3]) edges.add(seen('outbound', { service, last: soon }), soon);
  // Two edges, numbers 2 and 3, and then the removal of the first, number 4.
  const steps: readonly (readonly [after: number, sequence: number, services: readonly number[], removed: number])[] = [
    [0, 2, [2], 0],
    [2, 4, [3], 1],
    [4, 4, [], 0],
  ];
  for (const [after, sequence, services, removed] of steps) {
    const page = edges.changesSince(after, later, 1);
    assert.ok(page.kind === 'changes');
    const found = page.edges.map(({ service }) => service);
    assert.deepEqual([page.sequence, found, page.removed.length], [sequence, services, removed], `after ${after}`);
  }
});

test('bounds: what does not fit is counted, and room is reused once edges age out', () => {
  const edges = live(
    [1, 2, 3].map((service) => seen('outbound', { service, count: 5, from: workload(`w-${service}`) })),
    { ...liveLimits, edges: 2 },
  );
  assert.deepEqual(edges.counts(), {
    edges: 2,
    ends: 3,
    cells: 2,
    lateAttempts: 0,
    overflowAttempts: 5,
    foldedAttempts: 0,
  });
  assert.equal(edges.add(seen('outbound', { service: 1, from: workload('w-1') }), now), 'added', 'known edges go on');
  assert.equal(edges.add(seen('outbound', { last: now - liveSpan }), now), 'late');
  const later = now + liveSpan + fineBucket;
  assert.equal(edges.add(seen('outbound', { last: later, service: 9 }), later), 'added');
  assert.deepEqual([edges.counts().edges, edges.counts().lateAttempts], [1, 1]);

  const cells = live([seen('outbound'), seen('inbound')], { ...liveLimits, cells: 1 });
  assert.deepEqual([cells.counts().cells, cells.counts().overflowAttempts], [1, 1]);

  const rules = [1, 2, 3, 4].map((n) => seen('outbound', { effectiveRule: `r/${n}` }));
  const folded = live(rules, { ...liveLimits, judgements: 2 });
  assert.deepEqual(sums(folded), ['4 0 0 allowed allowed'], 'attempts stay when rule ids are left out');
  assert.equal(folded.counts().foldedAttempts, 2);
  const differing = [...rules, seen('outbound', would), seen('outbound', deny), seen('inbound')];
  const kept = live(differing, { ...liveLimits, judgements: 2 }).snapshot({}, now)[0];
  assert.deepEqual(
    kept?.rules.map(({ end, effective, intended, attempts }) => `${end} ${effective} ${intended} ${attempts}`).sort(),
    [
      ...['destination allow allow 1', 'source allow allow 1', 'source allow allow 1', 'source allow allow 2'],
      ...['source allow deny 1', 'source deny deny 1'],
    ],
    'what is folded keeps its end and its verdicts',
  );
});

/** One true connection; what each end says of it follows from the edge's verdicts at that time. */
type Connection = { edge: number; at: number; skew: number };
type Managed = { sourceManaged: boolean; destinationManaged: boolean };
/** One pair of verdicts for each stretch of time; one alone holds all the time. */
type Verdicts = Managed & { stretches: readonly { source: number; destination: number }[] };
const judgements = [{}, would, deny] as const;
const span = 3_000_000;

const verdictPair = fc.record({ source: fc.nat(2), destination: fc.nat(2) });
const verdicts = (most: number) =>
  fc.record({
    stretches: fc.array(verdictPair, { minLength: most, maxLength: most }),
    sourceManaged: fc.boolean(),
    destinationManaged: fc.boolean(),
  });

function verdictsOf({ edge, at }: Connection, edges: readonly Verdicts[]) {
  const { stretches, ...managed } = edges[edge] ?? assert.fail();
  const stretch = stretches[Math.floor((at * stretches.length) / (span + 1))] ?? assert.fail();
  return { ...stretch, ...managed };
}

function truthOf(connections: readonly Connection[], edges: readonly Verdicts[]): string[] {
  const sum = new Map<number, [number, number, number]>();
  for (const connection of connections) {
    const { source, destination, sourceManaged, destinationManaged } = verdictsOf(connection, edges);
    if (!sourceManaged && !destinationManaged) continue;
    const ends = [sourceManaged ? source : 0, destinationManaged ? destination : 0];
    const [attempts, denied, open] = sum.get(connection.edge) ?? [0, 0, 0];
    const isDenied = ends.includes(2);
    const isWould = !isDenied && ends.includes(1);
    sum.set(connection.edge, [attempts + 1, denied + Number(isDenied), open + Number(isWould)]);
  }
  return [...sum].map(([edge, counts]) => `${edge}: ${counts.join(' ')}`).sort();
}

function reportsOf(connections: readonly Connection[], edges: readonly Verdicts[]): LabelledReport[] {
  return connections.flatMap((connection) => {
    const { edge: service, at, skew } = connection;
    const { source, destination, sourceManaged, destinationManaged } = verdictsOf(connection, edges);
    const out = { service, last: now - at, ...judgements[source] };
    const into = { service, last: now - at + skew, ...judgements[destination] };
    const reached = destinationManaged && !(sourceManaged && source === 2);
    return [...(sourceManaged ? [seen('outbound', out)] : []), ...(reached ? [seen('inbound', into)] : [])];
  });
}

/** Reports in any order; time moves on between them, so that aging and rolling up happen in between. */
function delayed(stretches: number) {
  const connection = fc.record({
    edge: fc.nat(2),
    at: fc.nat(span),
    skew: fc.integer({ min: -40_000, max: 40_000 }),
  });
  return fc
    .tuple(fc.array(verdicts(stretches), { minLength: 3, maxLength: 3 }), fc.array(connection, { maxLength: 40 }))
    .chain(([edges, connections]) => {
      const reports = reportsOf(connections, edges);
      return fc.tuple(
        fc.constant(truthOf(connections, edges)),
        fc.shuffledSubarray(reports, { minLength: reports.length }),
        fc.array(fc.nat(20_000), { minLength: reports.length, maxLength: reports.length }),
      );
    });
}

function edgesAfter(reports: readonly LabelledReport[], delays: readonly number[]) {
  const ring = new LiveEdges();
  let clock = now;
  for (const [index, report] of reports.entries()) {
    clock = Math.min(clock + (delays[index] ?? 0), now + 500_000);
    assert.equal(ring.add(report, clock), 'added');
  }
  return ring.snapshot({}, clock);
}

test('property: counts equal the true connections, whatever the order, buckets and clocks of the reports', () => {
  const property = fc.property(delayed(1), ([truth, reports, delays]) => {
    const edges = edgesAfter(reports, delays);
    const found = edges.map((e) => `${e.service}: ${e.attempts} ${e.denied} ${e.wouldBeDenied}`);
    assert.deepEqual(found.sort(), truth);
  });
  fc.assert(property, { numRuns: 300 });
});

test('property: over changes of policy attempts and denials stay exact, and would-be denials are some that passed', () => {
  const property = fc.property(delayed(3), ([truth, reports, delays]) => {
    const edges = edgesAfter(reports, delays);
    assert.deepEqual(
      edges.map((edge) => `${edge.service}: ${edge.attempts} ${edge.denied}`).sort(),
      truth.map((line) => line.slice(0, line.lastIndexOf(' '))),
    );
    for (const { attempts, denied, wouldBeDenied, key } of edges) assert.ok(wouldBeDenied <= attempts - denied, key);
  });
  fc.assert(property, { numRuns: 300 });
});

test('property: lost reports never make a connection count twice', () => {
  const given = fc.record({
    edges: fc.array(verdicts(3), { minLength: 3, maxLength: 3 }),
    connections: fc.array(fc.record({ edge: fc.nat(2), at: fc.nat(span), skew: fc.constant(0) }), { maxLength: 30 }),
    lost: fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }),
  });
  const property = fc.property(given, ({ edges, connections, lost }) => {
    const reports = reportsOf(connections, edges).filter((_, index) => !lost[index]);
    const truth = new Map(truthOf(connections, edges).map((line) => [Number(line[0]), line.split(' ').map(Number)]));
    for (const edge of live(reports).snapshot({}, now)) {
      const [, attempts = 0, denied = 0] = truth.get(edge.service) ?? [];
      assert.ok(edge.attempts <= attempts && edge.denied <= denied, edge.key);
      assert.ok(edge.denied + edge.wouldBeDenied <= edge.attempts, edge.key);
      const said = reports.filter((seen) => seen.report.service === edge.service);
      const outbound = said.filter((seen) => seen.report.direction === 'outbound');
      const stopped = outbound.filter((seen) => seen.report.effective === 'deny').length;
      const inbound = said.length - outbound.length;
      // What the source stopped is none of what the destination saw.
      assert.ok(edge.attempts >= Math.max(outbound.length, stopped + inbound), 'nothing that was said is left out');
    }
  });
  fc.assert(property, { numRuns: 300 });
});

test('a snapshot in slices is the snapshot, and with the feed from before it nothing is missed', () => {
  const at = (n: number) => workload(`w-${n}`);
  const edges = live(Array.from({ length: 25 }, (_, n) => seen('outbound', { from: at(n), to: db, last: now - n })));
  for (const size of [1, 7, 24, 25, 26]) {
    const slices = [...edges.slices({}, now, size)];
    assert.deepEqual(
      [slices.length, slices.flat().sort((a, b) => b.last - a.last)],
      [Math.ceil(25 / size), edges.snapshot({}, now)],
    );
  }
  const before = edges.sequence;
  const known = new Map<string, number>();
  for (const slice of edges.slices({}, now, 10)) {
    for (const { key, attempts } of slice) known.set(key, attempts);
    edges.add(seen('outbound', { from: at(0), to: db }), now);
    edges.add(seen('outbound', { from: at(known.size), to: web }), now);
  }
  const changes = edges.changesSince(before, now);
  assert.equal(changes.kind, 'changes');
  for (const { key, attempts } of changes.kind === 'changes' ? changes.edges : []) known.set(key, attempts);
  assert.deepEqual(
    [...known].sort(),
    edges
      .snapshot({}, now)
      .map(({ key, attempts }) => [key, attempts] as [string, number])
      .sort(),
  );
});
