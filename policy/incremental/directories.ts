import type { TermId } from '../language/terms.ts';
import type { Atom, KnownAddress, Member, PeerClass, Place } from './nodes.ts';
import type { Places } from './places.ts';
import type { Segments } from './segments.ts';
import type { TermStore } from './term-store.ts';

/** Who is where, as all hosts in the same networks see it. */
export type Directory = {
  readonly index: number;
  readonly networks: readonly string[];
  readonly peers: Map<number, PeerClass>;
};

/** One directory per distinct set of networks that hosts are in; each costs a look at every known address, once. */
export class Directories {
  readonly all: Directory[] = [];
  readonly #byNetworks = new Map<string, Directory>();
  readonly #places: Places;
  readonly #segments: Segments;
  readonly #terms: TermStore;
  #stamp = 0;

  constructor(parts: { readonly places: Places; readonly segments: Segments; readonly terms: TermStore }) {
    this.#places = parts.places;
    this.#segments = parts.segments;
    this.#terms = parts.terms;
  }

  of(networks: readonly string[]): Directory {
    const key = networks.join(' ');
    const known = this.#byNetworks.get(key);
    if (known !== undefined) return known;
    const directory: Directory = { index: this.all.length, networks, peers: new Map() };
    this.all.push(directory);
    this.#byNetworks.set(key, directory);
    for (const address of this.#places.addresses) this.place(directory, address, this.classify(directory, address));
    return directory;
  }

  /** What the address is there now; null where no owner can be told. */
  classify(directory: Directory, known: KnownAddress): PeerClass | null {
    const owner = ownerSeenIn(directory.networks, known);
    if (owner === null) return null;
    const { atom } = owner.labelSet;
    const key = atom.id * placeLimit + known.place.id;
    const found = directory.peers.get(key);
    if (found !== undefined) return found;
    const made = { directory: directory.index, atom, place: known.place, addresses: new Set<KnownAddress>(), stamp: 0 };
    directory.peers.set(key, made);
    atom.peers.add(made);
    known.place.peers.add(made);
    return made;
  }

  place(directory: Directory, known: KnownAddress, peer: PeerClass | null): void {
    known.classes[directory.index]?.addresses.delete(known);
    known.classes[directory.index] = peer;
    peer?.addresses.add(known);
  }

  /** Every class that one of the terms matches, once. */
  matched(directory: Directory, terms: Iterable<TermId>): PeerClass[] {
    const stamp = ++this.#stamp;
    const out: PeerClass[] = [];
    for (const term of terms) {
      const groups = this.#terms.isSelector(term) ? this.#segments.atomsOf(term) : this.#places.placesOf(term);
      for (const { peers } of groups) {
        for (const peer of peers) {
          if (peer.stamp === stamp || peer.directory !== directory.index) continue;
          peer.stamp = stamp;
          out.push(peer);
        }
      }
    }
    return out;
  }

  drop(peers: Iterable<PeerClass>): PeerClass[] {
    const dropped: PeerClass[] = [];
    for (const peer of peers) {
      const directory = this.all[peer.directory];
      if (peer.addresses.size > 0 || directory === undefined) continue;
      directory.peers.delete(peer.atom.id * placeLimit + peer.place.id);
      peer.atom.peers.delete(peer);
      peer.place.peers.delete(peer);
      dropped.push(peer);
    }
    return dropped;
  }
}

/** More than regions can be told apart; with it, atom and place are one safe integer. */
const placeLimit = 2 ** 26;

/** SPEC D1, E11: as `ownerSeenFrom` does, from the claims themselves. */
function ownerSeenIn(networks: readonly string[], { claims }: KnownAddress): Member | null {
  let found: Member | null = null;
  for (const { network, member } of claims) {
    if (!networks.includes(network)) continue;
    if (found !== null && found !== member) return null;
    found = member;
  }
  return found;
}

/** The terms of a class that a host tells apart, ascending; empty where no selector among them matches (SPEC K3). */
export function signatureOf(
  { atom, place }: { readonly atom: Atom; readonly place: Place },
  relevant: ReadonlySet<TermId>,
): TermId[] {
  const out: TermId[] = [];
  for (const term of atom.terms) if (relevant.has(term)) out.push(term);
  if (out.length === 0 || place.terms.length === 0) return out;
  const length = out.length;
  for (const term of place.terms) if (relevant.has(term)) out.push(term);
  return out.length === length ? out : out.sort((a, b) => a - b);
}
