import { exampleService } from '../language/service-sets.ts';
import type { Probe } from '../probe.ts';
import type { Side, Sides } from '../world.ts';
import type { Block } from './blocks.ts';
import { probeBetween } from './examples.ts';
import type { Joint } from './joint.ts';
import type { PositionSet } from './position-sets.ts';
import type { ServicePiece } from './service-cuts.ts';

/** Ends between which some addresses are judged otherwise and others as before, so that no cell changes (SPEC F9). */
export type Partly = { readonly pairs: number; readonly example: Probe };

type Asked = Pick<Block, 'fixed' | 'end'> & {
  /** By the endpoints of the fixed end, whom it has connections with. */
  readonly ends: Sides<readonly PositionSet[]>;
  readonly piece: ServicePiece;
  readonly among: PositionSet;
  /** Ends whose cell changes in that direction. */
  readonly cells: Sides<PositionSet>;
};

/** An end with whom one endpoint of the fixed end has other connections. */
type Found = Pick<Asked, 'fixed' | 'end' | 'piece'> & {
  readonly index: number;
  readonly differing: PositionSet;
  readonly other: number;
};

/** `side`: the world in which it is open. */
export class PartlyFinder {
  readonly #joint: Joint;
  readonly #pairs: Sides<Set<number>> = { before: new Set(), after: new Set() };
  readonly #examples: { before: Probe | null; after: Probe | null } = { before: null, after: null };

  constructor(joint: Joint) {
    this.#joint = joint;
  }

  look(asked: Asked): void {
    const { before, after } = asked.ends;
    const { axis } = this.#joint;
    if (before.every((set, index) => set === after[index]) || !axis.hasSameAddresses(asked.fixed)) return;
    for (const [index, was] of before.entries()) {
      const is = after[index] ?? axis.sets.empty;
      if (was === is) continue;
      this.#note('before', asked, { index, differing: this.#joint.axis.sets.minus(was, is) });
      this.#note('after', asked, { index, differing: this.#joint.axis.sets.minus(is, was) });
    }
  }

  found(side: Side): Partly | null {
    const example = this.#examples[side];
    return example === null ? null : { pairs: this.#pairs[side].size, example };
  }

  #note(side: Side, asked: Asked, { index, differing }: { readonly index: number; readonly differing: PositionSet }) {
    const { axis } = this.#joint;
    const { fixed, end, piece, among, cells } = asked;
    const partly = axis.sets.minus(axis.sets.and(axis.fold(differing), among), cells[side]);
    for (const other of axis.sets.positions(partly)) {
      // Nobody who is alone meets himself.
      if (!axis.hasSameAddresses(other) || (other === fixed && axis.weights[fixed] === 1)) continue;
      const [from, to] = end === 'to' ? [other, fixed] : [fixed, other];
      this.#pairs[side].add(from * axis.sets.length + to);
      this.#examples[side] ??= this.#example(side, { index, differing, other, fixed, end, piece });
    }
  }

  #example(side: Side, { index, differing, other, fixed, end, piece }: Found): Probe | null {
    const { axis } = this.#joint;
    const far = axis.endpoints(side, other).find((endpoint) => axis.sets.has(differing, endpoint));
    const near = axis.endpoints(side, fixed)[index];
    if (far === undefined || near === undefined) return null;
    const [here, there] = [
      { position: fixed, endpoint: near },
      { position: other, endpoint: far },
    ];
    const ends = end === 'to' ? ([there, here] as const) : ([here, there] as const);
    return probeBetween({ axis, side }, ends, exampleService(piece.services));
  }
}
