import type { Direction } from '@bulkhead/model/words.ts';
import { describeLabels } from '../deciding/describe.ts';
import type { Term, TermId } from '../language/terms.ts';
import type { Side, Sides, World } from '../world.ts';
import { isPlain, type Kind, type KindReader } from './endpoint-kinds.ts';
import { workloadsMatching } from './estate-facts.ts';
import { isInNetwork } from './frontends.ts';
import { type Group, groupSome, groupWorkloads } from './grouping.ts';
import { invert, type Members } from './members.ts';
import { type Outside, outsideOf } from './outside.ts';
import { type PositionSet, PositionSets } from './position-sets.ts';
import { RecentResults } from './recent-results.ts';
import type { End } from './rule-book.ts';
import { sameAddresses } from './same-workloads.ts';

/** Workloads that nothing in either world tells apart. */
export type Segment = { readonly workloads: readonly string[] };

/** Who matches a term, and the sets of those that were asked for. */
type Seen = { readonly members: Members; readonly sets: (PositionSet | undefined)[] };

/** How the other ends of a connection are seen: by themselves, or by hosts that look as this viewer does. */
export type Sight = 'local' | number;

/**
 * The ends that connections of two worlds can have, as positions of sets. Position n < segments.length is segment n,
 * and its first endpoint; further endpoints of segments follow, then the addresses outside and the domain names. What is said of a segment
 * as a whole stands at its first position.
 */
export class Axis {
  readonly worlds: Sides<World>;
  readonly terms: readonly Term[];
  readonly segments: readonly Segment[];
  readonly outsides: readonly Outside[];
  readonly sets: PositionSets;
  readonly weights: Float64Array;
  readonly #kinds: Sides<readonly (Kind | null)[]>;
  /** Of a segment with several endpoints in either world: all its positions. */
  readonly #parts: ReadonlyMap<number, readonly number[]>;
  /** By position. */
  readonly #heads: Int32Array;
  readonly #firstOutside: number;
  readonly #firstName: number;
  readonly #firstSnat: number;
  readonly #among: ReadonlySet<number> | null;
  readonly #readers: Sides<KindReader>;
  readonly #plain: Sides<boolean>;
  readonly #sights: Sides<Map<Sight, Seen>> = { before: new Map(), after: new Map() };
  readonly #masks = new Map<string, PositionSet>();
  readonly #aligned = new Map<number, boolean>();
  readonly #foldedBases = new WeakMap<PositionSet['base'], PositionSet>();
  readonly #weighedBases = new WeakMap<PositionSet['base'], number>();
  readonly #folded: RecentResults<PositionSet>;
  readonly #weighed: RecentResults<number>;

