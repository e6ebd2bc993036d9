import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DecisionState, decisionStates } from '@bulkhead/flows/decision-state.ts';
import { isQuiet, quietAfter, silenceText } from '../scene/silence.ts';
import { foldedText, type Judged, judgedText, legendLines } from './legend-words.ts';
import { darkMap, lightMap, stateDashes } from './map-theme.ts';

const intended: Judged = { decision: 'intended', draft: null };
const effective: Judged = { decision: 'effective', draft: null };

const judgements: readonly (readonly [Judged, string])[] = [
  [intended, 'Last judged, as intended'],
  [effective, 'Last judged, in effect'],
  [{ ...intended, draft: 'shop' }, 'What draft shop intends'],
  [{ ...effective, draft: 'shop' }, 'What is in effect under draft shop'],
  [{ ...intended, draft: 'shop', known: 0 }, 'What draft shop intends'],
  [{ ...intended, draft: 'shop', known: 1200 }, 'What draft shop intends, but for 1,200 edges that it changes too'],
  [
    { ...intended, draft: 'shop', known: 'pending' },
    'What draft shop intends: being worked out, until then the version in force',
  ],
  [
    { ...intended, draft: 'shop', known: 'failed' },
    'What draft shop intends: not to be had, shown is the version in force',
  ],
  [{ ...intended, known: 'pending' }, 'Last judged, as intended'],
];
for (const [judged, text] of judgements) {
  test(`the legend says who judged: ${text}`, () => assert.equal(judgedText(judged), text));
}

const lines: readonly (readonly [DecisionState, string, isInEffect: boolean])[] = [
  ['allowed', 'a rule allows it, or nothing denies it', true],
  ['would-be-denied', 'passes now; is denied once its hosts enforce', false],
  ['denied', 'is stopped by a host', true],
  ['mixed', 'some connections pass, some are stopped', true],
  ['unknown', 'no host has judged it yet', true],
];
test('the legend explains every state, and in effect none that only would be denied', () => {
  const listed = (some: typeof lines) => some.map(([state, means]) => ({ state, means }));
  const inEffect = lines.filter(([, , isInEffect]) => isInEffect);
  assert.deepEqual([...decisionStates].sort(), lines.map(([state]) => state).sort());
  for (const draft of [null, 'shop']) {
    assert.deepEqual(legendLines({ ...intended, draft }), listed(lines));
    assert.deepEqual(legendLines({ ...effective, draft }), listed(inEffect));
  }
});

test('no two states share a dash, nor a colour in either theme', () => {
  const different = (values: readonly unknown[]): number => new Set(values.map(String)).size;
  for (const values of [stateDashes, lightMap.states, darkMap.states].map(Object.values)) {
    assert.equal(different(values), decisionStates.length);
  }
});

const silences: readonly (readonly [number, string])[] = [
  [0, 'active'],
  [quietAfter - 1, 'active'],
  [quietAfter, 'quiet for 5 min'],
  [119 * 60_000, 'quiet for 119 min'],
  [121 * 60_000, 'quiet for 2 h'],
];
for (const [silence, text] of silences) {
  test(`an edge silent for ${silence} ms is ${text}`, () => {
    assert.equal(silenceText({ silence }), text);
    assert.equal(isQuiet({ silence }), text !== 'active');
  });
}

const folds: readonly (readonly [number, string])[] = [
  [0, ''],
  [1, '1 allowed line drawn only when an end is focused'],
  [1200, '1,200 allowed lines drawn only when an end is focused'],
];
for (const [folded, text] of folds) test(`${folded} folded: "${text}"`, () => assert.equal(foldedText(folded), text));
