import { type Address, addressFamily, type Family } from '@bulkhead/net/address.ts';
import type { Term, TermId } from '../language/terms.ts';
import { overlay, type TaggedRange } from '../overlay.ts';
import type { Claim, KnownAddress, Member, Place } from './nodes.ts';

type Region = { readonly last: number | bigint; readonly place: Place };
/** `firsts` and `regions` stand side by side; bits of one family are all numbers or all bigints. */
type Regions = { readonly firsts: readonly (number | bigint)[]; readonly regions: readonly Region[] };

/**
 * Addresses that workloads claim, and what contains them. One address costs a binary search over the regions that ip
 * lists and prefixes cut the space into; a new list costs one pass over all addresses.
 */
export class Places {
  readonly nowhere: Place = newPlace(0, []);
  readonly #places = new Map<string, Place>();
  readonly #byTerm = new Map<TermId, Set<Place>>();
  readonly #known = new Map<Address, KnownAddress>();
  readonly #ranges: Record<Family, TaggedRange[]> = { 4: [], 6: [] };
  #regions: Record<Family, Regions> = { 4: { firsts: [], regions: [] }, 6: { firsts: [], regions: [] } };
  #ordered: readonly KnownAddress[] | null = null;

  get addresses(): Iterable<KnownAddress> {
    return this.#known.values();
  }

  get(address: Address): KnownAddress | undefined {
    return this.#known.get(address);
  }

  placesOf(term: TermId): ReadonlySet<Place> {
    return this.#byTerm.get(term) ?? noPlaces;
  }

  /** The addresses of its document, in that order, as claimed by the member from now on. */
  claimAll(member: Member): readonly KnownAddress[] {
    return member.document.addresses.map(({ network, address }) => this.#claim(address, { network, member }));
  }

  /** The address stays known until `drop`. */
  release(known: KnownAddress, member: Member): void {
    known.claims = known.claims.filter((claim) => claim.member !== member);
  }

  drop(addresses: Iterable<KnownAddress>): void {
    for (const known of addresses) {
      if (known.claims.length > 0) continue;
      this.#known.delete(known.address);
      this.#ordered = null;
    }
  }

  /** Takes lists and prefixes that are new; answers the addresses that are in another place now. */
  admit(terms: ReadonlyMap<TermId, Term>): KnownAddress[] {
    let fresh = false;
    for (const [tag, term] of terms) {
      if (term.kind !== 'addresses') continue;
      fresh = true;
      for (const family of [4, 6] as const)
        for (const { first, last } of term.set[family]) this.#ranges[family].push({ first, last, tag });
    }
    if (!fresh) return [];
    this.#regions = { 4: this.#cut(4), 6: this.#cut(6) };
    const moved: KnownAddress[] = [];
    for (const known of this.#known.values()) {
      const place = this.#placeOf(known.family, known.bits);
      if (place === known.place) continue;
      known.place = place;
      moved.push(known);
    }
    return moved;
  }

  /** By family, then bits; `rank` is the position. Sorted again only after addresses came or went. */
  ordered(): readonly KnownAddress[] {
    if (this.#ordered !== null) return this.#ordered;
    const all = [...this.#known.values()].sort(compareKnown);
    for (const [rank, known] of all.entries()) known.rank = rank;
    this.#ordered = all;
    return all;
  }

  #claim(address: Address, claim: Claim): KnownAddress {
    const known = this.#known.get(address);
    if (known === undefined) return this.#meet(address, claim);
    known.claims = [...known.claims, claim];
    return known;
  }

  #meet(address: Address, claim: Claim): KnownAddress {
    const family = addressFamily(address);
    const bits = family === 4 ? bitsOfV4(address) : bitsOfV6(address);
    const place = this.#placeOf(family, bits);
    const known: KnownAddress = { address, family, bits, place, claims: [claim], classes: [], rank: 0 };
    this.#known.set(address, known);
    this.#ordered = null;
    return known;
  }

  #placeOf(family: Family, bits: number | bigint): Place {
    const { firsts, regions } = this.#regions[family];
    let [low, high] = [0, firsts.length - 1];
    while (low <= high) {
      const middle = (low + high) >>> 1;
      if (bits < (firsts[middle] as number)) high = middle - 1;
      else if (bits > (regions[middle] as Region).last) low = middle + 1;
      else return (regions[middle] as Region).place;
    }
    return this.nowhere;
  }

  #cut(family: Family): Regions {
    const narrow = (bits: bigint): number | bigint => (family === 4 ? Number(bits) : bits);
    const ranges = overlay(this.#ranges[family]);
    return {
      firsts: ranges.map(({ first }) => narrow(first)),
      regions: ranges.map(({ last, tags }) => ({ last: narrow(last), place: this.#place(tags) })),
    };
  }

  #place(terms: readonly TermId[]): Place {
    const key = terms.join(',');
    const known = this.#places.get(key);
    if (known !== undefined) return known;
    const place = newPlace(this.#places.size + 1, terms);
    this.#places.set(key, place);
    for (const term of terms) {
      const places = this.#byTerm.get(term) ?? new Set();
      this.#byTerm.set(term, places);
      places.add(place);
    }
    return place;
  }
}

const noPlaces: ReadonlySet<Place> = new Set();

function newPlace(id: number, terms: readonly TermId[]): Place {
  return { id, terms, peers: new Set(), locals: new Set() };
}

function compareKnown(a: KnownAddress, b: KnownAddress): number {
  return a.family - b.family || (a.bits < b.bits ? -1 : a.bits > b.bits ? 1 : 0);
}

/** Of a canonical text; a million of them are read when an estate is opened. */
function bitsOfV4(address: Address): number {
  let [bits, part] = [0, 0];
  for (let index = 0; index < address.length; index++) {
    const code = address.charCodeAt(index);
    if (code === 46) [bits, part] = [bits * 256 + part, 0];
    else part = part * 10 + code - 48;
  }
  return bits * 256 + part;
}

/** Of a canonical text, which names no part as an IPv4 address. */
function bitsOfV6(address: Address): bigint {
  const [head = '', tail = ''] = address.split('::');
  const [left, right] = [wholeGroups(head), wholeGroups(tail)];
  return BigInt(`0x${left}${'0'.repeat(32 - left.length - right.length)}${right}`);
}

function wholeGroups(text: string): string {
  if (text === '') return '';
  let out = '';
  for (const group of text.split(':')) out += group.padStart(4, '0');
  return out;
}
