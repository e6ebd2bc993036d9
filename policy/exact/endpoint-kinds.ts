import { defaultNetwork, type Labels } from '@bulkhead/model/words.ts';
import { type Address, addressBits, addressFamily, type Family } from '@bulkhead/net/address.ts';
import { addressSetRanges } from '../address-set.ts';
import { type Estate, localLabels, ownerSeenFrom, type Workload } from '../estate.ts';
import { type Modes, modeAt } from '../modes.ts';
import { type OverlayRange, overlay, rangeAt } from '../overlay.ts';
import { labelOf } from '../selector.ts';
import { indexTerms, matchTerms, type TermIndex } from '../term-index.ts';
import type { Term, TermId } from '../terms.ts';
import type { World } from '../world.ts';

/** Terms that match something, ascending; equal lists are one object. */
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

const noModes: Modes = { inbound: 'enforce', outbound: 'enforce' };

/** Finds the kinds of the endpoints of one world. Terms are those of the caller, in their order. */
export class KindReader {
  readonly #world: World;
  readonly #viewers: Viewers;
  readonly #viewerNumbers: ReadonlyMap<string, number>;
  readonly #index: TermIndex;
  readonly #keys: readonly string[];
  readonly #ranges: Readonly<Record<Family, readonly OverlayRange[]>>;
  readonly #lists = new Map<string, TermList>();
  readonly #byLabels = new Map<string, TermList>();
  readonly #kinds = new Map<string, Kind>();

  constructor(world: World, terms: readonly Term[], viewers: Viewers) {
    this.#world = world;
    this.#viewers = viewers;
    this.#viewerNumbers = new Map(viewers.map((networks, number) => [JSON.stringify(networks), number]));
    this.#index = indexTerms(terms);
    const requirements = terms.flatMap((term) => (term.kind === 'workloads' ? term.requirements : []));
    this.#keys = [...new Set(requirements.map(({ key }) => key))];
    this.#ranges = { 4: rangesOf(terms, 4), 6: rangesOf(terms, 6) };
  }

  /** In the order of the addresses; a workload without one is met without one. Null: it is not in this world. */
  kindsOf(name: string): readonly Kind[] | null {
    const workload = this.#world.estate.byName.get(name);
    if (workload === undefined) return null;
    if (workload.addresses.length === 0) return [this.#kindAt(workload, defaultNetwork, null)];
    return workload.addresses.map(({ network, address }) => this.#kindAt(workload, network, address));
  }

  /** An address that nobody owns, in whatever network it is met. */
  unowned(address: Address): Kind {
    const terms = this.#match(null, address);
    const peers = this.#viewers.map(() => terms);
    const family = addressFamily(address);
    return this.#kind({ local: terms, peers, viewer: 0, enforced: false, modes: noModes, place: `* ${family}` });
  }

  /** The selectors and `any` that match a workload for its labels alone. */
  selectorsOf = (labels: Labels): TermList => this.#match(labels, null);

  #kindAt(workload: Workload, network: string, address: Address | null): Kind {
    const { estate, policy } = this.#world;
    const peers = this.#viewers.map((networks) => {
      const known = networks.includes(network) ? networks : [network];
      const owner = address === null ? workload : ownerSeenFrom(estate, known, address);
      return this.#match(owner?.labels ?? null, address);
    });
    const place = address === null ? null : `${network} ${addressFamily(address)}`;
    const shared = { peers, enforced: workload.enforced, place };
    if (!workload.enforced) return this.#kind({ ...shared, local: peers[0] as TermList, viewer: 0, modes: noModes });
    const viewer = workload.networks.length > 1 ? this.#viewerNumbers.get(JSON.stringify(workload.networks)) : 0;
    const [inbound, outbound] = [modeAt(policy.modes, workload, 'inbound'), modeAt(policy.modes, workload, 'outbound')];
    const local = this.#match(localLabels(estate, workload, address), address);
    return this.#kind({ ...shared, local, viewer: viewer ?? 0, modes: { inbound, outbound } });
  }

  #match(labels: Labels | null, address: Address | null): TermList {
    const ofLabels = this.#matchLabels(labels);
    if (address === null) return ofLabels;
    const family = addressFamily(address);
    const ranges = this.#ranges[family];
    const tags = ranges.length === 0 ? [] : (rangeAt(ranges, addressBits(address))?.tags ?? []);
    return tags.length === 0 ? ofLabels : this.#list([...ofLabels, ...tags].sort((a, b) => a - b));
  }

  #matchLabels(labels: Labels | null): TermList {
    const text = labels === null ? 'nobody' : this.#keys.map((key) => labelOf(labels, key) ?? '\u0000').join('\u0001');
    const known = this.#byLabels.get(text) ?? this.#list(matchTerms(this.#index, { labels, address: null }));
    this.#byLabels.set(text, known);
    return known;
  }

  #list(terms: TermList): TermList {
    const text = terms.join(',');
    const known = this.#lists.get(text) ?? terms;
    this.#lists.set(text, known);
    return known;
  }

  #kind(kind: Omit<Kind, 'number'>): Kind {
    const { local, peers, viewer, enforced, modes, place } = kind;
    const lists = [local, ...peers].map((list) => this.#numberOf(list)).join(',');
    const text = `${lists} ${viewer} ${enforced} ${modes.inbound} ${modes.outbound} ${place}`;
    const known = this.#kinds.get(text) ?? { ...kind, number: this.#kinds.size };
    this.#kinds.set(text, known);
    return known;
  }

  readonly #numbers = new Map<TermList, number>();

  #numberOf(list: TermList): number {
    const number = this.#numbers.get(list) ?? this.#numbers.size;
    this.#numbers.set(list, number);
    return number;
  }
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