  /** `among`: positions of the only workloads that are asked about, of worlds that differ in their rules alone. */
  constructor(worlds: Sides<World>, terms: readonly Term[], among: readonly number[] | null = null) {
    this.worlds = worlds;
    this.terms = terms;
    this.#among = among === null ? null : new Set(among);
    const { groups, readers } = among === null ? groupWorkloads(worlds, terms) : groupSome(worlds.before, terms, among);
    const alike = readers.before === readers.after;
    this.#readers = readers;
    this.segments = groups;
    this.outsides = outsideOf([worlds.before, worlds.after], terms);
    const placed = placeEndpoints(groups);
    this.#parts = placed.parts;
    this.#firstOutside = placed.kinds.before.length;
    const firstOf = (kinds: readonly Outside['kind'][]) =>
      this.#firstOutside + this.outsides.filter(({ kind }) => kinds.includes(kind)).length;
    this.#firstName = firstOf(['addresses']);
    this.#firstSnat = firstOf(['addresses', 'name']);
    const kindsOf = (side: Side): readonly (Kind | null)[] => [
      ...placed.kinds[side],
      ...this.outsides.map((outside) => kindOfOutside(this.#readers[side], outside)),
    ];
    const kinds = kindsOf('before');
    this.#kinds = { before: kinds, after: alike ? kinds : kindsOf('after') };
    this.#heads = Int32Array.from(kinds.keys());
    for (const [head, parts] of placed.parts) for (const part of parts) this.#heads[part] = head;
    this.#plain = { before: allPlain(this.#kinds.before), after: allPlain(this.#kinds.after) };
    this.sets = new PositionSets(kinds.length);
    this.#folded = new RecentResults(this.sets.recent);
    this.#weighed = new RecentResults(this.sets.recent);
    this.weights = new Float64Array(kinds.length);
    for (const [position, { workloads }] of this.segments.entries()) this.weights[position] = workloads.length;
  }

  /** Whether its workloads have the same addresses in both worlds, in the same order, so that endpoints can be compared. */
  hasSameAddresses(position: number): boolean {
    const { before, after } = this.worlds;
    if (this.isOutside(position) || before.estate === after.estate) return true;
    const known = this.#aligned.get(position);
    if (known !== undefined) return known;
    const aligned = (this.segments[position]?.workloads ?? []).every((name) => {
      const [was, is] = [before, after].map(({ estate }) => estate.byName.get(name)?.addresses);
      return was !== undefined && is !== undefined && sameAddresses(was, is);
    });
    this.#aligned.set(position, aligned);
    return aligned;
  }

  /** Whether some segment has more than one endpoint. */
  get hasSeveralAddresses(): boolean {
    return this.#parts.size > 0;
  }

  isOutside = (position: number): boolean => position >= this.#firstOutside;

  /** Domain names are destinations only. */
  isName = (position: number): boolean => position >= this.#firstName && position < this.#firstSnat;

  outsideAt(position: number): Outside {
    return this.outsides[position - this.#firstOutside] as Outside;
  }

  /** Every end that is fixed once when all connections are asked about: segments, then outsides. */
  *ends(): Generator<number> {
    for (let position = 0; position < this.segments.length; position++) yield position;
    for (let position = this.#firstOutside; position < this.#firstSnat; position++) yield position;
  }

  /** The segment of an endpoint. */
  headOf = (endpoint: number): number => this.#heads[endpoint] as number;

  kindAt(side: Side, position: number): Kind {
    const kind = this.#kinds[side][position];
    if (kind == null) throw new Error('There is no such endpoint in this world');
    return kind;
  }

  /** Positions of the endpoints of a segment or outside; none where the world does not have it. */
  endpoints(side: Side, position: number): readonly number[] {
    const kinds = this.#kinds[side];
    const parts = this.#parts.get(position);
    if (parts === undefined) return kinds[position] === null ? [] : [position];
    return parts.filter((part) => kinds[part] !== null);
  }

  /** Whether something about the end itself, and not about the rules, is otherwise after. */
  isChanged(position: number): boolean {
    if (this.#kinds.before === this.#kinds.after) return false;
    const parts = this.#parts.get(position) ?? [position];
    return parts.some((part) => !isSameKind(this.#kinds.before[part] ?? null, this.#kinds.after[part] ?? null));
  }

  /** Ends that match one of the terms. */
  matching(side: Side, sight: Sight, terms: readonly TermId[]): PositionSet {
    const seen = this.#seen(side, sight);
    let set = this.sets.empty;
    for (const term of terms) {
      const known = seen.sets[term];
      const found = known ?? this.sets.of(seen.members.at(term));
      seen.sets[term] = found;
      set = this.sets.or(set, found);
    }
    return set;
  }

  /** One for both where no end differs. */
  sameSide = (side: Side): Side => (this.#kinds.before === this.#kinds.after ? 'before' : side);

  /** One for all sights that see the same. */
  sameSight = (side: Side, sight: Sight): Sight => (this.#plain[side] ? 'local' : sight);

  /** Whether every workload that the selector matches can be among the ends. */
  holdsAll(term: TermId): boolean {
    const selector = this.terms[term];
    if (this.#among === null || selector?.kind !== 'workloads') return this.#among === null;
    const matching = workloadsMatching(this.worlds.before.estate, selector.requirements);
    return matching.every((position) => this.#among?.has(position));
  }

  /** Sights that see the same share what is made of them. */
  #seen(side: Side, sight: Sight): Seen {
    const of = this.sameSide(side);
    const key = this.sameSight(side, sight);
    const known = this.#sights[of].get(key);
    if (known !== undefined) return known;
    const lists = this.#kinds[side].map((kind) => (sight === 'local' ? kind?.local : kind?.peers[sight]) ?? []);
    const seen: Seen = { members: invert(lists, this.terms.length), sets: [] };
    this.#sights[of].set(key, seen);
    return seen;
  }

  /** Viewers that some end of the world is. */
  viewers(side: Side): readonly number[] {
    if (this.#kinds[side].every((kind) => kind === null || kind.viewer === 0)) return [0];
    return [...new Set(this.#kinds[side].flatMap((kind) => kind?.viewer ?? []))].sort((a, b) => a - b);
  }

  #mask(side: Side, name: string, holds: (kind: Kind, position: number) => boolean): PositionSet {
    const key = `${this.#kinds.before === this.#kinds.after ? 'both' : side} ${name}`;
    const kinds = this.#kinds[side];
    const known = this.#masks.get(key);
    if (known !== undefined) return known;
    const mask = this.sets.where((position) => {
      const kind = kinds[position] ?? null;
      return kind !== null && holds(kind, position);
    });
    this.#masks.set(key, mask);
    return mask;
  }

  unenforced = (side: Side): PositionSet => this.#mask(side, 'unenforced', ({ enforced }) => !enforced);
  ofViewer = (side: Side, viewer: number): PositionSet =>
    this.#mask(side, `viewer ${viewer}`, (kind) => kind.viewer === viewer);
  /** Ends whose mode in the direction lets pass what nothing matches. */
  lenient = (side: Side, direction: Direction): PositionSet =>
    this.#mask(side, `lenient ${direction}`, ({ modes }) => modes[direction] !== 'enforce');
  /** Ends whose mode in the direction lets pass what a governed tier denies. */
  watching = (side: Side, direction: Direction): PositionSet =>
    this.#mask(
      side,
      `watching ${direction}`,
      ({ modes }) => modes[direction] === 'observe' || modes[direction] === 'test',
    );

  /** Ends in the network, or without an address where those are taken to be in it. */
  inNetwork = (side: Side, network: string): PositionSet =>
    this.#mask(side, `network ${network}`, ({ place }) => isInNetwork(place, network));

  /** Ends that a connection with this endpoint of a segment or outside can have (SPEC E10, Y1). */
  meeting(side: Side, [segment, endpoint]: readonly [segment: number, endpoint: number], end: End): PositionSet {
    if (segment >= this.#firstSnat) return this.sets.empty;
    const { place } = this.kindAt(side, endpoint);
    const places = this.#placesOf(side, segment);
    const named = this.#firstName === this.sets.length ? '' : `${end} ${this.isName(segment)}`;
    return this.#mask(side, `meeting ${named} ${places} of ${place}`, (kind, position) => {
      if (position >= this.#firstSnat || this.isName(end === 'to' ? position : segment)) return false;
      if (placesMeet(kind.place, place)) return !(this.isOutside(position) && this.isOutside(segment));
      const [here, there] = [this.isOutside(segment), this.isOutside(position)];
      return !here && !there && !this.#profilesMeet(side, segment, this.headOf(position));
    });
  }

  #placesOf = (side: Side, segment: number): string =>
    this.endpoints(side, segment)
      .map((endpoint) => this.kindAt(side, endpoint).place)
      .join(', ');

  #profilesMeet(side: Side, a: number, b: number): boolean {
    const places = (position: number) =>
      this.endpoints(side, position).map((endpoint) => this.kindAt(side, endpoint).place);
    return places(a).some((one) => places(b).some((other) => placesMeet(one, other)));
  }

  /** A set of endpoints as the set of segments and outsides that have one of them. */
  fold(set: PositionSet): PositionSet {
    if (this.#parts.size === 0) return set;
    return this.#folded.find(set.number, 0) ?? this.#folded.keep(set.number, 0, this.#foldToggles(set));
  }

  #foldToggles(set: PositionSet): PositionSet {
    const isSparse = set.base.size === 0;
    if (isSparse && !set.toggles.some((at) => at >= this.segments.length && at < this.#firstOutside)) return set;
    const heads = this.#headsOf(set.toggles);
    if (isSparse) return this.sets.of(heads);
    const base = this.#foldedBases.get(set.base) ?? this.#foldBase(set);
    if (heads.length === 0) return base;
    const held = heads.filter((head) => (this.#parts.get(head) ?? [head]).some((part) => this.sets.has(set, part)));
    return this.sets.or(this.sets.minus(base, this.sets.of(heads)), this.sets.of(held));
  }

  #foldBase({ base }: PositionSet): PositionSet {
    const folded = this.sets.of(this.#headsOf(this.sets.positionsOfBase(base)));
    this.#foldedBases.set(base, folded);
    return folded;
  }

  /** Of ascending positions; ascending, each once. Further endpoints stand in the order of their segments. */
  #headsOf(positions: Int32Array): Int32Array {
    const heads = positions.map((position) => this.headOf(position)).sort();
    let count = 0;
    for (const head of heads) if (count === 0 || heads[count - 1] !== head) heads[count++] = head;
    return heads.subarray(0, count);
  }

  /** Workloads of the segments of a folded set. */
  weigh(set: PositionSet): number {
    return this.#weighed.find(set.number, 0) ?? this.#weighed.keep(set.number, 0, this.#weighToggles(set));
  }

  #weighToggles({ base, toggles }: PositionSet): number {
    let weight = this.#weightOfBase(base);
    for (const position of toggles) {
      const inBase = ((base.bits[position >>> 5] as number) >>> (position & 31)) & 1;
      weight += inBase === 1 ? -(this.weights[position] as number) : (this.weights[position] as number);
    }
    return weight;
  }

  #weightOfBase(base: PositionSet['base']): number {
    const known = this.#weighedBases.get(base);
    if (known !== undefined) return known;
    const positions = this.sets.positionsOfBase(base);
    const weight = positions.reduce((sum, position) => sum + (this.weights[position] as number), 0);
    this.#weighedBases.set(base, weight);
    return weight;
  }

  /** After what selectors of both worlds ask of its labels; of the later world while it is there. */
  nameOf(position: number): string {
    if (this.isOutside(position)) return this.outsideAt(position).name;
    const [first = '', ...others] = this.segments[position]?.workloads ?? [];
    const { before, after } = this.worlds;
    const labels = (after.estate.byName.get(first) ?? before.estate.byName.get(first))?.labels ?? {};
    const terms = this.#readers.after.selectorsOf(labels).flatMap((id) => this.terms[id] ?? []);
    const selected = terms.filter((term) => term.kind === 'workloads' && term.requirements.length > 0);
    if (selected.length > 0) return describeLabels(selected, ',');
    return others.length === 0 ? first : `${first} and ${others.length} more`;
  }
}

function kindOfOutside(reader: KindReader, outside: Outside): Kind {
  if (outside.kind === 'name') return reader.named(outside.terms);
  if (outside.kind === 'snat') return reader.seen({ network: outside.network, address: outside.example });
  return reader.unowned(outside.example);
}

const allPlain = (kinds: readonly (Kind | null)[]): boolean => kinds.every((kind) => kind === null || isPlain(kind));

function isSameKind(a: Kind | null, b: Kind | null): boolean {
  if (a === null || b === null) return a === b;
  if (a.viewer !== b.viewer || a.enforced !== b.enforced || a.place !== b.place) return false;
  if (a.modes.inbound !== b.modes.inbound || a.modes.outbound !== b.modes.outbound) return false;
  return [a.local, ...a.peers].every((list, i) => sameList(list, [b.local, ...b.peers][i] ?? []));
}

const sameList = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((value, i) => value === b[i]);

/** An address outside is in every network. */
function placesMeet(a: string | null, b: string | null): boolean {
  if (a === null || b === null || a === b) return true;
  return (a.startsWith('* ') || b.startsWith('* ')) && a.at(-1) === b.at(-1);
}

function placeEndpoints(groups: readonly Group[]) {
  const first = (side: Side) => groups.map(({ kinds }) => kinds[side]?.[0] ?? null);
  const kinds: Sides<(Kind | null)[]> = { before: first('before'), after: first('after') };
  const parts = new Map<number, number[]>();
  for (const [position, group] of groups.entries()) {
    const most = Math.max(group.kinds.before?.length ?? 0, group.kinds.after?.length ?? 0);
    if (most < 2) continue;
    const own = [position];
    parts.set(position, own);
    for (let endpoint = 1; endpoint < most; endpoint++) {
      own.push(kinds.before.push(group.kinds.before?.[endpoint] ?? null) - 1);
      kinds.after.push(group.kinds.after?.[endpoint] ?? null);
    }
  }
  return { kinds, parts };
}
