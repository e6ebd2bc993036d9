import { type RefObject, useEffect, useRef } from 'react';
import { backBuffer } from './back-buffer.ts';
import { type CameraControl, controlCamera } from './camera.ts';
import { guideCamera } from './camera-guide.ts';
import type { MapTheme } from './map-theme.ts';
import { paintMarks } from './paint-marks.ts';
import type { Picture } from './picture.ts';

export type Painted = { readonly picture: Picture; readonly theme: MapTheme };

export type MapPainting = {
  readonly canvas: RefObject<HTMLCanvasElement | null>;
  readonly camera: RefObject<CameraControl | null>;
};

/** Owns the camera and paints at most once per frame, after what is painted, the camera or the size changed. */
export function useMapPainting(painted: Painted): MapPainting {
  const canvas = useRef<HTMLCanvasElement>(null);
  const camera = useRef<CameraControl>(null);
  const painter = useRef<Painter>(null);
  const latest = useRef(painted);
  latest.current = painted;
  useEffect(() => {
    if (canvas.current === null) return;
    const started = startPainter(canvas.current, latest);
    painter.current = started;
    camera.current = started.camera;
    return started.stop;
  }, []);
  const { picture, theme } = painted;
  // biome-ignore lint/correctness/useExhaustiveDependencies: these are what a painting depends on, through `latest`
  useEffect(() => painter.current?.repaint(), [picture, theme]);
  return { canvas, camera };
}

type Painter = { readonly camera: CameraControl; readonly repaint: () => void; readonly stop: () => void };

/** Milliseconds without a change after which a scaled image is drawn anew. */
const restTime = 100;

function startPainter(element: HTMLCanvasElement, latest: RefObject<Painted>): Painter {
  const context = element.getContext('2d', { alpha: false });
  const buffer = backBuffer();
  let requested = 0;
  let resting = 0;
  const marks = paintMarks();
  const schedule = (): void => {
    if (requested === 0) requested = requestAnimationFrame(paint);
  };
  const sharpen = (): void => {
    buffer.discard();
    schedule();
  };
  const camera = controlCamera(element, schedule);
  const paint = (): void => {
    requested = 0;
    const { clientWidth: width, clientHeight: height } = element;
    if (context === null || width === 0 || height === 0) return;
    const input = { ...latest.current, context, camera: camera.read(), width, height, ratio: devicePixelRatio };
    clearTimeout(resting);
    if (buffer.paint(input) === 'scaled') resting = window.setTimeout(sharpen, restTime);
    marks.painted(latest.current.picture);
  };
  const guide = guideCamera(camera);
  const repaint = (): void => {
    buffer.discard();
    const { picture } = latest.current;
    const view = { width: element.clientWidth, height: element.clientHeight };
    if (guide.look({ picture, view })) marks.opened();
    schedule();
  };
  const observer = new ResizeObserver(repaint);
  observer.observe(element);
  // Text measured and drawn before the font arrived has the wrong widths.
  document.fonts.addEventListener('loadingdone', repaint);
  repaint();
  const stop = (): void => {
    cancelAnimationFrame(requested);
    clearTimeout(resting);
    observer.disconnect();
    document.fonts.removeEventListener('loadingdone', repaint);
    camera.stop();
  };
  return { camera, repaint, stop };
}
