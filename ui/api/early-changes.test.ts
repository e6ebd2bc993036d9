import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Edge } from '@bulkhead/flows/edge.ts';
import { addressEnd, sampleEdge } from '../scene/sample-estate.ts';
import { earlyChanges } from './early-changes.ts';

const one = (key: string, sequence: number): Edge => {
  const end = addressEnd('192.0.2.1');
  return { ...sampleEdge({ from: end, to: end }), key, sequence };
};

/** Events told while an answer was on its way, the answer, and what is known then; an edge as `key sequence`, `-key`: removed. */
const cases: readonly (readonly [title: string, told: readonly string[], answer: readonly string[], known: string])[] =
  [
    ['nothing was told', [], ['a 1'], 'a 1'],
    ['an edge changed after it was read', ['a 7'], ['a 5'], 'a 7'],
    ['an edge changed before it was read', ['a 3'], ['a 5'], 'a 5'],
    ['an edge is new since it was read', ['b 6'], ['a 5'], 'a 5, b 6'],
    ['the last of several changes counts', ['a 6', 'a 8'], ['a 5'], 'a 8'],
    ['an edge changed and was removed before it was read', ['a 3', '-a'], [], ''],
    ['an edge was removed while it was read', ['-a'], ['a 5'], ''],
    ['an edge was removed and is there again', ['-a', 'a 7'], ['a 5'], 'a 7'],
    ['an edge was there again before it was read', ['-a', 'a 7'], ['a 9'], 'a 9'],
  ];
for (const [title, told, answer, known] of cases) {
  test(title, () => {
    const read = (text: string) => one(text.split(' ')[0] ?? '', Number(text.split(' ')[1]));
    const early = earlyChanges();
    for (const text of told) {
      early.note(text.startsWith('-') ? { edges: [], removed: [text.slice(1)] } : { edges: [read(text)], removed: [] });
    }
    const edges = new Map(answer.map(read).map((edge) => [edge.key, edge]));
    early.catchUp(edges);
    assert.equal(
      [...edges.values()]
        .map(({ key, sequence }) => `${key} ${sequence}`)
        .sort()
        .join(', '),
      known,
    );
  });
}

test('changes of long ago are let go', () => {
  const early = earlyChanges();
  for (let sequence = 1; sequence <= 1000; sequence++)
    early.note({ edges: [one(`e${sequence}`, sequence)], removed: [] });
  const edges = new Map<string, Edge>();
  early.catchUp(edges);
  assert.deepEqual([edges.size, edges.has('e1'), edges.has('e1000')], [400, false, true]);
});
