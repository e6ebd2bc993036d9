import { labelOf } from '@bulkhead/model/requirements.ts';
import { defaultNetwork, type Labels, type NetworkAddress } from '@bulkhead/model/words.ts';
import { type Address, addressBits, addressFamily, type Family } from '@bulkhead/net/address.ts';
import { indexTerms, matchTerms } from '../deciding/term-index.ts';
import { type Estate, localLabels, ownerSeenFrom, type Workload } from '../estate.ts';
import { addressSetRanges } from '../language/address-set.ts';
import type { Modes } from '../language/modes.ts';
import type { Term, TermId } from '../language/terms.ts';
import { type OverlayRange, overlay, rangeAt } from '../overlay.ts';
import type { World } from '../world.ts';
import { tagClaimed } from './estate-facts.ts';

/** Terms that match something, ascending; equal lists of one reader are one object. */
export type TermList = readonly TermId[];

/** All that decides about an endpoint, whatever the other end: endpoints of one kind are interchangeable. */
export type Kind = {
  readonly number: number;
  /** What its own host takes it for. */
  readonly local: TermList;
  /** What hosts take it for, by `Viewers`. */
  readonly peers: readonly TermList[];
  /** As what its host looks at others. */
  readonly viewer: number;
  readonly enforced: boolean;
  readonly modes: Modes;
  /** Of one network and one address family; null where there is no address. Equal places meet (SPEC E10). */
  readonly place: string | null;
};

/**
 * Hosts in several networks see an address as the one owner that all their networks know (SPEC E11). Every list of
 * networks that such a host has is a way to look; number 0, an empty list, is the way of hosts in one network.
 */
export type Viewers = readonly (readonly string[])[];

export function viewersOf(estates: readonly Estate[]): Viewers {
  const lists = new Map<string, readonly string[]>([['[]', []]]);
  for (const { workloads } of estates) {
    for (const { networks } of workloads) if (networks.length > 1) lists.set(JSON.stringify(networks), networks);
  }
  return [...lists.values()];
}

/** Whoever looks takes the endpoint for what it takes itself for. */
export const isPlain = ({ local, peers }: Kind): boolean => peers.every((peer) => peer === local);

/** Which selectors match labels, which depends on the values of some keys alone. */
type Selectors = { readonly match: (labels: Labels | null) => TermList; readonly keys: readonly string[] };

type Parts = {
  readonly world: World;
  readonly viewers: Viewers;
  readonly selectors: Selectors;
  readonly ranges: Readonly<Record<Family, readonly OverlayRange[]>>;
  /** Claimed addresses that some address term contains. */
  readonly tagged: ReadonlyMap<Address, TermList>;
  readonly firstKind: number;
  /** What matches every end. */
  readonly always: TermList;
};

/** Terms are those of the caller, in their order. */
export function readKinds(world: World, terms: readonly Term[], viewers: Viewers): KindReader {
  const index = indexTerms(terms);
  const match = (labels: Labels | null) => matchTerms(index, { labels, address: null });
  const ranges = { 4: rangesOf(terms, 4), 6: rangesOf(terms, 6) };
  const tagged = new Map(([4, 6] as const).flatMap((family) => tagClaimed(world.estate, family, ranges[family])));
  return new KindReader({
    world,
    viewers,
    selectors: { match, keys: keysOf(terms) },
    ranges,
    tagged,
    firstKind: 0,
    always: index.any,
  });
}

