import { type DrawInput, draw } from './draw.ts';
import type { Camera } from './frame.ts';

/** CSS pixels drawn beyond each border, so that a pan of as much only moves the finished image. */
const border = 240;

export type BackBuffer = {
  readonly paint: (input: DrawInput) => void;
  /** The next paint draws everything anew. */
  readonly discard: () => void;
};

export function backBuffer(): BackBuffer {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { alpha: false });
  let drawn: Camera | null = null;
  const redraw = (input: DrawInput): Camera => {
    const { camera, ratio } = input;
    const width = input.width + 2 * border;
    const height = input.height + 2 * border;
    resize(canvas, width * ratio, height * ratio);
    const shifted = { k: camera.k, x: camera.x + border, y: camera.y + border };
    if (context !== null) draw({ ...input, context, camera: shifted, width, height });
    return camera;
  };
  const paint = (input: DrawInput): void => {
    const { camera, context: front, ratio, width, height } = input;
    if (drawn === null || !isWithin(drawn, camera)) drawn = redraw(input);
    const x = Math.round((camera.x - drawn.x - border) * ratio);
    const y = Math.round((camera.y - drawn.y - border) * ratio);
    front.setTransform(1, 0, 0, 1, 0, 0);
    resize(front.canvas, width * ratio, height * ratio);
    front.drawImage(canvas, x, y);
  };
  return {
    paint,
    discard: () => {
      drawn = null;
    },
  };
}

function isWithin(drawn: Camera, camera: Camera): boolean {
  return drawn.k === camera.k && Math.abs(drawn.x - camera.x) <= border && Math.abs(drawn.y - camera.y) <= border;
}

/** Setting the size of a canvas clears it, so it is set only when it changed. */
function resize(canvas: HTMLCanvasElement, width: number, height: number): void {
  const [wide, high] = [Math.max(1, Math.round(width)), Math.max(1, Math.round(height))];
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
}
