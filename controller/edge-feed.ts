import type { LiveEdges } from '@bulkhead/flows/live-edges.ts';
import type { Events } from './events.ts';

/** Edges in one event; more are told at the next turn. */
const feedLimit = 1000;
/** Changes behind which nobody is led through one by one when nobody listened. */
const longAgo = 100_000;

/**
 * Tells what became of edges, a turn at a time: they change with every batch. Where changes cannot be told one by one any
 * more a `reset` is, also to those who come back later: nobody goes on as if nothing had been missed.
 *
 * @returns one turn; `now` in milliseconds.
 */
export function edgeFeed(live: LiveEdges, events: Events, behind = longAgo): (now: number) => void {
  let told = live.sequence;
  return (now) => {
    if (live.sequence === told) return;
    if (events.listeners() === 0 && told < live.sequence - behind) {
      told = live.sequence;
      events.emit('reset', {});
      return;
    }
    const changes = live.changesSince(told, now, feedLimit);
    told = changes.sequence;
    if (changes.kind === 'reset') events.emit('reset', {});
    else events.emit('edges', { edges: changes.edges, removed: changes.removed });
  };
}
