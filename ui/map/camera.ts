import { select } from 'd3-selection';
import { type D3ZoomEvent, type ZoomBehavior, zoom, zoomIdentity, zoomTransform } from 'd3-zoom';
import {
  between,
  type Camera,
  fitCamera,
  includeCamera,
  revealCamera,
  type Size,
  showCamera,
  zoomRange,
} from '../scene/camera-moves.ts';
import type { Rect } from '../scene/geometry.ts';

export type CameraControl = {
  readonly read: () => Camera;
  readonly fit: (bounds: Rect) => void;
  /** Without moving there: what nobody has seen yet has no place to come from. */
  readonly fitAtOnce: (bounds: Rect) => void;
  readonly zoomBy: (factor: number) => void;
  /** Brings an opened card to where its rows can be read. */
  readonly show: (rect: Rect) => void;
  /** Moves as little as is needed for the rectangle to be seen. */
  readonly reveal: (rect: Rect) => void;
  /** The same, and smaller where all of it has no room. */
  readonly include: (rect: Rect) => void;
  /** Whether somebody moved it by hand since it was fitted. */
  readonly isTaken: () => boolean;
  readonly stop: () => void;
};

/** Wheel, drag and pinch on the element. `onMove` is called with every change, also with those of the control. */
export function controlCamera(element: HTMLCanvasElement, onMove: (camera: Camera) => void): CameraControl {
  const behaviour: ZoomBehavior<HTMLCanvasElement, unknown> = zoom<HTMLCanvasElement, unknown>().scaleExtent([
    ...zoomRange,
  ]);
  const selection = select(element);
  let isTaken = false;
  behaviour.on('zoom', (event: D3ZoomEvent<HTMLCanvasElement, unknown>) => {
    // Only what a hand does has an event of its own.
    isTaken ||= event.sourceEvent !== null;
    onMove(event.transform);
  });
  // A double click opens an app instead.
  selection.call(behaviour).on('dblclick.zoom', null);
  const read = (): Camera => zoomTransform(element);
  const set = ({ x, y, k }: Camera): void => {
    selection.call(behaviour.transform, zoomIdentity.translate(x, y).scale(k));
  };
  const { move, halt } = glider(read, set);
  // Whoever takes hold of the map is not pulled along.
  selection.on('pointerdown.glide', halt).on('wheel.glide', halt);
  const size = (): Size => ({ width: element.clientWidth, height: element.clientHeight });
  const fitted = (bounds: Rect): Camera => {
    isTaken = false;
    return fitCamera(bounds, size());
  };
  return {
    read,
    fit: (bounds) => move(fitted(bounds)),
    fitAtOnce: (bounds) => set(fitted(bounds)),
    zoomBy: (factor) => {
      isTaken = true;
      selection.call(behaviour.scaleBy, factor);
    },
    show: (rect) => move(showCamera(rect, read(), size())),
    reveal: (rect) => move(revealCamera(rect, read(), size())),
    include: (rect) => move(includeCamera(rect, read(), size())),
    isTaken: () => isTaken,
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
    const from = read();
    if (from.x === to.x && from.y === to.y && from.k === to.k) return;
    if (matchMedia('(prefers-reduced-motion: reduce)').matches) {
      set(to);
      return;
    }
    const start = performance.now();
    const step = (now: number): void => {
      const t = Math.max(0, Math.min(1, (now - start) / glideTime));
      set(between(from, to, 1 - (1 - t) ** 3));
      if (t < 1) requested = requestAnimationFrame(step);
    };
    requested = requestAnimationFrame(step);
  };
  return { move, halt };
}
