import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { newWriter } from './columns.ts';
import { decodeFlowBatch, encodeFlowBatch, flowBatchLimit, rowLimit } from './flow-batch.ts';
import { anyReport, typicalReports } from './testkit.ts';

const batch = { sequence: 7, reports: typicalReports(200) };
const encoded = encodeFlowBatch(batch);

/** A message of our own making: pairs of field number and varint, bytes or text. */
function forged(...fields: readonly (readonly [number, number | Uint8Array | string])[]): Uint8Array {
  const writer = newWriter();
  for (const [number, value] of fields) {
    if (typeof value === 'number') writer.uint32(number << 3).uint32(value);
    else if (typeof value === 'string') writer.uint32((number << 3) | 2).string(value);
    else writer.uint32((number << 3) | 2).bytes(value);
  }
  return writer.finish();
}

const codeOf = (bytes: Uint8Array): string => {
  const answer = decodeFlowBatch(bytes);
  return answer.kind === 'refused' ? answer.problem.code : 'decoded';
};

test('every batch comes back as it was', () => {
  fc.assert(
    fc.property(fc.array(anyReport, { maxLength: 20 }), fc.maxSafeNat(), (reports, sequence) => {
      assert.deepEqual(decodeFlowBatch(encodeFlowBatch({ sequence, reports })), {
        kind: 'decoded',
        value: { sequence, reports },
      });
    }),
  );
});

test('a clock that was set back leaves a duration of 0', () => {
  const [report] = typicalReports(1);
  assert.ok(report);
  const answer = decodeFlowBatch(encodeFlowBatch({ sequence: 1, reports: [{ ...report, last: report.first - 5000 }] }));
  assert.equal(answer.kind === 'decoded' && answer.value.reports[0]?.last, report.first);
});

test('a report of a busy host takes at most 24 bytes, a tenth of its JSON', () => {
  const reports = typicalReports(5000);
  const size = encodeFlowBatch({ sequence: 1, reports }).length;
  assert.ok(size / reports.length <= 24, `${size / reports.length} bytes per report`);
  assert.ok(size * 10 < JSON.stringify(reports).length);
});

test('every cut of a batch is refused, or is shorter by whole trailing fields only', () => {
  for (let length = 0; length < encoded.length; length++) {
    const answer = decodeFlowBatch(encoded.subarray(0, length));
    assert.notDeepEqual(answer, { kind: 'decoded', value: batch }, `cut to ${length} bytes`);
    if (length > 40) assert.equal(answer.kind, 'refused', `cut to ${length} bytes`);
  }
});

test('random and damaged bytes never throw', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => typeof codeOf(bytes) === 'string'));
  fc.assert(
    fc.property(fc.nat(encoded.length - 1), fc.nat(255), (at, value) => {
      const damaged = Uint8Array.from(encoded);
      damaged[at] = value;
      return typeof codeOf(damaged) === 'string';
    }),
  );
});

const columns = (except: number | null) =>
  [16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30]
    .filter((number) => number !== except)
    .map((number) => [number, Uint8Array.of(number >= 19 && number <= 21 ? 1 : 0)] as const);
const head = [
  [1, 1],
  [2, 5],
  [3, 1],
] as const;
const dictionaries = [
  [5, 'main'],
  [6, Uint8Array.of(10, 0, 0, 1)],
] as const;

for (const [name, bytes, code] of [
  ['the smallest row there is', forged(...head, ...dictionaries, ...columns(null)), 'decoded'],
  ['a field from the future', forged(...head, ...dictionaries, [99, 'x'], ...columns(null)), 'decoded'],
  ['another format', forged([1, 2], [2, 5]), 'wire-version'],
  ['nothing', new Uint8Array(), 'wire-version'],
  ['too many bytes', new Uint8Array(flowBatchLimit + 1), 'wire-too-large'],
  ['too many rows', forged([1, 1], [3, rowLimit + 1], ...dictionaries, ...columns(null)), 'wire-malformed'],
  ['a missing column', forged(...head, ...dictionaries, ...columns(22)), 'wire-malformed'],
  ['a column twice', forged(...head, ...dictionaries, ...columns(null), [22, Uint8Array.of(0)]), 'wire-malformed'],
  [
    'two values for one row',
    forged(...head, ...dictionaries, ...columns(22), [22, Uint8Array.of(0, 0)]),
    'wire-malformed',
  ],
  ['an unknown flag', forged(...head, ...dictionaries, ...columns(18), [18, Uint8Array.of(8)]), 'wire-malformed'],
  ['no network', forged(...head, ...dictionaries, ...columns(19), [19, Uint8Array.of(0)]), 'wire-malformed'],
  [
    'a rule outside of the dictionary',
    forged(...head, ...dictionaries, ...columns(23), [23, Uint8Array.of(2)]),
    'wire-malformed',
  ],
  ['an address of 5 bytes', forged(...head, [6, new Uint8Array(5)]), 'wire-malformed'],
  ['a text over the limit', forged(...head, [5, 'x'.repeat(5000)], ...columns(null)), 'wire-malformed'],
  ['a column that runs past the end', Uint8Array.of(8, 1, 130, 1, 200, 1, 0), 'wire-malformed'],
  ['a group, which nobody sends', Uint8Array.of(8, 1, 0x2b), 'wire-malformed'],
] as const)
  test(`${name}: ${code}`, () => assert.equal(codeOf(bytes), code));

test('more rows than the limit are a bug of the sender', () => {
  const [report] = typicalReports(1);
  assert.ok(report);
  assert.throws(() => encodeFlowBatch({ sequence: 1, reports: Array(rowLimit + 1).fill(report) }), /at most 65536/);
});
