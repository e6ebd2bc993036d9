import type { View } from '@bulkhead/model/decision.ts';
import { pairsOf } from './exact/blocks.ts';
import { CellSum } from './exact/cells.ts';
import { joinWorlds } from './exact/joint.ts';
import { Judge } from './exact/judge.ts';
import { type Progress, runSteps, stride } from './exact/steps.ts';
import { countServices, everyService } from './language/service-sets.ts';
import type { World } from './world.ts';

/** Cells of a world (SPEC F1): those that are open, of all that there are. */
export type CellCount = { readonly open: bigint; readonly all: bigint };

export const countCells = (world: World, view: View): CellCount => runSteps(countInSteps(world, view));

/** As `countCells`, with a stop every few milliseconds. */
export function* countInSteps(world: World, view: View): Generator<Progress, CellCount> {
  const joint = joinWorlds({ before: world, after: world });
  const { axis } = joint;
  const judge = new Judge(joint, { side: 'after', view });
  const sum = new CellSum();
  for (let fixed = 0; fixed < axis.segments.length; fixed++) {
    if (fixed % stride === 0) yield { done: fixed, of: axis.segments.length };
    const judged = judge.at(fixed, 'to');
    for (const piece of judge.pieces(judged))
      sum.add(pairsOf(axis, { fixed, others: judge.reached(judged, piece) }), piece.count);
  }
  const workloads = BigInt(world.estate.workloads.length);
  return { open: sum.exact, all: workloads * (workloads - 1n) * BigInt(countServices(everyService)) };
}
