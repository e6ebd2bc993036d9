import type { Camera } from '../scene/camera-moves.ts';
import { overlaps, type Point, type Rect } from '../scene/geometry.ts';
import type { Level } from '../scene/level.ts';
import type { MapTheme } from './map-theme.ts';
import type { Picture } from './picture.ts';

export type Frame = {
  readonly context: CanvasRenderingContext2D;
  readonly picture: Picture;
  readonly camera: Camera;
  readonly theme: MapTheme;
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
