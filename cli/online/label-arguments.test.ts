import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../failure.ts';
import { parseDuration, parseLabels, parseMoment } from './label-arguments.ts';

const refusedWith = (code: string) => (error: unknown) => error instanceof Failure && error.code === code;

const labels: readonly (readonly [texts: readonly string[], labels: Record<string, string>])[] = [
  [[], {}],
  [['role=web'], { role: 'web' }],
  [['role=web', 'app=shop'], { role: 'web', app: 'shop' }],
  [['role=web,app=shop'], { role: 'web', app: 'shop' }],
  [['role=a=b'], { role: 'a=b' }],
];

for (const [texts, expected] of labels) {
  test(`labels ${texts.join(' ')}`, () => assert.deepEqual(parseLabels(texts), expected));
}

for (const text of ['', 'role', 'role=', '=web', 'role web', ',', 'role=web,']) {
  test(`no label: "${text}"`, () => assert.throws(() => parseLabels([text]), refusedWith('bad-label')));
}

test('one key has one value', () => {
  assert.throws(() => parseLabels(['role=web', 'role=db']), refusedWith('duplicate-label'));
});

const durations: readonly (readonly [string, number])[] = [
  ['90s', 90_000],
  ['15min', 900_000],
  ['8h', 28_800_000],
  ['7 d', 604_800_000],
];

for (const [text, expected] of durations) test(`duration ${text}`, () => assert.equal(parseDuration(text), expected));
for (const text of ['', '8', 'h', '-1h', '1.5h', '8 hours', '8m', '12345678s']) {
  test(`no duration: "${text}"`, () => assert.throws(() => parseDuration(text), refusedWith('bad-duration')));
}

test('a moment is a time, or that long ago', () => {
  const now = Date.UTC(2026, 0, 1, 12);
  assert.equal(parseMoment('15min', now), '2026-01-01T11:45:00.000Z');
  assert.equal(parseMoment('2026-01-01T10:00:00Z', now), '2026-01-01T10:00:00.000Z');
  assert.throws(() => parseMoment('2026-13-01', now), refusedWith('bad-duration'));
});
