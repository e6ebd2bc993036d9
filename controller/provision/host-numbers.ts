import type { Held } from '@bulkhead/wire/messages.ts';

/** Numbers of what a host is meant to hold. Revision 0: nothing was ever meant. */
export type HostNumbers = Held;

export const noNumbers: HostNumbers = { generation: 0, revision: 0, hash: '' };

/** The conntrack mark has 16 bits and 0 is "never judged". */
const revisionLimit = 65535;

/** The next generation, with a new revision only where live connections must be judged again. */
export function nextNumbers(now: HostNumbers, hash: string, narrows: boolean): HostNumbers {
  const revision = narrows || now.revision === 0 ? nextRevision(now.revision) : now.revision;
  return { generation: now.generation + 1, revision, hash };
}

export type HeldCase =
  /** Exactly what it should hold. */
  | 'current'
  /** Less than it should hold, as after an absence. */
  | 'behind'
  /** Less than it had already applied: its state was set back. */
  | 'set-back'
  /** More than we ever sent, or something else under the same number: our store was set back. */
  | 'ahead'
  /** So much more that no store was ever there: to go above it would use up all numbers. */
  | 'impossible';

/** A change a second for four million years; what is counted above it is far from where numbers stop being exact. */
const farthestGeneration = 2 ** 47;

/** What to make of what an agent says it holds; `applied` is the highest generation it ever reported. */
export function judgeHeld(meant: HostNumbers, applied: number, held: Held | null): HeldCase {
  if (held === null) return applied > 0 ? 'set-back' : 'behind';
  if (held.generation > meant.generation) return held.generation > farthestGeneration ? 'impossible' : 'ahead';
  if (held.generation === meant.generation) {
    const same = held.hash === meant.hash && held.revision === meant.revision;
    return same ? 'current' : 'ahead';
  }
  return held.generation < applied ? 'set-back' : 'behind';
}

/**
 * Above both, under a new revision: what such a host allowed in the meantime is not known, so its connections are
 * judged again.
 */
export function overtake(meant: HostNumbers, held: Held): HostNumbers {
  const generation = Math.max(meant.generation, held.generation) + 1;
  return { generation, revision: nextRevision(Math.max(meant.revision, held.revision)), hash: meant.hash };
}

const nextRevision = (revision: number): number => (revision % revisionLimit) + 1;
