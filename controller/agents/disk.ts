/** Whether what must be durable can be written. Said on /status as long as it lasts; hosts enforce regardless. */
export type DiskState =
  | { readonly state: 'ok' }
  | { readonly state: 'full' | 'failing'; readonly since: number; readonly problem: string };

export type Disk = {
  readonly state: () => DiskState;
  readonly worked: () => void;
  readonly failed: (failure: { readonly code: string; readonly message: string }) => void;
};

/** `changed` is told when it begins to fail and when it works again. */
export function watchDisk(clock: () => number, changed: (state: DiskState) => void): Disk {
  let state: DiskState = { state: 'ok' };
  const become = (next: DiskState) => {
    const told = state.state;
    state = next;
    if (told !== next.state) changed(next);
  };
  return {
    state: () => state,
    worked: () => become({ state: 'ok' }),
    failed: ({ code, message }) => {
      // A closed or out-of-order stream is not the disk's fault.
      if (code === 'history-order' || code === 'history-closed') return;
      const since = state.state === 'ok' ? clock() : state.since;
      become({ state: isFull(`${code} ${message}`) ? 'full' : 'failing', since, problem: message });
    },
  };
}

/** SQLite, DuckDB and the system each have their own words for it. */
export const isFull = (text: string): boolean =>
  /ENOSPC|no space left|disk is full|SQLITE_FULL|history-full/i.test(text);
