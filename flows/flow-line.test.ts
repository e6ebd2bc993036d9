import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type FlowLine, flowLineLimit, formatFlowLine, parseFlowLine, parseFlowLines } from './flow-line.ts';

const place = { file: 'f.jsonl', line: 1, column: 1 };
const base = { at: '2026-11-20T10:00:00Z', from: '10.0.1.11', to: 'db-1', service: 'tcp/5432' };
const read = (change: object) => parseFlowLine(JSON.stringify({ ...base, ...change }), place);

test('a flow line says at, from, to, service; the count is 1 unless said', () => {
  const { flow, problems } = read({});
  assert.deepEqual(problems, []);
  assert.equal(flow?.at, Date.UTC(2026, 10, 20, 10));
  assert.deepEqual([flow?.from, flow?.to, flow?.count, flow?.verdict], ['10.0.1.11', 'db-1', 1, null]);
  assert.equal(formatFlowLine(flow ?? assert.fail()), JSON.stringify({ ...base, count: 1 }));
  assert.equal(read({ from: 'FD00::0001' }).flow?.from, 'fd00::1', 'addresses become canonical');
  assert.equal(read({ count: '7' }).flow?.count, 7, 'numbers of a CSV are text');
  assert.equal(read({ service: 'proto/47' }).flow?.service, 47 << 16);
});

test('what cannot be read is named by a code and leaves the line out', () => {
  const cases: readonly (readonly [object, string])[] = [
    [{ at: undefined }, 'flow-at'],
    [{ at: 'yesterday' }, 'flow-at'],
    [{ at: '2026-11-20T10:00:00' }, 'flow-at'],
    [{ at: '2026-02-30T10:00:00Z' }, 'flow-at'],
    [{ at: '2026-11-20T25:00:00Z' }, 'flow-at'],
    [{ at: 5 }, 'flow-at'],
    [{ from: '10.0.0.256' }, 'flow-from'],
    [{ from: '10.0.0.1/24' }, 'flow-from'],
    [{ from: 'fd00::1::2' }, 'flow-from'],
    [{ from: '' }, 'flow-from'],
    [{ to: 'a b' }, 'flow-to'],
    [{ to: null }, 'flow-to'],
    [{ service: 'tcp/80-90' }, 'flow-service'],
    [{ service: 'tcp' }, 'flow-service'],
    [{ service: 'tcp/70000' }, 'flow-service'],
    [{ service: 'icmp/8' }, 'flow-service'],
    [{ count: 0 }, 'flow-count'],
    [{ count: 1.5 }, 'flow-count'],
    [{ count: -1 }, 'flow-count'],
    [{ until: '2026-11-20T09:59:59Z' }, 'flow-until'],
    [{ verdict: 'pass' }, 'flow-verdict'],
    [{ bytesIn: 'many' }, 'flow-bytesIn'],
    [{ user: '' }, 'flow-user'],
    [{ rule: 'x'.repeat(4097) }, 'flow-rule'],
  ];
  for (const [change, code] of cases) {
    const { flow, problems } = read(change);
    assert.deepEqual([flow, ...problems.map((p) => p.code)], [null, code], JSON.stringify(change).slice(0, 80));
  }
});

test('lines that are no object of sane size are refused; unknown keys are told and ignored', () => {
  const codes = (line: string) => parseFlowLine(line, place).problems.map((p) => p.code);
  for (const line of ['', '{', '[]', 'null', '1', '"x"', 'at,from,to'])
    assert.deepEqual(codes(line), ['flow-json'], line);
  assert.deepEqual(codes(`{"at":"${'x'.repeat(flowLineLimit)}"}`), ['flow-line-long']);
  const { flow, problems } = read({ form: 'x', __proto__x: 1 });
  assert.ok(flow !== null && problems.length === 2 && problems.every((p) => p.severity === 'warning'));
});

test('a file keeps its good lines, names its bad ones, and bounds the list', () => {
  const good = JSON.stringify(base);
  const { flows, problems } = parseFlowLines(`${good}\n\n{bad\n${good}\r\n`, 'f.jsonl');
  assert.deepEqual([flows.length, problems.map((p) => p.place?.line)], [2, [3]]);
  const many = parseFlowLines('x\n'.repeat(500), 'f.jsonl').problems;
  assert.deepEqual([many.length, many.at(-1)?.message], [101, '400 more problems are not listed']);
});

test('property: format and parse are inverse', () => {
  const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: null });
  const text = fc.string({ minLength: 1, maxLength: 20 });
  const time = fc.integer({ min: 0, max: 4e12 });
  const fields = {
    at: time,
    until: fc.constant(null),
    from: fc.constantFrom('web-1', '10.0.0.1', 'fd00::1'),
    to: fc.constantFrom('web-1', '10.0.0.1', 'fd00::1'),
    service: fc.constantFrom(6 * 65536 + 80, 17 * 65536 + 53, 65536 + 8 * 256, 47 * 65536),
    count: fc.integer({ min: 1, max: 1e15 }),
    network: maybe(text),
    fromProcess: maybe(text),
    toProcess: maybe(text),
    user: maybe(text),
    application: maybe(text),
    bytesOut: maybe(fc.nat()),
    bytesIn: maybe(fc.nat()),
    verdict: maybe(fc.constantFrom('allow' as const, 'deny' as const)),
    rule: maybe(text),
  };
  const lines: fc.Arbitrary<FlowLine> = fc.record(fields, { noNullPrototype: true });
  const property = fc.property(lines, (line) => {
    assert.deepEqual(parseFlowLine(formatFlowLine(line), place), { flow: line, problems: [] });
  });
  fc.assert(property, { numRuns: 200 });
});
