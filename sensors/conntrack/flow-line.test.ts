import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFlowLine } from './flow-line.ts';

const good = '6 10.0.0.1 10.0.0.9 40000 5432 10.0.0.9 10.0.0.1 5432 40000 8001 18e 431999 3 0';

test('a flow with both ways, mark, status, time-out, state and zone', () => {
  assert.deepEqual(parseFlowLine(good), {
    kind: 'flow',
    flow: {
      protocol: 6,
      original: { source: '10.0.0.1', destination: '10.0.0.9', sourcePort: 40000, destinationPort: 5432 },
      reply: { source: '10.0.0.9', destination: '10.0.0.1', sourcePort: 5432, destinationPort: 40000 },
      mark: 0x8001,
      status: 0x18e,
      timeout: 431999,
      state: 3,
      zone: 0,
      master: null,
    },
  });
});

test('a flow that a helper expected names its master', () => {
  const line = parseFlowLine(`${good} 6 10.0.0.1 10.0.0.9 40001 21`);
  assert.deepEqual(line?.kind === 'flow' ? line.flow.master : null, {
    protocol: 6,
    source: '10.0.0.1',
    destination: '10.0.0.9',
    sourcePort: 40001,
    destinationPort: 21,
  });
});

for (const [line, end] of [
  ['end 3 0 whole', { kind: 'end', written: 3, unreadable: 0, whole: true }],
  ['end 0 2 interrupted', { kind: 'end', written: 0, unreadable: 2, whole: false }],
] as const)
  test(line, () => assert.deepEqual(parseFlowLine(line), end));

for (const line of [
  '',
  'end',
  'end 3 0',
  'end 3 0 whole 1',
  'end x 0 whole',
  'end 3 0 half',
  good.replace(' 0', ''),
  `${good} 1`,
  `${good} 6 10.0.0.1 10.0.0.9 40001`,
  `${good} 6 10.0.0.1 web-1 40001 21`,
  good.replace('10.0.0.1', '10.0.0.256'),
  good.replace('10.0.0.9 10.0.0.1', 'web-1 10.0.0.1'),
  good.replace('40000', '65536'),
  good.replace('8001', '0x8001'),
  good.replace('8001', '123456789'),
  good.replace('431999', '-1'),
  good.replace('6 ', '256 '),
])
  test(`"${line}" is no line of the helper`, () => assert.equal(parseFlowLine(line), null));
