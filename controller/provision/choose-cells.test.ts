import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '@bulkhead/testkit/documents.ts';
import { type Candidate, chooseCells } from './choose-cells.ts';

const candidate = (text: string): Candidate => {
  const [from = '', to = '', port = ''] = text.split(' ');
  return { from, to, address: address(`10.0.0.${to}`), service: 6 * 65_536 + Number(port), expect: 'closed' };
};

for (const [title, texts, sample, expected] of [
  ['nothing of nothing', [], { hosts: 2, cells: 2 }, []],
  ['all of few', ['a 1 22', 'b 1 22'], { hosts: 2, cells: 2 }, ['a 1 22', 'b 1 22']],
  ['no more than so many hosts', ['a 1 22', 'b 1 22', 'c 1 22'], { hosts: 2, cells: 2 }, ['a 1 22', 'b 1 22']],
  ['no more than so many cells', ['a 1 22', 'a 1 23', 'a 1 24'], { hosts: 2, cells: 2 }, ['a 1 22', 'a 1 23']],
  ['one of each destination first', ['a 1 22', 'a 1 23', 'a 2 22'], { hosts: 1, cells: 2 }, ['a 1 22', 'a 2 22']],
  ['each cell once', ['a 1 22', 'a 1 22', 'a 1 23'], { hosts: 1, cells: 2 }, ['a 1 22', 'a 1 23']],
] as const) {
  test(title, () => {
    const chosen = [...chooseCells(texts.map(candidate), sample).values()].flat();
    assert.deepEqual(
      chosen.map(({ from, to, service }) => `${from} ${to} ${service & 0xffff}`),
      expected,
    );
  });
}
