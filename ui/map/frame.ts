import { overlaps, type Point, type Rect } from '../scene/geometry.ts';
import type { Level } from '../scene/level.ts';
import type { MapTheme } from './map-theme.ts';
import type { Picture } from './picture.ts';

/** Screen pixels = world units * k + (x, y). */
export type Camera = { readonly x: number; readonly y: number; readonly k: number };

export type Frame = {
  readonly context: CanvasRenderingContext2D;
  readonly picture: Picture;
  readonly camera: Camera;
  readonly theme: MapTheme;
  /** Key of the selected edge. */
  readonly selected: string | null;
  readonly level: Level;
  /** The part of the world that is seen. */
  readonly area: Rect;
};

export function toScreen({ camera }: Frame, { x, y }: Point): Point {
  return { x: x * camera.k + camera.x, y: y * camera.k + camera.y };
}

export function isSeen(frame: Frame, rect: Rect): boolean {
  return overlaps(rect, frame.area);
}
