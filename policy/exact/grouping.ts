import { compareBytes } from '@bulkhead/model/byte-order.ts';
import type { Estate, Workload } from '../estate.ts';
import { modeAt } from '../language/modes.ts';
import type { Term, TermId } from '../language/terms.ts';
import type { Policy } from '../policy.ts';
import type { Sides, World } from '../world.ts';
import { isPlain, type Kind, type KindReader, readKinds, viewersOf } from './endpoint-kinds.ts';
import { workloadsMatching } from './estate-facts.ts';

/** Workloads whose endpoints are of the same kinds in both worlds. Null: they are not in that world. */
export type Group = { readonly workloads: readonly string[]; readonly kinds: Sides<readonly Kind[] | null> };

export type Grouping = {
  readonly groups: readonly Group[];
  /** One and the same where no workload differs between the worlds. */
  readonly readers: Sides<KindReader>;
  /** Of a world beside itself. */
  readonly placed: Placed | null;
};

type Placed = {
  /** By position in `estate.workloads`. */
  readonly groupOf: Int32Array;
  /** Groups whose members are taken for something else than they are. */
  readonly odd: readonly number[];
};

/** `terms`: of both worlds, those of the first one first. */
export function groupWorkloads(worlds: Sides<World>, terms: readonly Term[]): Grouping {
  const { before } = worlds;
  if (!isSameEstate(worlds)) return groupBoth(worlds, terms);
  const added = terms.slice(before.policy.terms.length);
  if (added.length === 0) return groupingOf(before);
  return isExtension(added) ? refine(before, groupingOf(before), terms) : groupOne(before, readTerms(before, terms));
}

/** Of some workloads of worlds that differ in their rules alone. */
export function groupSome(world: World, terms: readonly Term[], positions: readonly number[]): Grouping {
  const first = world.policy.terms.length;
  const added = terms.slice(first);
  const reader = isExtension(added)
    ? extended(readerOf(world), terms, { first, firstKind: 0 })
    : readTerms(world, terms);
  const grouper = new Grouper();
  for (const position of positions) {
    const workload = world.estate.workloads[position] as Workload;
    grouper.add(workload.name, reader.kindsOf(workload));
  }
  return { groups: grouper.groups, readers: { before: reader, after: reader }, placed: null };
}

/** Whether workloads are what they are in both worlds, whatever the rules. */
export const isSameEstate = ({ before, after }: Sides<World>): boolean =>
  before.estate === after.estate && sameModes({ before, after });

const isExtension = (added: readonly Term[]): boolean =>
  added.length <= refinedMost && added.every(({ kind }) => kind === 'workloads');

/** New selectors from which on all workloads are looked at anew: each of them is asked for by itself when refining. */
const refinedMost = 64;

const groupings = new WeakMap<Estate, WeakMap<Policy, Grouping>>();

/** Of a world beside itself; worked out once per world, as it is compared with draft after draft. */
function groupingOf(world: World): Grouping {
  const ofEstate = groupings.get(world.estate) ?? new WeakMap<Policy, Grouping>();
  groupings.set(world.estate, ofEstate);
  const grouping = ofEstate.get(world.policy) ?? groupOne(world, readerOf(world));
  ofEstate.set(world.policy, grouping);
  return grouping;
}

const knownReaders = new WeakMap<Estate, WeakMap<Policy, KindReader>>();

function readerOf(world: World): KindReader {
  const ofEstate = knownReaders.get(world.estate) ?? new WeakMap<Policy, KindReader>();
  knownReaders.set(world.estate, ofEstate);
  const reader = ofEstate.get(world.policy) ?? readTerms(world, world.policy.terms);
  ofEstate.set(world.policy, reader);
  return reader;
}

const readTerms = (world: World, terms: readonly Term[]): KindReader =>
  readKinds(world, terms, viewersOf([world.estate]));

function groupOne(world: World, reader: KindReader): Grouping {
  const grouper = new Grouper();
  const { workloads } = world.estate;
  const groupOf = Int32Array.from(workloads, (workload) => grouper.add(workload.name, reader.kindsOf(workload)));
  const odd = [...grouper.groups.keys()].filter((group) => !grouper.groups[group]?.kinds.before?.every(isPlain));
  return { groups: grouper.groups, readers: { before: reader, after: reader }, placed: { groupOf, odd } };
}

type Numbers = { readonly first: TermId; readonly firstKind: number };

/** Knows the selectors from number `first` on as well. */
function extended(reader: KindReader, terms: readonly Term[], { first, firstKind }: Numbers): KindReader {
  const more = terms.slice(first).map((term, index): readonly [TermId, Term] => [first + index, term]);
  return more.length === 0 ? reader : reader.extended(more, firstKind);
}

