import type { Connections, Marks } from './connections.ts';

/** Clears stamps of flows before they are given out again, and remembers why it could not. */
export function stampSweeper(connections: Pick<Connections, 'clearMarks'>) {
  let failure: string | null = null;
  return {
    sweep: async (marks: Marks): Promise<boolean> => {
      const cleared = await connections.clearMarks(marks);
      failure = cleared.kind === 'failed' ? cleared.message : null;
      return failure === null;
    },
    /** Null: none that could matter is left. */
    failure: (): string | null => failure,
  };
}
