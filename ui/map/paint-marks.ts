import type { Picture } from './picture.ts';

/**
 * Tells whoever measures, by `performance.mark`, when a picture could be seen: `map-drawn` once, for the first with cards,
 * `map-edges` once, for the first with edges too, and `map-opened` for the last app that was opened. A mark is set in the frame after, for by then the browser has handed
 * the picture on.
 */
export function paintMarks(): { readonly opened: () => void; readonly painted: (picture: Picture) => void } {
  let isDrawn = false;
  let hasEdges = false;
  let isOpening = false;
  return {
    opened: () => {
      isOpening = true;
    },
    painted: ({ cards, edges }) => {
      if (cards.size === 0) return;
      if (!isDrawn) markNext('map-drawn');
      if (!hasEdges && edges.size > 0) markNext('map-edges');
      if (isOpening) markNext('map-opened');
      isDrawn = true;
      hasEdges ||= edges.size > 0;
      isOpening = false;
    },
  };
}

/** One mark of a name at a time, for the browser would keep all of them. */
function markNext(name: string): void {
  requestAnimationFrame(() => {
    performance.clearMarks(name);
    performance.mark(name);
  });
}
