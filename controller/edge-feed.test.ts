import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EdgeEnd, LabelledReport } from '@bulkhead/flows/edge.ts';
import { LiveEdges, liveLimits } from '@bulkhead/flows/live-edges.ts';
import { liveSpan } from '@bulkhead/flows/time-cells.ts';
import { parseAddress } from '@bulkhead/net/address.ts';
import { edgeFeed } from './edge-feed.ts';
import { openEvents } from './events.ts';

const now = 1_800_000_000_000;
const workload = (name: string): EdgeEnd => ({ kind: 'workload', name, labels: {}, managed: true });
const address = parseAddress('10.0.0.1') ?? assert.fail();

function seen(name: string): LabelledReport {
  const addresses = { network: 'main', local: address, peer: address };
  const judged = {
    effective: 'allow',
    intended: 'allow',
    effectiveRule: null,
    intendedRule: null,
    generation: 1,
  } as const;
  const who = { process: null, unit: null, user: null };
  const counted = { count: 1, records: 1, first: now, last: now };
  const report = { direction: 'outbound', service: 1, ...addresses, ...judged, ...who, ...counted } as const;
  return { reporter: name, from: workload(name), to: workload('db'), report };
}

/** Kinds of the events told from now on, in order. */
function watch(limits = liveLimits, behind?: number) {
  const live = new LiveEdges({ limits });
  const events = openEvents('run');
  return { live, events, start: events.lastId(), turn: edgeFeed(live, events, behind) };
}
const kinds = (told: readonly { readonly kind: string }[] | null) => told?.map(({ kind }) => kind) ?? null;

test('edges are told when something changed, and only then', () => {
  const { live, events, start, turn } = watch();
  turn(now);
  live.add(seen('a'), now);
  turn(now);
  turn(now);
  assert.deepEqual(kinds(events.after(start)), ['edges']);
});

test('whoever comes back after more than can be told is told to look afresh, and goes on from there', () => {
  const { live, events, start, turn } = watch(liveLimits, 10);
  for (let at = 0; at < 11; at++) live.add(seen(`a-${at}`), now);
  turn(now);
  live.add(seen('b'), now);
  turn(now);
  assert.deepEqual(kinds(events.after(start)), ['reset', 'edges']);
});

test('with somebody listening as many are told one by one', () => {
  const { live, events, start, turn } = watch(liveLimits, 10);
  const stop = events.listen(() => {});
  for (let at = 0; at < 11; at++) live.add(seen(`a-${at}`), now);
  turn(now);
  stop();
  assert.deepEqual(kinds(events.after(start)), ['edges']);
});

test('removals that are not remembered any more are a reset to those who listen', () => {
  const { live, events, turn } = watch({ ...liveLimits, removals: 2 });
  for (let at = 0; at < 9; at++) live.add(seen(`a-${at}`), now);
  turn(now);
  const told: string[] = [];
  events.listen(({ kind }) => told.push(kind));
  live.add(seen('b'), now + 2 * liveSpan);
  turn(now + 2 * liveSpan);
  turn(now + 2 * liveSpan);
  assert.deepEqual(told, ['reset']);
});
