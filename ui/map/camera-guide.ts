import type { Rect } from '../scene/geometry.ts';
import type { CameraControl } from './camera.ts';
import { boxOf, edgeBounds, type Picture } from './picture.ts';

/** What the camera answers to. */
export type Guided = {
  readonly picture: Picture;
  readonly view: { readonly width: number; readonly height: number };
};

export type CameraGuide = {
  /** Tells it what is shown now. Answers whether an app was opened since it was told last. */
  readonly look: (guided: Guided) => boolean;
};

/**
 * Moves the camera when something else is to be looked at: an app that was opened, an edge that was selected, what has
 * the focus. Otherwise everything stays in sight while an estate comes up or the window changes, until somebody takes
 * the camera.
 */
export function guideCamera(camera: CameraControl): CameraGuide {
  let known: Known | null = null;
  const look = (guided: Guided): boolean => {
    const before = known;
    const now = knownOf(guided);
    if (guided.view.width === 0 || now.bounds.width <= 0) return false;
    known = now;
    if (before === null) {
      camera.fitAtOnce(now.bounds);
      turnTo(camera, guided);
      return false;
    }
    const opened = now.opened.find(({ key }) => !before.opened.some((card) => card.key === key));
    if (opened !== undefined) camera.show(opened);
    else if (now.looked !== before.looked && now.looked !== '') turnTo(camera, guided);
    else if (now.size !== before.size && !camera.isTaken()) camera.fit(now.bounds);
    return opened !== undefined;
  };
  return { look };
}

type Known = {
  readonly opened: readonly (Rect & { readonly key: string })[];
  /** What is looked at and in how large a view, as a text to compare; empty: nothing. */
  readonly looked: string;
  readonly size: string;
  readonly bounds: Rect;
};

function knownOf({ picture, view }: Guided): Known {
  const { layout, focus, selected } = picture;
  const { bounds } = layout;
  const room = `${view.width}x${view.height}`;
  return {
    opened: [...layout.cards.values()].filter((card) => card.inner !== null),
    looked: selected === null && focus === null ? '' : JSON.stringify([selected?.key ?? null, focus, room]),
    size: `${room} ${bounds.width}x${bounds.height}`,
    bounds,
  };
}

function turnTo(camera: CameraControl, { picture }: Guided): void {
  const { focus, selected } = picture;
  const rect = selected !== null ? edgeBounds(picture, selected) : focus !== null ? boxOf(picture, focus) : null;
  if (rect !== null) camera.include(rect);
}
