import type { View } from '@bulkhead/model/decision.ts';
import type { TermId } from '../language/terms.ts';
import { type Side, type Sides, sides } from '../world.ts';
import type { Block } from './blocks.ts';
import { frontendPositions } from './frontends.ts';
import type { Joint } from './joint.ts';
import { cutFor, Judge, type Judged } from './judge.ts';
import { type Partly, PartlyFinder } from './partly.ts';
import type { PositionSet } from './position-sets.ts';
import type { End } from './rule-book.ts';
import type { ServicePiece } from './service-cuts.ts';
import { type Progress, stride } from './steps.ts';

export type Changes = { readonly blocks: Sides<readonly Block[]>; readonly partly: Sides<Partly | null> };

/**
 * Blocks that are open in one world only: `before` are those that close. Asks about the ends that changed themselves
 * with everybody, and about destinations of changed rules with everybody else: what neither touches cannot differ.
 */
export function* compareWorlds(joint: Joint, view: View): Generator<Progress, Changes> {
  const { axis, book } = joint;
  const judges = { before: judgeOf('before'), after: judgeOf('after') };
  const found: Sides<Block[]> = { before: [], after: [] };
  const partly = new PartlyFinder(joint);
  // What members let in behind a frontend changes without anything else at it.
  const fronts = new Set(frontendPositions(axis));
  const isChanged = (end: number): boolean => axis.isChanged(end) || fronts.has(end);
  const changed = book.sameTiers ? [...axis.ends()].filter(isChanged) : [...axis.ends()];
  const changedSet = axis.sets.of(changed);
  const others = axis.sets.minus(axis.sets.full, changedSet);
  const reached = axis.sets.positions(axis.sets.minus(reachedEnds(joint), changedSet));
  const tasks: readonly Task[] = [
    ...changed.map((position): Task => ({ position, end: 'to', among: axis.sets.full, all: true })),
    ...Array.from(reached, (position): Task => ({ position, end: 'to', among: others, all: false })),
    ...changed.map((position): Task => ({ position, end: 'from', among: others, all: true })),
  ];
  for (const [done, task] of tasks.entries()) {
    if (done % stride === 0) yield { done, of: tasks.length };
    compareAt(joint, judges, { task, found, partly });
  }
  return { blocks: found, partly: { before: partly.found('before'), after: partly.found('after') } };

  function judgeOf(side: Side): Judge {
    return new Judge(joint, { side, view });
  }
}

type Task = {
  readonly position: number;
  readonly end: End;
  readonly among: PositionSet;
  /** Whether every service may differ, or those of changed rules only. */
  readonly all: boolean;
};

/** Destinations of rules that one world has and the other has not. */
function reachedEnds({ axis, book }: Joint): PositionSet {
  let reached = axis.sets.empty;
  for (const side of sides) {
    const terms = new Set<TermId>();
    for (const position of book.changed(side)) for (const term of book.rules[position]?.to ?? []) terms.add(term);
    for (const sight of ['local', ...axis.viewers(side)] as const) {
      reached = axis.sets.or(reached, axis.matching(side, sight, [...terms]));
    }
  }
  return axis.fold(reached);
}

type Work = { readonly task: Task; readonly found: Sides<Block[]>; readonly partly: PartlyFinder };

function compareAt({ axis, book }: Joint, judges: Sides<Judge>, { task, found, partly }: Work): void {
  const { position: fixed, end, among, all } = task;
  const judged: Sides<Judged> = { before: judges.before.at(fixed, end), after: judges.after.at(fixed, end) };
  const changed = all ? null : changedServices(judged);
  if (changed?.length === 0) return;
  for (const piece of cutFor(book, [judged.before, judged.after])) {
    if (changed !== null && !changed.some((set) => piece.sets.has(set))) continue;
    const ends = {
      before: judges.before.reachedByEndpoint(judged.before, piece),
      after: judges.after.reachedByEndpoint(judged.after, piece),
    };
    const [was, is] = [judges.before.foldAll(ends.before), judges.after.foldAll(ends.after)];
    const cells = { before: axis.sets.minus(was, is), after: axis.sets.minus(is, was) };
    if (axis.hasSeveralAddresses) partly.look({ fixed, end, ends, piece, among, cells });
    if (was === is) continue;
    add(found.before, cells.before, piece);
    add(found.after, cells.after, piece);
  }

  function add(into: Block[], differing: PositionSet, piece: ServicePiece): void {
    const others = axis.sets.and(differing, among);
    if (!axis.sets.isEmpty(others)) into.push({ fixed, end, piece, others });
  }
}

/** Of rules that match the end in one world only. */
const changedServices = ({ before, after }: Sides<Judged>): readonly number[] =>
  [before, after].flatMap(({ endpoints }) =>
    endpoints.flatMap(({ deciders }) => deciders.flatMap(({ rules }) => rules.changed)),
  );
