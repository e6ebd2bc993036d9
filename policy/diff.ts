import type { View } from '@bulkhead/model/decision.ts';
import { compareWorlds, joinWorlds } from './exact/compare.ts';
import { type Change, tellChange } from './exact/rectangles.ts';
import { type Progress, runSteps } from './exact/steps.ts';
import type { World } from './world.ts';

export type { AddressRectangle, Change, Rectangle } from './exact/rectangles.ts';
export type Difference = { readonly opened: Change; readonly closed: Change };

/** Every cell that is open in one world and not in the other (SPEC F1-F5). Largest rectangles first. */
export function diff(before: World, after: World, view: View = 'intended'): Difference {
  return runSteps(diffInSteps(before, after, view));
}

/** As `diff`, with a stop every few milliseconds at which the caller may do other work, or give up. */
export function* diffInSteps(before: World, after: World, view: View): Generator<Progress, Difference> {
  const joint = joinWorlds({ before, after });
  const changes = yield* compareWorlds(joint, view);
  return {
    opened: tellChange({ joint, side: 'after', view }, changes.after),
    closed: tellChange({ joint, side: 'before', view }, changes.before),
  };
}
