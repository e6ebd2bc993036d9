import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readWorkloadsCsv } from './workload-input.ts';

const header = 'name,addresses,role,env\n';

test('rows become workloads, empty cells no labels', () => {
  const { workloads, problems } = readWorkloadsCsv(`${header}nas,10.0.0.9;fd00::9,storage,\n`, 'x.csv');
  assert.deepEqual(problems, []);
  assert.deepEqual(workloads, [
    {
      name: 'nas',
      labels: { role: 'storage' },
      addresses: [
        { network: 'main', address: '10.0.0.9' },
        { network: 'main', address: 'fd00::9' },
      ],
    },
  ]);
});

test('one bad row and nothing is taken over', () => {
  const cases: readonly (readonly [string, string, number])[] = [
    [`${header}nas,10.0.0.9,storage,\nx,nowhere,,\n`, 'bad-address', 3],
    [`${header}nas,10.0.0.0/24,storage,\n`, 'bad-address', 2],
    [`${header}a b,10.0.0.9,storage,\n`, 'bad-name', 2],
    [`${header}nas,10.0.0.9,-x-,\n`, 'bad-label', 2],
    [`${header}nas,10.0.0.9,s,\nnas,10.0.0.8,s,\n`, 'duplicate-workload', 3],
    [`${header}nas,10.0.0.9\n`, 'bad-csv', 1],
    ['title,addresses\nnas,10.0.0.9\n', 'bad-csv', 1],
    [`${header}"nas,10.0.0.9,s,\n`, 'bad-csv', 1],
  ];
  for (const [text, code, line] of cases) {
    const { workloads, problems } = readWorkloadsCsv(text, 'x.csv');
    assert.deepEqual([workloads, problems[0]?.code, problems[0]?.place?.line], [[], code, line], text);
  }
});
