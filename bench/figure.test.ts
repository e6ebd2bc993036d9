import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brokenPromise, type Figure, formatFigure, formatNumber, median, percentile } from './figure.ts';

test('percentiles are by nearest rank, whatever the order', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  const cases: readonly (readonly [readonly number[], number, number])[] = [
    [hundred, 0.5, 50],
    [hundred, 0.99, 99],
    [hundred, 1, 100],
    [hundred, 0, 1],
    [[7], 0.99, 7],
    [[3, 1, 2], 0.5, 2],
  ];
  for (const [values, share, expected] of cases) assert.equal(percentile(values, share), expected);
  assert.ok(Number.isNaN(median([])));
});

test('numbers keep three digits', () => {
  const shown = [1_934_000, 12_340, 9999, 240, 12.34, 1.234, 0.5, Number.NaN].map(formatNumber);
  assert.deepEqual(shown, ['1.93 M', '12.3 k', '9999', '240', '12.3', '1.23', '0.50', '-']);
});

test('a figure says its median and what lies around it', () => {
  const figure = (shape: Figure['shape'], ...values: number[]): string =>
    formatFigure({ name: 'x', unit: 'ms', values, shape });
  assert.equal(figure('repeats', 3, 1, 2), '2.00 ms (1.00 to 3.00, n 3)');
  assert.equal(figure('samples', 3, 1, 2), '2.00 ms (p99 3.00, max 3.00, n 3)');
  assert.equal(figure('samples', 3), '3.00 ms');
});

test('a promise about the median is broken by the median, one about every value by any', () => {
  const cases: readonly (readonly [Partial<Figure>, readonly number[], string | null])[] = [
    [{}, [1], null],
    [{ most: 300 }, [299, 300, 400], null],
    [{ most: 300 }, [299, 301, 302], 'x is above 300 ms'],
    [{ least: 30 }, [60, 30, 60], null],
    [{ least: 30 }, [60, 29, 60], 'x was below 30 ms'],
  ];
  for (const [promise, values, expected] of cases)
    assert.equal(brokenPromise({ name: 'x', unit: 'ms', shape: 'repeats', values, ...promise }), expected);
});
