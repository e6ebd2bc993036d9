import type { Card, District, Scene } from './scene.ts';
import { sizes } from './sizes.ts';

/**
 * Where things are relative to each other, without coordinates. A plan is kept from one scene to the next, so that
 * nothing that stays changes its place.
 */
export type Plan = { readonly shelves: readonly (readonly DistrictPlan[])[] };

export type DistrictPlan = {
  readonly key: string;
  readonly columns: number;
  readonly cardWidth: number;
  /** Card keys to cells, counted row by row. Cells of vanished cards stay free until a new card takes one. */
  readonly cells: ReadonlyMap<string, number>;
};

export function planScene(scene: Scene, aspect: number): Plan {
  const sized = scene.districts.map((district): Sized => ({ district, cardWidth: cardWidth(district) }));
  const outside = sized.filter(({ district }) => district.kind === 'outside');
  const inside = sized.filter(({ district }) => district.kind !== 'outside').sort(byRank);
  const candidates = shelfCounts(inside.length).flatMap((count) =>
    widths(scene).map((width) =>
      [...split(outside, 1), ...split(inside, count)].map((shelf) => fitShelf(shelf, width)),
    ),
  );
  const best = candidates.reduce<Candidate | null>((found, shelves) => {
    const scale = scaleOf(shelves, aspect);
    return found === null || scale > found.scale ? { shelves, scale } : found;
  }, null);
  return {
    shelves: (best?.shelves ?? []).map((shelf) =>
      shelf.map(({ district, columns }) => freshDistrict(district, columns)),
    ),
  };
}

function byRank({ district: a }: Sized, { district: b }: Sized): number {
  const kinds = Number(a.kind === 'no-environment') - Number(b.kind === 'no-environment');
  return kinds || b.cards.length - a.cards.length;
}

/** A district with the width of its cards, which takes a sort and is asked for hundreds of times. */
type Sized = { readonly district: District; readonly cardWidth: number };
type Fitted = Sized & { readonly columns: number };
type Candidate = { readonly shelves: readonly (readonly Fitted[])[]; readonly scale: number };

const shelfCounts = (districts: number): number[] =>
  Array.from({ length: Math.max(1, Math.min(districts, 12)) }, (_, i) => i + 1);

export const cellWidth = (width: number): number => width + sizes.gutter.x;
const cellHeight = sizes.card.height + sizes.gutter.y;

/** Widths worth trying: from one card to all of them in a row. */
function widths(scene: Scene): number[] {
  const cards = scene.districts.reduce((sum, district) => sum + district.cards.length, 0);
  const most = Math.max(2, Math.min(cards, 60)) * cellWidth(sizes.card.maxWidth) + 2 * sizes.street;
  return Array.from({ length: 24 }, (_, i) => most * 0.85 ** i);
}

/** Consecutive runs with about equally many cards. */
function split(districts: readonly Sized[], count: number): Sized[][] {
  const total = districts.reduce((sum, { district }) => sum + district.cards.length, 0);
  const shelves: Sized[][] = Array.from({ length: count }, () => []);
  let before = 0;
  for (const sized of districts) {
    const { length } = sized.district.cards;
    const middle = before + length / 2;
    shelves[Math.min(count - 1, Math.floor((middle / Math.max(1, total)) * count))]?.push(sized);
    before += length;
  }
  return shelves.filter((shelf) => shelf.length > 0);
}

/** The fewest rows with which the shelf is no wider than asked. */
function fitShelf(shelf: readonly Sized[], width: number): Fitted[] {
  const most = Math.max(...shelf.map(({ district }) => district.cards.length));
  for (let rows = 1; ; rows = Math.max(rows + 1, Math.floor(rows * 1.1))) {
    const fitted = shelf.map((sized) => ({ ...sized, columns: Math.ceil(sized.district.cards.length / rows) }));
    if (rows >= most || shelfWidth(fitted) <= width) return fitted;
  }
}

function shelfWidth(shelf: readonly Fitted[]): number {
  return shelf.reduce<number>(
    (sum, { cardWidth, columns }) => sum + columns * cellWidth(cardWidth) + sizes.street,
    sizes.street,
  );
}

function scaleOf(shelves: readonly (readonly Fitted[])[], aspect: number): number {
  const width = Math.max(...shelves.map(shelfWidth));
  const height = shelves.reduce<number>((sum, shelf) => sum + shelfHeight(shelf) + sizes.street, sizes.street);
  return Math.min(aspect / width, 1 / height);
}

function shelfHeight(shelf: readonly Fitted[]): number {
  const rows = shelf.map(({ district, columns }) => Math.ceil(district.cards.length / columns));
  return Math.max(...rows) * cellHeight + sizes.gutter.y + sizes.district.header;
}

export function freshDistrict(district: District, columns: number): DistrictPlan {
  const cells = new Map(district.cards.map((card, index) => [card.key, index]));
  return { key: district.key, columns: Math.max(1, columns), cardWidth: cardWidth(district), cells };
}

/** Wide enough for nearly all names; the longest are cut. */
function cardWidth(district: District): number {
  const lengths = district.cards.map((card: Card) => card.name.length).sort((a, b) => a - b);
  const usual = lengths[Math.floor((lengths.length - 1) * 0.95)] ?? 0;
  const { letter, padding, minWidth, maxWidth } = sizes.card;
  return Math.max(minWidth, Math.min(maxWidth, usual * letter + padding));
}
