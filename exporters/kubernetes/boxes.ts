import { meetPlaces, type PlaceTerm, placesMeet, withoutPlace } from './places.ts';
import { isNoService, meetServices, type ServiceSet, servicesMeet, withoutServices } from './service-sets.ts';

/** All connections from one place to another for some services. */
export type Box = { readonly from: PlaceTerm; readonly to: PlaceTerm; readonly services: ServiceSet };

/** What of the boxes is in none of `holes`, as boxes that may overlap; null: boxes cannot say it (SPEC EX24). */
export function withoutBoxes(
  boxes: readonly Box[],
  holes: readonly Box[],
  allHaveAddresses: boolean,
): readonly Box[] | null {
  let left = boxes;
  for (const hole of holes) {
    const next: Box[] = [];
    for (const box of left) {
      const pieces = withoutBox(box, hole, allHaveAddresses);
      if (pieces === null) return null;
      next.push(...pieces);
    }
    left = next;
  }
  return left;
}

/** Slices that miss the hole by its source, then by its destination, then by its services. */
function withoutBox(box: Box, hole: Box, allHaveAddresses: boolean): Box[] | null {
  const apart =
    !placesMeet(box.from, hole.from) || !placesMeet(box.to, hole.to) || !servicesMeet(box.services, hole.services);
  if (apart) return [box];
  const froms = sides(box.from, hole.from, allHaveAddresses);
  const tos = sides(box.to, hole.to, allHaveAddresses);
  const services = withoutServices(box.services, hole.services);
  if (froms === null || tos === null || services === null) return null;
  if (meetServices(box.services, hole.services) === null) return null;
  const bySource = froms.outside.map((from) => ({ ...box, from }));
  const byDestination = froms.inside.flatMap((from) => tos.outside.map((to) => ({ ...box, from, to })));
  const byService = isNoService(services)
    ? []
    : froms.inside.flatMap((from) => tos.inside.map((to) => ({ from, to, services })));
  return [...bySource, ...byDestination, ...byService];
}

type Sides = { readonly inside: readonly PlaceTerm[]; readonly outside: readonly PlaceTerm[] };

function sides(place: PlaceTerm, hole: PlaceTerm, allHaveAddresses: boolean): Sides | null {
  const [inside, outside] = [meetPlaces(place, hole), withoutPlace(place, hole, allHaveAddresses)];
  return inside === null || outside === null ? null : { inside, outside };
}
