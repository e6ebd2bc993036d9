import assert from 'node:assert/strict';
import test from 'node:test';
import type { LabelledReport } from '@bulkhead/flows/edge.ts';
import type { Address } from '@bulkhead/net/address.ts';
import { parseServiceRange } from '@bulkhead/net/service-space.ts';
import { report } from '../testkit/report.ts';
import { ProbeTraffic } from './probe-traffic.ts';

const service = parseServiceRange('tcp/5432')?.first ?? 0;
const at = Date.parse('2026-11-27T12:00:00Z');
const minute = 60_000;
const end = (name: string) => ({ kind: 'workload', name, labels: {}, managed: true }) as const;

type Seen = Partial<LabelledReport['report']> & { readonly by?: string };

/** web-1 was told to try 10.0.0.9; the report is its own, at its source. */
function seen({ by = 'web-1', ...change }: Seen): LabelledReport {
  const denied = report('10.0.0.1', '10.0.0.9', { service, effective: 'deny', first: at + 100, last: at + 200 });
  return { reporter: by, from: end(by), to: end('db-1'), report: { ...denied, ...change } };
}

for (const [what, change, is] of [
  ['at its source', {}, true],
  ['at its destination', { direction: 'inbound', local: '10.0.0.9', peer: '10.0.0.1' }, true],
  ['by a clock that is behind', { first: at - 30_000, last: at - 29_000 }, true],
  ['that passed', { effective: 'allow' }, false],
  ['of somebody else', { by: 'web-2' }, false],
  ['to another address', { peer: '10.0.0.8' }, false],
  ['of another service', { service: service + 1 }, false],
  ['from the other side', { direction: 'inbound' }, false],
  ['long before', { first: at - 2 * minute, last: at }, false],
  ['long after', { last: at + 2 * minute }, false],
] as const)
  test(`an attempt ${what} is ${is ? '' : 'no '}probe`, () => {
    const traffic = openTraffic();
    assert.equal(traffic.without(seen(change as Seen)) === null, is);
  });

const cellAt = (address: string) => ({ address: address as Address, service });
function openTraffic(): ProbeTraffic {
  const traffic = new ProbeTraffic();
  traffic.ordered('web-1', [cellAt('10.0.0.9')], { at, lasts: 5000 });
  return traffic;
}

test('who tries the same besides is seen, before it and after it, and in one report with it', () => {
  const traffic = openTraffic();
  assert.equal(traffic.without(seen({ count: 3 }))?.report.count, 2);
  const again = seen({});
  assert.equal(traffic.without(again), again);
  const inbound = { direction: 'inbound', local: '10.0.0.9', peer: '10.0.0.1' } as Seen;
  assert.equal(traffic.without(seen(inbound)), null);
  assert.equal(traffic.without(seen(inbound))?.report.count, 1);
});

for (const [outcome, taken] of [
  ['denied', true],
  ['silent', true],
  ['skipped', false],
  ['unreachable', false],
  ['connected', false],
] as const)
  test(`a probe that was ${outcome} is ${taken ? '' : 'not '}taken off what is reported later`, () => {
    const traffic = openTraffic();
    traffic.answered('web-1', [{ ...cellAt('10.0.0.9'), outcome, rule: null, milliseconds: 1 }]);
    assert.equal(traffic.without(seen({})) === null, taken);
  });

test('what is remembered has a bound, and the oldest goes first', () => {
  const traffic = openTraffic();
  const cell = (number: number) => cellAt(`10.1.${number >> 8}.${number & 255}`);
  traffic.ordered(
    'web-1',
    Array.from({ length: 20_000 }, (_, number) => cell(number)),
    { at, lasts: 5000 },
  );
  assert.notEqual(traffic.without(seen({})), null);
  assert.equal(traffic.without(seen({ peer: cell(0).address })), null);
});
