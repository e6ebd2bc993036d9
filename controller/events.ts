/**
 * What changed, for those who watch: a bounded ring that a reader can go on from. The id of an event holds the start
 * of this run, so that an id from before a restart is recognised as unknown instead of pointing somewhere else.
 */
export type ControllerEvent = {
  readonly id: string;
  readonly kind: 'edges' | 'host' | 'provision' | 'version' | 'estate' | 'isolation' | 'disk' | 'alarm' | 'reset';
  readonly body: unknown;
};

export type Events = {
  readonly emit: (kind: ControllerEvent['kind'], body: unknown) => void;
  /** Events after that id, oldest first; null: the id is not remembered, the reader must take a fresh look. */
  readonly after: (id: string) => readonly ControllerEvent[] | null;
  readonly lastId: () => string;
  /** Calls the listener for every event until the answer is called. */
  readonly listen: (listener: (event: ControllerEvent) => void) => () => void;
  readonly listeners: () => number;
};

export function openEvents(run: string, capacity = 2000): Events {
  const ring: ControllerEvent[] = [];
  const listeners = new Set<(event: ControllerEvent) => void>();
  let last = 0;
  return {
    emit: (kind, body) => {
      const event: ControllerEvent = { id: `${run}-${++last}`, kind, body };
      ring.push(event);
      if (ring.length > capacity) ring.shift();
      for (const listener of listeners) listener(event);
    },
    after: (id) => {
      const [ofRun, number] = id.split('-');
      const from = Number(number);
      if (ofRun !== run || !Number.isInteger(from) || from > last || from < last - ring.length) return null;
      return ring.slice(ring.length - (last - from));
    },
    lastId: () => `${run}-${last}`,
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    listeners: () => listeners.size,
  };
}
