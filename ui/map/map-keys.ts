import { type Arrow, firstCard, neighbour } from '../scene/neighbour.ts';
import { touches } from '../scene/visible-edges.ts';
import type { Picture } from './picture.ts';

/** What a key means on the map; null: not the map's key. */
export type KeyAction =
  | { readonly kind: 'focus'; readonly key: string | null }
  | { readonly kind: 'open'; readonly key: string }
  | { readonly kind: 'edge'; readonly key: string | null }
  | { readonly kind: 'zoom'; readonly factor: number }
  | { readonly kind: 'fit' };

const arrows: Readonly<Record<string, Arrow>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

export function keyAction(pressed: string, picture: Picture, selected: string | null): KeyAction | null {
  const arrow = Object.hasOwn(arrows, pressed) ? arrows[pressed] : undefined;
  if (arrow !== undefined) return moveFocus(picture, arrow);
  if (pressed === '+' || pressed === '=') return { kind: 'zoom', factor: 1.3 };
  if (pressed === '-') return { kind: 'zoom', factor: 1 / 1.3 };
  if (pressed === '0') return { kind: 'fit' };
  if (pressed === 'Enter') return openFocused(picture);
  if (pressed === 'e' || pressed === 'E') return nextEdge(picture, selected, pressed === 'e' ? 1 : -1);
  if (pressed !== 'Escape') return null;
  if (selected !== null) return { kind: 'edge', key: null };
  return picture.focus === null ? null : { kind: 'focus', key: null };
}

function moveFocus({ layout, focus }: Picture, arrow: Arrow): KeyAction {
  const key = focus === null ? firstCard(layout) : neighbour(layout, focus, arrow);
  return { kind: 'focus', key: key ?? focus };
}

function openFocused({ cards, layout, focus }: Picture): KeyAction | null {
  if (focus === null) return null;
  const card = cards.get(layout.dots.get(focus)?.card ?? focus);
  return card === undefined || card.kind === 'addresses' ? null : { kind: 'open', key: card.key };
}

function nextEdge({ drawn, focus }: Picture, selected: string | null, step: number): KeyAction | null {
  const around = drawn.filter((edge) => touches(edge, focus));
  if (around.length === 0) return null;
  const at = around.findIndex((edge) => edge.key === selected);
  const next = at < 0 ? 0 : (at + step + around.length) % around.length;
  return { kind: 'edge', key: around[next]?.key ?? null };
}
