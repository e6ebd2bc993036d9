import type { View } from '@bulkhead/model/decision.ts';
import { compareWorlds } from './exact/compare.ts';
import { joinChanges } from './exact/joint.ts';
import { type Change, tellChange } from './exact/rectangles.ts';
import { type Progress, runSteps } from './exact/steps.ts';
import { countKinds, everybody, isConditional } from './identity.ts';
import type { Who } from './probe.ts';
import type { World } from './world.ts';

export type { Partly } from './exact/partly.ts';
export type { AddressRectangle, Change, NameRectangle, Rectangle } from './exact/rectangles.ts';

type BothWays = { readonly opened: Change; readonly closed: Change };

/** What changes for some processes and user, where that is not what changes for nobody in particular. */
export type PeopleDifference = BothWays & { readonly who: Who };

export type Difference = BothWays & {
  /** Absent where no rule asks for a process or a user. */
  readonly people?: readonly PeopleDifference[];
  /** Combinations of processes and users that were not compared, for they are more than `mostPeople`. */
  readonly unknownPeople?: number;
};

/** Combinations that are compared one by one (SPEC F7). */
export const mostPeople = 64;

/** Every cell that is open in one world and not in the other (SPEC F1-F9). Largest rectangles first. */
export function diff(before: World, after: World, view: View = 'intended'): Difference {
  return runSteps(diffInSteps(before, after, view));
}

/** As `diff`, with a stop every few milliseconds at which the caller may do other work, or give up. */
export function* diffInSteps(before: World, after: World, view: View): Generator<Progress, Difference> {
  const plain = yield* diffFor({ before, after, who: {} }, view);
  if (!isConditional(before.policy) && !isConditional(after.policy)) return plain;
  const { compared, more } = peopleOf([before, after]);
  const people: PeopleDifference[] = [];
  for (const who of compared) {
    const theirs = yield* diffFor({ before, after, who }, view);
    if (!isSame(theirs, plain)) people.push({ who, ...theirs });
  }
  return { ...plain, people, ...(more > 0 && { unknownPeople: more }) };
}

/** That nothing changes for anybody, as far as everybody was looked at. */
export function isNoDifference({ people = [], unknownPeople = 0, ...plain }: Difference): boolean {
  return unknownPeople === 0 && people.length === 0 && isNothing(plain.opened) && isNothing(plain.closed);
}

const isNothing = ({ rectangles, addressRectangles, nameRectangles = [], partly }: Change): boolean =>
  rectangles.length + addressRectangles.length + nameRectangles.length === 0 && partly === undefined;

type Asked = { readonly before: World; readonly after: World; readonly who: Who };

function* diffFor({ before, after, who }: Asked, view: View): Generator<Progress, BothWays> {
  const joint = joinChanges({ before, after }, who);
  const { blocks, partly } = yield* compareWorlds(joint, view);
  return {
    opened: asThem(who, tellChange({ joint, side: 'after', view }, blocks.after, partly.after)),
    closed: asThem(who, tellChange({ joint, side: 'before', view }, blocks.before, partly.before)),
  };
}

/** Examples are asked as whom they are of. */
function asThem(who: Who, change: Change): Change {
  const named = <T extends { readonly example: object }>(part: T): T => ({
    ...part,
    example: { ...part.example, ...who },
  });
  return {
    ...change,
    rectangles: change.rectangles.map(named),
    addressRectangles: change.addressRectangles.map(named),
    ...(change.partly !== undefined && { partly: named(change.partly) }),
    ...(change.nameRectangles !== undefined && { nameRectangles: change.nameRectangles.map(named) }),
  };
}

type People = { readonly compared: readonly Who[]; readonly more: number };

/** Whoever the rules of either world tell apart, but nobody. */
function peopleOf(worlds: readonly World[]): People {
  const found = new Map<string, Who>();
  let uncounted = 0;
  for (const { policy } of worlds) {
    const all = everybody(policy, mostListed);
    if (all === null) uncounted += countKinds(policy);
    else for (const who of all) found.set(JSON.stringify(who), who);
  }
  found.delete('{}');
  const all = [...found.values()];
  return { compared: all.slice(0, mostPeople), more: Math.max(all.length - mostPeople, 0) + uncounted };
}

/** Far above what is compared; beyond it they are counted only. */
const mostListed = 10_000;

const isSame = (a: BothWays, b: BothWays): boolean => textOf(a) === textOf(b);

/** Who is asked as is not what changes. */
const textOf = ({ opened, closed }: BothWays): string =>
  JSON.stringify([opened, closed], (key, value: unknown) => (key === 'example' ? undefined : value));
