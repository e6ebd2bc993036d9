import { select } from 'd3-selection';
import { type D3ZoomEvent, type ZoomBehavior, zoom, zoomIdentity, zoomTransform } from 'd3-zoom';
import type { Rect } from '../scene/geometry.ts';
import type { Camera } from './frame.ts';

export type CameraControl = {
  readonly read: () => Camera;
  readonly fit: (bounds: Rect) => void;
  readonly zoomBy: (factor: number) => void;
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
  const move = ({ x, y, k }: Camera): void => {
    selection.call(behaviour.transform, zoomIdentity.translate(x, y).scale(k));
  };
  const read = (): Camera => zoomTransform(element);
  const size = () => ({ width: element.clientWidth, height: element.clientHeight });
  return {
    read,
    fit: (bounds) => move(fitCamera(bounds, size())),
    zoomBy: (factor) => {
      selection.call(behaviour.scaleBy, factor);
    },
    reveal: (rect) => move(revealCamera(rect, read(), size())),
    stop: () => {
      selection.on('.zoom', null);
    },
  };
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
