import type { SceneEdge } from './scene.ts';

/** Milliseconds. Health checks and scrapes come every minute or less, so what is silent for longer has stopped. */
export const quietAfter = 5 * 60_000;

/** Without a connection for a while; the controller still remembers it. */
export const isQuiet = ({ silence }: Pick<SceneEdge, 'silence'>): boolean => silence >= quietAfter;

/** `active`, `quiet for 12 min`, `quiet for 3 h`. */
export function silenceText(edge: Pick<SceneEdge, 'silence'>): string {
  if (!isQuiet(edge)) return 'active';
  const minutes = Math.floor(edge.silence / 60_000);
  return `quiet for ${minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h`}`;
}
