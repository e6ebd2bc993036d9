import type { Rect } from './geometry.ts';
import { levelFrom } from './level.ts';

/** Screen pixels = world units * k + (x, y). */
export type Camera = { readonly x: number; readonly y: number; readonly k: number };
export type Size = { readonly width: number; readonly height: number };

/** The smallest and the largest `k`. */
export const zoomRange: readonly [number, number] = [0.08, 4];
/** Screen pixels around what is shown. */
const margin = 24;

/** All of the bounds, no larger than life and a bit. */
export function fitCamera(bounds: Rect, view: Size): Camera {
  if (bounds.width <= 0 || bounds.height <= 0 || view.width <= 0 || view.height <= 0) return { x: 0, y: 0, k: 1 };
  return centred(bounds, view, Math.min(1.15, roomFor(bounds, view, margin / 2)));
}

/** As large as the view allows, between readable and life size; never smaller than it is now. */
export function showCamera(rect: Rect, camera: Camera, view: Size): Camera {
  const k = Math.max(camera.k, Math.min(1, Math.max(levelFrom.workload, roomFor(rect, view, 3 * margin))));
  return revealCamera(rect, k === camera.k ? camera : centred(rect, view, k), view);
}

/** All of the rectangle: moved as little as is needed, and smaller only where it has no room. */
export function includeCamera(rect: Rect, camera: Camera, view: Size): Camera {
  const k = roomFor(rect, view, margin);
  return k < camera.k ? centred(rect, view, k) : revealCamera(rect, camera, view);
}

/** Moved as little as is needed for the rectangle to be seen, or its top left where it has no room. */
export function revealCamera(rect: Rect, camera: Camera, { width, height }: Size): Camera {
  const k = camera.k;
  return {
    k,
    x: shift({ start: rect.x, size: rect.width, at: camera.x, k, view: width }),
    y: shift({ start: rect.y, size: rect.height, at: camera.y, k, view: height }),
  };
}

function roomFor(rect: Rect, view: Size, around: number): number {
  const k = Math.min((view.width - 2 * around) / rect.width, (view.height - 2 * around) / rect.height);
  return Math.max(zoomRange[0], Math.min(zoomRange[1], k));
}

function centred(rect: Rect, view: Size, k: number): Camera {
  return {
    k,
    x: view.width / 2 - (rect.x + rect.width / 2) * k,
    y: view.height / 2 - (rect.y + rect.height / 2) * k,
  };
}

type Axis = {
  readonly start: number;
  readonly size: number;
  readonly at: number;
  readonly k: number;
  readonly view: number;
};

function shift({ start, size, at, k, view }: Axis): number {
  const from = start * k + at;
  const to = from + size * k;
  if (from < margin || size * k > view - 2 * margin) return at + margin - from;
  return to > view - margin ? at + view - margin - to : at;
}

/** A part `t` of the way, from 0 to 1. */
export function between(a: Camera, b: Camera, t: number): Camera {
  return { x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t, k: a.k + (b.k - a.k) * t };
}