/**
 * Splits groups by selectors that the grouping did not know. Only workloads that one of them matches can part from
 * their group, and those that others take for something else than they are, for what others match counts there.
 */
function refine({ estate, policy }: World, { groups, readers, placed }: Grouping, terms: readonly Term[]): Grouping {
  const first = policy.terms.length;
  const reader = extended(readers.before, terms, { first, firstKind: firstKindOf(groups) });
  const touched = new Set(placed?.odd ?? groups.keys());
  for (const term of terms.slice(first)) {
    const requirements = term.kind === 'workloads' ? term.requirements : [];
    for (const position of workloadsMatching(estate, requirements)) touched.add(placed?.groupOf[position] ?? 0);
  }
  const refined = [...groups];
  for (const touchedGroup of touched) {
    const grouper = new Grouper();
    for (const name of groups[touchedGroup]?.workloads ?? [])
      grouper.add(name, reader.kindsOf(estate.byName.get(name) as Workload));
    const [head, ...others] = grouper.groups;
    if (head !== undefined) refined[touchedGroup] = head;
    refined.push(...others);
  }
  return { groups: refined, readers: { before: reader, after: reader }, placed: null };
}

function firstKindOf(groups: readonly Group[]): number {
  let most = 0;
  for (const { kinds } of groups) for (const { number } of kinds.before ?? []) most = Math.max(most, number + 1);
  return most;
}

function groupBoth({ before, after }: Sides<World>, terms: readonly Term[]): Grouping {
  const viewers = viewersOf([before.estate, after.estate]);
  const readers = { before: readKinds(before, terms, viewers), after: readKinds(after, terms, viewers) };
  const names = new Set([...before.estate.byName.keys(), ...after.estate.byName.keys()]);
  const grouper = new Grouper();
  for (const name of [...names].sort(compareBytes)) {
    const [was, is] = [before.estate.byName.get(name), after.estate.byName.get(name)];
    grouper.addBoth(name, {
      before: was === undefined ? null : readers.before.kindsOf(was),
      after: is === undefined ? null : readers.after.kindsOf(is),
    });
  }
  return { groups: grouper.groups, readers, placed: null };
}

/** Puts workloads of equal kinds together; answers with the position of the group. */
class Grouper {
  readonly groups: { readonly workloads: string[]; readonly kinds: Group['kinds'] }[] = [];
  readonly #byKind = new Map<number, number>();
  readonly #byText = new Map<string, number>();

  add(name: string, kinds: readonly Kind[]): number {
    const [first] = kinds;
    if (kinds.length !== 1 || first === undefined) return this.addBoth(name, { before: kinds, after: kinds });
    const known = this.#byKind.get(first.number);
    if (known !== undefined) return this.#join(known, name);
    this.#byKind.set(first.number, this.groups.length);
    return this.#open(name, { before: kinds, after: kinds });
  }

  addBoth(name: string, kinds: Group['kinds']): number {
    const numbers = (list: readonly Kind[] | null) => list?.map(({ number }) => number).join(',') ?? '-';
    const text = `${numbers(kinds.before)} ${numbers(kinds.after)}`;
    const known = this.#byText.get(text);
    if (known !== undefined) return this.#join(known, name);
    this.#byText.set(text, this.groups.length);
    return this.#open(name, kinds);
  }

  #join(group: number, name: string): number {
    this.groups[group]?.workloads.push(name);
    return group;
  }

  #open = (name: string, kinds: Group['kinds']): number => this.groups.push({ workloads: [name], kinds }) - 1;
}

/** Policies of one estate list its workloads in one order. */
function sameModes({ before, after }: Sides<World>): boolean {
  const [was, is] = [before.policy.modes, after.policy.modes];
  if (was === is) return true;
  if (was.size !== is.size) return sameModesByName({ before, after });
  const others = is.entries();
  for (const [name, modes] of was) {
    const [otherName, other] = others.next().value ?? [];
    if (otherName !== name || other === undefined) return sameModesByName({ before, after });
    if (modes.inbound !== other.inbound || modes.outbound !== other.outbound) return false;
  }
  return true;
}

function sameModesByName({ before, after }: Sides<World>): boolean {
  const [was, is] = [before.policy.modes, after.policy.modes];
  return before.estate.workloads.every((workload) =>
    (['inbound', 'outbound'] as const).every(
      (direction) => modeAt(was, workload, direction) === modeAt(is, workload, direction),
    ),
  );
}
