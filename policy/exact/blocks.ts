import type { Axis } from './axis.ts';
import type { PositionSet } from './position-sets.ts';
import type { End } from './rule-book.ts';
import type { ServicePiece } from './service-cuts.ts';

/** Connections of one segment or outside with some others, by some services. */
export type Block = {
  readonly fixed: number;
  /** Which end of the connections `fixed` is. */
  readonly end: End;
  /** May hold `fixed` though it is a single workload: many ends have the same others so. */
  readonly others: PositionSet;
  readonly piece: ServicePiece;
};

/** Pairs of workloads; nobody is paired with himself, and addresses outside are not counted (SPEC F1, F3). */
export function pairsOf(axis: Axis, { fixed, others }: Pick<Block, 'fixed' | 'others'>): number {
  const size = axis.weights[fixed] as number;
  if (size === 0) return 0;
  return size * axis.weigh(others) - (axis.sets.has(others, fixed) ? size : 0);
}
