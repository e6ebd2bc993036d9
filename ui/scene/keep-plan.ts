import { cellWidth, type DistrictPlan, freshDistrict, type Plan, planScene } from './plan.ts';
import type { District, Scene } from './scene.ts';
import { sizes } from './sizes.ts';

/** Free cells that are kept for cards which may come back; beyond, the districts are planned afresh. */
const spareCells = 24;

/** The previous plan with vanished cards' cells free, and with new cards in free cells or at the end. */
export function keepPlan(previous: Plan, scene: Scene, aspect: number): Plan {
  const districts = new Map(scene.districts.map((district) => [district.key, district]));
  const planned = previous.shelves.flat();
  const gone = planned.filter((plan) => !districts.has(plan.key)).length;
  if (gone > districts.size) return planScene(scene, aspect);
  const known = new Set(planned.map((plan) => plan.key));
  const added = scene.districts.filter((district) => !known.has(district.key));
  const shelves = previous.shelves.map((shelf) => {
    const tallest = Math.max(...shelf.map(rowsOf));
    return shelf.map((plan, index) => {
      const district = districts.get(plan.key);
      // An empty place is kept, so that the districts beside it stay where they are.
      if (district === undefined) return plan;
      return keepDistrict(plan, district, { tallest, last: index === shelf.length - 1 });
    });
  });
  return { shelves: added.reduce(addDistrict, shelves) };
}

/** Rows of the planned grid, counting cells that are free now. */
export function rowsOf(plan: DistrictPlan): number {
  return Math.ceil((Math.max(-1, ...plan.cells.values()) + 1) / plan.columns);
}

type Neighbourhood = { readonly tallest: number; readonly last: boolean };

function keepDistrict(plan: DistrictPlan, district: District, beside: Neighbourhood): DistrictPlan {
  const present = new Set(district.cards.map((card) => card.key));
  const cells = new Map([...plan.cells].filter(([key]) => present.has(key)));
  const size = plan.columns * rowsOf(plan);
  if (size > 2 * present.size + spareCells) return freshDistrict(district, Math.ceil(Math.sqrt(present.size)));
  const taken = new Set(cells.values());
  const free = Array.from({ length: size }, (_, cell) => cell).filter((cell) => !taken.has(cell));
  const added = district.cards.filter((card) => !cells.has(card.key));
  const grown = widen(plan, cells, { ...beside, missing: added.length - free.length });
  if (grown !== null) return keepDistrict(grown, district, { ...beside, last: false });
  for (const [index, card] of added.entries()) cells.set(card.key, free[index] ?? size + index - free.length);
  return { ...plan, cells };
}

/** One more column moves nobody when nothing stands to the right and one more row would push the shelves below. */
function widen(
  plan: DistrictPlan,
  cells: ReadonlyMap<string, number>,
  { missing, last, tallest }: Neighbourhood & { readonly missing: number },
): DistrictPlan | null {
  const rows = rowsOf(plan);
  if (!last || missing <= 0 || missing > rows || rows < tallest) return null;
  const moved = [...cells].map(([key, cell]) => [key, cell + Math.floor(cell / plan.columns)] as const);
  return { ...plan, columns: plan.columns + 1, cells: new Map(moved) };
}

function addDistrict(shelves: readonly (readonly DistrictPlan[])[], district: District): (readonly DistrictPlan[])[] {
  const plan = freshDistrict(district, Math.ceil(Math.sqrt(district.cards.length)));
  const width = (shelf: readonly DistrictPlan[]): number =>
    shelf.reduce<number>((sum, { columns, cardWidth }) => sum + columns * cellWidth(cardWidth) + sizes.street, 0);
  const narrowest = shelves.reduce(
    (found, shelf, index) => (width(shelf) < width(shelves[found] ?? []) ? index : found),
    shelves.length - 1,
  );
  if (shelves.length === 0) return [[plan]];
  return shelves.map((shelf, index) => (index === narrowest ? [...shelf, plan] : shelf));
}
