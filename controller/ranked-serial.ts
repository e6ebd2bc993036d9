/**
 * Runs one piece of work after the other, as `serial` does, but of those that wait the lowest rank goes first, and of
 * equal ones who asked first. What runs is never interrupted by it.
 */
export type RankedSerial = <T>(work: () => Promise<T>, rank: number) => Promise<T>;

type Waiting = { readonly rank: number; readonly start: () => Promise<void> };

export function rankedSerial(): RankedSerial {
  const waiting: Waiting[] = [];
  let isRunning = false;
  const run = async () => {
    isRunning = true;
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await next.start();
    isRunning = false;
  };
  return (work, rank) =>
    new Promise((resolve, reject) => {
      const start = async () => {
        try {
          resolve(await work());
        } catch (error) {
          reject(error);
        }
      };
      const behind = waiting.findIndex((other) => other.rank > rank);
      waiting.splice(behind < 0 ? waiting.length : behind, 0, { rank, start });
      if (!isRunning) void run();
    });
}