/** Finds the kinds of the endpoints of one world. */
export class KindReader {
  readonly #parts: Parts;
  readonly #viewerNumbers: ReadonlyMap<string, number>;
  readonly #lists = new Map<string, TermList>();
  readonly #numbers = new Map<TermList, number>();
  readonly #byLabels = new Map<string, TermList>();
  readonly #plainKinds = new Map<number, Kind>();
  readonly #oddKinds = new Map<string, Kind>();
  readonly #places = new Map<string, Place>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#viewerNumbers = new Map(parts.viewers.map((networks, number) => [JSON.stringify(networks), number]));
  }

  /** One that knows more selectors, which come behind all terms. Its kinds are numbered from `firstKind` on. */
  extended(more: readonly (readonly [TermId, Term])[], firstKind: number): KindReader {
    const { selectors } = this.#parts;
    const index = indexTerms(more.map(([, term]) => term));
    const match = (labels: Labels | null): TermList => [
      ...selectors.match(labels),
      ...matchTerms(index, { labels, address: null }).map((id) => more[id]?.[0] as TermId),
    ];
    const keys = [...new Set([...selectors.keys, ...keysOf(index.terms)])];
    return new KindReader({ ...this.#parts, selectors: { match, keys }, firstKind });
  }

  /** Those of its addresses, in their order; a workload without one is met without one. */
  kindsOf(workload: Workload): readonly Kind[] {
    const { addresses } = workload;
    if (addresses.length === 0) return [this.#kindAt(workload, defaultNetwork, null)];
    return addresses.map(({ network, address }) => this.#kindAt(workload, network, address));
  }

  /** An address that nobody owns, in whatever network it is met. */
  unowned(address: Address): Kind {
    const terms = this.#tagged(null, this.#tagsAt(address));
    const place = this.#place('*', address);
    const unmanaged = { viewer: 0, enforced: false, modes: noModes, place: place.text };
    return { ...unmanaged, number: -1, local: terms, peers: this.#parts.viewers.map(() => terms) };
  }

  /** The address as whoever looks takes it for, whosever it is. */
  seen(at: NetworkAddress): Kind {
    const tags = this.#tagsAt(at.address);
    const peers = this.#parts.viewers.map((networks) =>
      this.#tagged(this.#ownerSeen(networks, at)?.labels ?? null, tags),
    );
    const unmanaged = { viewer: 0, enforced: false, modes: noModes, place: null };
    return { ...unmanaged, number: -1, local: peers[0] ?? [], peers };
  }

  /** A domain name that these terms and `any` cover; nobody tells where it is. */
  named(covering: TermList): Kind {
    const terms = this.#list([...this.#parts.always, ...covering].sort((a, b) => a - b));
    const unmanaged = { viewer: 0, enforced: false, modes: noModes, place: null };
    return { ...unmanaged, number: -1, local: terms, peers: this.#parts.viewers.map(() => terms) };
  }

  /** The selectors and `any` that match a workload for its labels alone. */
  selectorsOf = (labels: Labels): TermList => this.#matchLabels(labels);

  #kindAt(workload: Workload, network: string, address: Address | null): Kind {
    const { world, viewers } = this.#parts;
    const place = this.#place(network, address);
    const own = this.#match(workload.labels, address);
    const { enforced } = workload;
    const modes = enforced ? (world.policy.modes.get(workload.name) ?? fallbackModes(workload)) : noModes;
    const isUsual =
      viewers.length === 1 && (address === null || world.estate.owners.get(network)?.get(address) === workload);
    if (isUsual) return this.#plainKind({ local: own, enforced, modes, place });
    const peers = viewers.map((networks) => {
      const owner = address === null ? workload : this.#ownerSeen(networks, { network, address });
      return owner === workload ? own : this.#match(owner?.labels ?? null, address);
    });
    const viewer = (enforced && this.#viewerNumbers.get(JSON.stringify(workload.networks))) || 0;
    const local = enforced ? this.#match(localLabels(world.estate, workload, address), address) : (peers[0] ?? own);
    return this.#oddKind({ local, peers, viewer, enforced, modes, place: place.text });
  }

  #ownerSeen(networks: readonly string[], { network, address }: NetworkAddress): Workload | null {
    const known = networks.includes(network) ? networks : [network];
    return ownerSeenFrom(this.#parts.world.estate, known, address);
  }

  #match(labels: Labels | null, address: Address | null): TermList {
    const tags = address === null ? undefined : this.#parts.tagged.get(address);
    return tags === undefined ? this.#matchLabels(labels) : this.#tagged(labels, tags);
  }

  #tagged = (labels: Labels | null, tags: TermList): TermList =>
    this.#list([...this.#matchLabels(labels), ...tags].sort((a, b) => a - b));

  /** Of any address, claimed or not. */
  #tagsAt = (address: Address): TermList =>
    rangeAt(this.#parts.ranges[addressFamily(address)], addressBits(address))?.tags ?? [];

  #matchLabels(labels: Labels | null): TermList {
    const { keys, match } = this.#parts.selectors;
    let text = labels === null ? 'nobody' : '';
    if (labels !== null) for (const key of keys) text += `\u0001${labelOf(labels, key) ?? '\u0000'}`;
    const known = this.#byLabels.get(text);
    if (known !== undefined) return known;
    const found = this.#list(match(labels));
    this.#byLabels.set(text, found);
    return found;
  }

  #list(terms: TermList): TermList {
    const text = terms.join(',');
    const known = this.#lists.get(text);
    if (known !== undefined) return known;
    this.#lists.set(text, terms);
    this.#numbers.set(terms, this.#numbers.size);
    return terms;
  }

  #place(network: string, address: Address | null): Place {
    const text = address === null ? null : `${network} ${addressFamily(address)}`;
    const known = this.#places.get(`${text}`);
    if (known !== undefined) return known;
    const place = { text, number: this.#places.size };
    this.#places.set(`${text}`, place);
    return place;
  }

  #plainKind({ local, enforced, modes, place }: Pick<Kind, 'local' | 'enforced' | 'modes'> & { place: Place }): Kind {
    const mode = modeNumbers[modes.inbound] * 8 + modeNumbers[modes.outbound] * 2 + (enforced ? 1 : 0);
    const key = ((this.#numbers.get(local) as number) * 65536 + place.number) * 32 + mode;
    const known = this.#plainKinds.get(key);
    if (known !== undefined) return known;
    const kind = { number: this.#nextNumber(), local, peers: [local], viewer: 0, enforced, modes, place: place.text };
    this.#plainKinds.set(key, kind);
    return kind;
  }

  #oddKind(kind: Omit<Kind, 'number'>): Kind {
    const { local, peers, viewer, enforced, modes, place } = kind;
    const lists = [local, ...peers].map((list) => this.#numbers.get(list)).join(',');
    const text = `${lists} ${viewer} ${enforced} ${modes.inbound} ${modes.outbound} ${place}`;
    const known = this.#oddKinds.get(text) ?? { ...kind, number: this.#nextNumber() };
    this.#oddKinds.set(text, known);
    return known;
  }

  #nextNumber = (): number => this.#parts.firstKind + this.#plainKinds.size + this.#oddKinds.size;
}

/** A number for the text, because texts are long to compare. */
type Place = { readonly text: string | null; readonly number: number };

const noModes: Modes = { inbound: 'enforce', outbound: 'enforce' };
const modeNumbers = { enforce: 0, selective: 1, test: 2, observe: 3 } as const;
const fallbackModes = ({ fallbackMode }: Workload): Modes => ({ inbound: fallbackMode, outbound: fallbackMode });

function keysOf(terms: readonly Term[]): string[] {
  const keys = new Set<string>();
  for (const term of terms) {
    if (term.kind !== 'workloads') continue;
    for (const { key } of term.requirements) keys.add(key);
  }
  return [...keys];
}

function rangesOf(terms: readonly Term[], family: Family): OverlayRange[] {
  return overlay(
    terms.flatMap((term, tag) =>
      term.kind !== 'addresses'
        ? []
        : addressSetRanges(term.set).flatMap((range) => (range.family === family ? [{ ...range, tag }] : [])),
    ),
  );
}
