import { select } from 'd3-selection';
import { type D3ZoomEvent, type ZoomBehavior, zoom, zoomIdentity, zoomTransform } from 'd3-zoom';
import type { Rect } from '../scene/geometry.ts';
import { levelFrom } from '../scene/level.ts';
import type { Camera } from './frame.ts';

export type CameraControl = {
  readonly read: () => Camera;
  readonly fit: (bounds: Rect) => void;
  readonly zoomBy: (factor: number) => void;
  /** Brings an opened card to where its rows can be read. */
  readonly show: (rect: Rect) => void;
  /** Moves as little as is needed for the rectangle to be seen. */
  readonly reveal: (rect: Rect) => void;
  readonly stop: () => void;
};

const zoomRange: [number, number] = [0.08, 4];
const margin = 24;

/** Wheel, drag and pinch on the element. `onMove` is called with every change, also with those of the control. */
export function controlCamera(element: HTMLCanvasElement, onMove: (camera: Camera) => void): CameraControl {
  const behaviour: ZoomBehavior<HTMLCanvasElement, unknown> = zoom<HTMLCanvasElement, unknown>().scaleExtent(zoomRange);
  const selection = select(element);
  behaviour.on('zoom', (event: D3ZoomEvent<HTMLCanvasElement, unknown>) => onMove(event.transform));
  // A double click opens an app instead.
  selection.call(behaviour).on('dblclick.zoom', null);
  const read = (): Camera => zoomTransform(element);
  const { move, halt } = glider(read, ({ x, y, k }) => {
    selection.call(behaviour.transform, zoomIdentity.translate(x, y).scale(k));
  });
  // Whoever takes hold of the map is not pulled along.
  selection.on('pointerdown.glide', halt).on('wheel.glide', halt);
  const size = () => ({ width: element.clientWidth, height: element.clientHeight });
  return {
    read,
    fit: (bounds) => move(fitCamera(bounds, size())),
    zoomBy: (factor) => {
      selection.call(behaviour.scaleBy, factor);
    },
    show: (rect) => move(showCamera(rect, read(), size())),
    reveal: (rect) => move(revealCamera(rect, read(), size())),
    stop: () => {
      halt();
      selection.on('.glide', null).on('.zoom', null);
    },
  };
}

type Glider = { readonly move: (to: Camera) => void; readonly halt: () => void };

const glideTime = 220;

/** Moves the camera over some frames, or at once where motion is not wanted. */
function glider(read: () => Camera, set: (camera: Camera) => void): Glider {
  let requested = 0;
  const halt = (): void => cancelAnimationFrame(requested);
  const move = (to: Camera): void => {
    halt();
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) {
      set(to);
      return;
    }
    const [from, start] = [read(), performance.now()];
    const step = (now: number): void => {
      const t = Math.max(0, Math.min(1, (now - start) / glideTime));
      set(between(from, to, 1 - (1 - t) ** 3));
      if (t < 1) requested = requestAnimationFrame(step);
    };
    requested = requestAnimationFrame(step);
  };
  return { move, halt };
}

function between(a: Camera, b: Camera, t: number): Camera {
  return { x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t, k: a.k + (b.k - a.k) * t };
}

type Size = { readonly width: number; readonly height: number };

/** All of the bounds, no larger than life and a bit. */
export function fitCamera(bounds: Rect, { width, height }: Size): Camera {
  if (bounds.width <= 0 || bounds.height <= 0 || width <= 0 || height <= 0) return { x: 0, y: 0, k: 1 };
  const k = Math.max(zoomRange[0], Math.min(1.15, (width - margin) / bounds.width, (height - margin) / bounds.height));
  return {
    x: (width - bounds.width * k) / 2 - bounds.x * k,
    y: (height - bounds.height * k) / 2 - bounds.y * k,
    k,
  };
}

/** As large as the view allows, between readable and life size; never smaller than it is now. */
function showCamera(rect: Rect, camera: Camera, view: Size): Camera {
  const room = Math.min((view.width - 6 * margin) / rect.width, (view.height - 6 * margin) / rect.height);
  const k = Math.max(camera.k, Math.min(1, Math.max(levelFrom.middle, room)));
  const centred = {
    k,
    x: view.width / 2 - (rect.x + rect.width / 2) * k,
    y: view.height / 2 - (rect.y + rect.height / 2) * k,
  };
  return k === camera.k ? revealCamera(rect, camera, view) : revealCamera(rect, centred, view);
}

export function revealCamera(rect: Rect, camera: Camera, { width, height }: Size): Camera {
  const k = camera.k;
  return {
    k,
    x: shift({ start: rect.x, size: rect.width, at: camera.x, k, view: width }),
    y: shift({ start: rect.y, size: rect.height, at: camera.y, k, view: height }),
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
