import { measure, rowsOf, scaleOf } from './measure.ts';
import { type DistrictPlan, freshDistrict, type Plan, planScene } from './plan.ts';
import type { District, Scene } from './scene.ts';

/** Free cells that are kept for cards which may come back, beside one per card; with more a district is planned afresh. */
const spareCells = 24;
/** Things move only where all would be drawn at least so much larger: then nobody could read the map they knew. */
const worthMoving = 1.6;

/**
 * The previous plan with vanished cards' cells free, and with new cards in free cells or at the end. An estate that
 * outgrew its plan - the first minute of a new one, say - is planned afresh.
 */
export function keepPlan(previous: Plan, scene: Scene, aspect: number): Plan {
  const districts = new Map(scene.districts.map((district) => [district.key, district]));
  const planned = previous.shelves.flat();
  const gone = planned.filter((plan) => !districts.has(plan.key)).length;
  if (gone > districts.size) return planScene(scene, aspect);
  const kept = extended(previous, districts, aspect);
  if (!hasGrown(planned, scene)) return kept;
  const fresh = planScene(scene, aspect);
  const scaleBy = (plan: Plan): number => planScale(plan.shelves, districts, aspect);
  return scaleBy(fresh) > worthMoving * scaleBy(kept) ? fresh : kept;
}

type Districts = ReadonlyMap<string, District>;
type Shelves = readonly (readonly DistrictPlan[])[];

function extended(previous: Plan, districts: Districts, aspect: number): Plan {
  const known = new Set(previous.shelves.flat().map((plan) => plan.key));
  const shelves = previous.shelves.map((shelf) => {
    const tallest = Math.max(...shelf.map(rowsOf));
    return shelf.map((plan, index) => {
      const district = districts.get(plan.key);
      // An empty place is kept, so that the districts beside it stay where they are.
      if (district === undefined) return plan;
      return keepDistrict(plan, district, { tallest, last: index === shelf.length - 1 });
    });
  });
  const added = [...districts.values()].filter((district) => !known.has(district.key));
  return {
    shelves: added.reduce<Shelves>((all, district) => addDistrict(all, district, { districts, aspect }), shelves),
  };
}

function hasGrown(planned: readonly DistrictPlan[], { districts }: Scene): boolean {
  const known = new Set(planned.flatMap(({ cells }) => [...cells.keys()]));
  return districts.some(({ cards }) => cards.some(({ key }) => !known.has(key)));
}

function planScale(shelves: Shelves, districts: Districts, aspect: number): number {
  const measured = shelves.map((shelf) => shelf.map((plan) => measure(plan, districts.get(plan.key))));
  return scaleOf(measured, aspect);
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

type View = { readonly districts: Districts; readonly aspect: number };

/** At the end of a shelf or on one of its own below all: wherever everything stays largest; either moves nobody. */
function addDistrict(shelves: Shelves, district: District, { districts, aspect }: View): Shelves {
  const plan = freshDistrict(district, Math.ceil(Math.sqrt(district.cards.length)));
  const ways: Shelves[] = shelves.map((_, at) =>
    shelves.map((shelf, index) => (index === at ? [...shelf, plan] : shelf)),
  );
  const all = [...ways, [...shelves, [plan]]].map((way) => ({ way, scale: planScale(way, districts, aspect) }));
  return all.reduce((best, one) => (one.scale > best.scale ? one : best)).way;
}
