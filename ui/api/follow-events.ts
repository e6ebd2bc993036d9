import { type AllEdges, withChange } from './all-edges.ts';
import { apiPrefix, isMapPage } from './first-answers.ts';
import type { EdgeChange } from './types.ts';

/** `away`: no answer comes; the browser tries again by itself and goes on where it stopped. */
export type LiveState = 'connecting' | 'live' | 'away';

/** What is known of the controller's answers. */
export type EventCache = {
  /** Undefined: they were not asked for, or let go. */
  readonly edges: () => AllEdges | undefined;
  /** Those that are known, under way, or asked for now. */
  readonly askEdges: () => Promise<AllEdges>;
  /** Nothing where none are known: an answer that comes later holds what came before. */
  readonly changeEdges: (change: (before: AllEdges) => AllEdges) => void;
  /** Answers whose key begins with that are old now. */
  readonly outdate: (key: string) => void;
  readonly outdateAll: () => void;
};

type Told = { readonly data: string; readonly lastEventId: string };

/** What is used of an `EventSource`. */
export type EventStream = {
  readonly addEventListener: (kind: string, use: (event: Told) => void) => void;
  readonly close: () => void;
};

export type Following = {
  readonly cache: EventCache;
  /** The path of the page. */
  readonly page: string;
  readonly open: (path: string) => EventStream;
  /** Hears of every change of edges, also while none are known. */
  readonly note: (change: EdgeChange) => void;
  readonly changed: (state: LiveState) => void;
};

const eventsPath = `${apiPrefix}/events`;

/** What of the cache an event makes old, by the event's kind. */
const stale: Readonly<Record<string, readonly string[]>> = {
  host: ['hosts', 'status'],
  provision: ['provisions', 'versions', 'status', 'hosts'],
  version: ['versions', 'drafts', 'status'],
  estate: ['workloads', 'hosts', 'status'],
  isolation: ['isolations', 'hosts', 'status'],
  disk: ['status'],
};

/** Keeps the cache as the controller's events say; answers how to stop. */
export function followEvents(following: Following): () => void {
  let stop = (): void => undefined;
  let stopped = false;
  void lastEventKnown(following).then((after) => {
    if (!stopped) stop = follow(following, after);
  });
  return () => {
    stopped = true;
    stop();
  };
}

/**
 * Edges that are known, or under way on the map's page, are kept as they are by the events that came after them; null:
 * there are none, and those that are asked for later hold what came before.
 */
async function lastEventKnown({ cache, page }: Following): Promise<string | null> {
  const known = cache.edges();
  if (known !== undefined) return known.lastEvent;
  if (!isMapPage(page)) return null;
  return cache.askEdges().then(
    ({ lastEvent }) => lastEvent,
    () => null,
  );
}

function follow({ cache, open, note, changed }: Following, after: string | null): () => void {
  const stream = open(after === null ? eventsPath : `${eventsPath}?after=${encodeURIComponent(after)}`);
  stream.addEventListener('open', () => changed('live'));
  stream.addEventListener('error', () => changed('away'));
  // What was missed is not remembered: everything is looked at afresh.
  stream.addEventListener('reset', cache.outdateAll);
  stream.addEventListener('edges', ({ data, lastEventId }) => {
    const change: EdgeChange = JSON.parse(data);
    note(change);
    cache.changeEdges((before) => withChange(before, change, lastEventId));
  });
  for (const [kind, keys] of Object.entries(stale)) {
    stream.addEventListener(kind, () => {
      for (const key of keys) cache.outdate(key);
    });
  }
  return () => stream.close();
}
