import type { Connections } from '../connections.ts';

/** A kernel without flows and sockets. */
export const noConnections: Connections = {
  flows: async () => ({ kind: 'done', value: { whole: true } }),
  end: async () => ({ kind: 'done', value: { ended: 0, absent: 0, failed: 0, why: null } }),
  clearMarks: async () => ({ kind: 'done', value: 0 }),
};
