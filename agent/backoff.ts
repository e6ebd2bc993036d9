const shortest = 200;
const longest = 8000;

/**
 * Milliseconds to wait before attempt number `failures` + 1. Full jitter: after an outage of the controller its agents
 * come back spread over the whole interval and not in one wave.
 */
export function backoff(failures: number, random: () => number): number {
  const most = Math.min(longest, shortest * 2 ** Math.min(failures, 16));
  return shortest / 2 + random() * (most - shortest / 2);
}
