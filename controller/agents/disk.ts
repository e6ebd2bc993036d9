/** Whether what must be durable can be written. Said on /status as long as it lasts; hosts enforce regardless. */
export type DiskState =
  | { readonly state: 'ok' }
  | { readonly state: 'full' | 'failing'; readonly since: number; readonly problem: string };

/** Who writes: flows, or everything else. One may go on where the other cannot. */
export type Writer = 'history' | 'store';
type Failing = Exclude<DiskState, { state: 'ok' }>;

export type Disk = {
  readonly state: () => DiskState;
  readonly worked: (writer: Writer) => void;
  readonly failed: (writer: Writer, failure: { readonly code?: string; readonly message: string }) => void;
};

/** `changed` is told when it begins to fail and when it works again. */
export function watchDisk(clock: () => number, changed: (state: DiskState) => void): Disk {
  const failing = new Map<Writer, Failing>();
  const state = (): DiskState => failing.get('history') ?? failing.get('store') ?? { state: 'ok' };
  const after = (change: () => void) => {
    const told = state().state;
    change();
    if (state().state !== told) changed(state());
  };
  return {
    state,
    worked: (writer) =>
      after(() => {
        failing.delete(writer);
        // One disk has both, and flows need the most room.
        if (writer === 'history') failing.delete('store');
      }),
    failed: (writer, { code = '', message }) => {
      // A closed or out-of-order stream is not the disk's fault.
      if (code === 'history-order' || code === 'history-closed') return;
      const since = failing.get(writer)?.since ?? clock();
      const kind = isFull(`${code} ${message}`) ? 'full' : 'failing';
      after(() => failing.set(writer, { state: kind, since, problem: message }));
    },
  };
}

/** SQLite, DuckDB and the system each have their own words for it. */
export const isFull = (text: string): boolean =>
  /ENOSPC|no space left|disk is full|SQLITE_FULL|history-full/i.test(text);
