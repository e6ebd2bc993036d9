/**
 * Counts failed attempts per source over a sliding minute. Bounded: past `sources` the table is emptied, which lets
 * an attacker with that many addresses try again sooner, and never lets the controller run out of memory.
 */
export type Attempts = {
  /** False: too many failures lately, refuse without looking. */
  readonly mayTry: (source: string) => boolean;
  readonly failed: (source: string) => void;
};

const windowMilliseconds = 60_000;
const sources = 10_000;

export function failedAttempts(mostPerMinute: number, clock: () => number): Attempts {
  const failures = new Map<string, number[]>();
  const recent = (source: string): number[] => {
    const since = clock() - windowMilliseconds;
    return (failures.get(source) ?? []).filter((at) => at > since);
  };
  return {
    mayTry: (source) => recent(source).length < mostPerMinute,
    failed: (source) => {
      if (failures.size >= sources) failures.clear();
      failures.set(source, [...recent(source), clock()].slice(-mostPerMinute));
    },
  };
}
