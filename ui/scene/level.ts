/**
 * The smallest thing with a text of its own; what is above it has one as well. There is always something to read: names
 * of environments with how much they hold, then of apps, then roles with their numbers, then workloads, then ports.
 */
export const levels = ['district', 'app', 'role', 'workload', 'port'] as const;
export type Level = (typeof levels)[number];

/**
 * The zoom from which a level is drawn: below, its boxes are lower or narrower than ten letters of the smallest
 * readable size.
 */
export const levelFrom: Readonly<Record<Level, number>> = {
  district: 0,
  app: 0.26,
  role: 0.32,
  workload: 0.4,
  port: 0.78,
};

export function levelAt(zoom: number): Level {
  return levels.findLast((level) => zoom >= levelFrom[level]) ?? 'district';
}

/** Whether things of the kind have a text at that level. */
export function isDrawn(kind: Level, level: Level): boolean {
  return levels.indexOf(kind) <= levels.indexOf(level);
}
