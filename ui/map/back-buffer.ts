import type { Camera } from '../scene/camera-moves.ts';
import { type DrawInput, draw } from './draw.ts';

/** CSS pixels drawn beyond each border, so that a pan of as much only moves the finished image. */
const border = 240;
/** While zooming, drawing anew takes at most one part in so many of the time, and the finished image is scaled between. */
const share = 8;
/** Milliseconds; a map that was slow to draw once is still drawn anew as often. */
const longestPause = 400;

/** `sharp`: as it should stay. `scaled`: an image of another scale, to be drawn anew once the camera rests. */
export type Painting = 'sharp' | 'scaled';

export type BackBuffer = {
  readonly paint: (input: DrawInput) => Painting;
  /** The next paint draws everything anew. */
  readonly discard: () => void;
};

/** When drawing ended and how long that took, in milliseconds. */
type Drawn = { readonly camera: Camera; readonly at: number; readonly took: number };

export function backBuffer(): BackBuffer {
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { alpha: false });
  let drawn: Drawn | null = null;
  const redraw = (input: DrawInput): Drawn => {
    const began = performance.now();
    const { camera, ratio } = input;
    const width = input.width + 2 * border;
    const height = input.height + 2 * border;
    resize(canvas, width * ratio, height * ratio);
    const shifted = { k: camera.k, x: camera.x + border, y: camera.y + border };
    if (context !== null) draw({ ...input, context, camera: shifted, width, height });
    copy(canvas, camera, input);
    const at = performance.now();
    return { camera, at, took: at - began };
  };
  const paint = (input: DrawInput): Painting => {
    if (drawn === null || !mayCopy(drawn, input.camera)) drawn = redraw(input);
    else copy(canvas, drawn.camera, input);
    return drawn.camera.k === input.camera.k ? 'sharp' : 'scaled';
  };
  return {
    paint,
    discard: () => {
      drawn = null;
    },
  };
}

function mayCopy({ camera: drawn, at, took }: Drawn, camera: Camera): boolean {
  if (drawn.k === camera.k) return Math.abs(drawn.x - camera.x) <= border && Math.abs(drawn.y - camera.y) <= border;
  return performance.now() - at < Math.min(longestPause, took * (share - 1));
}

/** The image of one camera as another one sees it; whole pixels where the scale is the same. */
function copy(image: HTMLCanvasElement, drawn: Camera, { camera, context, ratio, width, height, theme }: DrawInput) {
  const scale = camera.k / drawn.k;
  const x = Math.round((camera.x - (drawn.x + border) * scale) * ratio);
  const y = Math.round((camera.y - (drawn.y + border) * scale) * ratio);
  context.setTransform(1, 0, 0, 1, 0, 0);
  resize(context.canvas, width * ratio, height * ratio);
  if (scale === 1) {
    context.drawImage(image, x, y);
    return;
  }
  context.fillStyle = theme.background;
  context.fillRect(0, 0, width * ratio, height * ratio);
  context.drawImage(image, x, y, image.width * scale, image.height * scale);
}

/** Setting the size of a canvas clears it, so it is set only when it changed. */
function resize(canvas: HTMLCanvasElement, width: number, height: number): void {
  const [wide, high] = [Math.max(1, Math.round(width)), Math.max(1, Math.round(height))];
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
}
