import { compareBytes } from '@bulkhead/model/byte-order.ts';
import type { Identity, PeerPrefix } from '@bulkhead/model/host-ruleset.ts';
import { type Prefix, rangeToPrefixes } from '@bulkhead/net/prefix.ts';
import { describeTerms } from '../deciding/describe.ts';
import type { Term, TermId } from '../language/terms.ts';
import { prefixSignatures } from '../ruleset/peers.ts';

/** What peers are for a host: equal `key`s are equal lists of terms. */
export type Signature = { readonly key: string; readonly terms: readonly TermId[] };

/** The identities of one view, numbered as `identifyPeers` numbers them: by name, from 1. */
export class Numbering<S extends Signature = Signature> {
  /** In order of their numbers. */
  readonly signatures: readonly (S | Region)[];
  readonly #names: readonly string[];
  readonly #regions: readonly Region[];

  constructor(named: readonly Named<S>[], regions: readonly Region[]) {
    this.signatures = named.map(({ signature }) => signature);
    this.#names = named.map(({ name }) => name.text);
    this.#regions = regions;
  }

  identities(): Identity[] {
    return this.#names.map((name, index) => ({ id: index + 1, name }));
  }

  prefixes(): PeerPrefix[] {
    if (this.#regions.length === 0) return [];
    const numberOf = this.numberOf();
    return this.#regions.flatMap(({ key, prefixes }) =>
      prefixes.map((prefix) => ({ prefix, identity: numberOf.get(key) ?? 0 })),
    );
  }

  /** By key. */
  numberOf(): Map<string, number> {
    return new Map(this.signatures.map(({ key }, index) => [key, index + 1]));
  }
}

/** Names of signatures, and the prefixes of lists that stand together, are asked for again and again: this many are kept. */
const limit = 500_000;

type Named<S extends Signature> = { readonly signature: S | Region; readonly name: Name };
/** `plain`: without code units whose order is not that of their bytes. */
type Name = { readonly text: string; readonly plain: boolean };
export type Region = Signature & { readonly kind: 'region'; readonly prefixes: readonly Prefix[] };

/** Numbers signatures. A signature that was named before costs a look-up and its share of a sort. */
export class Numberer {
  readonly #terms: readonly Term[];
  readonly #names = new Map<string, Name>();
  readonly #regions = new Map<string, readonly Region[]>();

  constructor(terms: readonly Term[]) {
    this.#terms = terms;
  }

  /** The ranges of peers that nobody has to own. */
  regionsOf(relevant: Iterable<TermId>): readonly Region[] {
    const lists: TermId[] = [];
    for (const term of relevant) if (this.#terms[term]?.kind === 'addresses') lists.push(term);
    return remember(this.#regions, lists.join(','), () =>
      prefixSignatures(this.#terms, lists).map(({ tags, ...range }) => {
        return { kind: 'region', key: tags.join(','), terms: tags, prefixes: rangeToPrefixes(range) };
      }),
    );
  }

  number<S extends Signature>(exact: readonly S[], regions: readonly Region[]): Numbering<S> {
    const named: Named<S>[] = exact.map((signature) => ({ signature, name: this.#nameOf(signature) }));
    const met = new Set<string>();
    for (const region of regions) {
      if (met.has(region.key)) continue;
      met.add(region.key);
      named.push({ signature: region, name: this.#nameOf(region) });
    }
    named.sort((a, b) => compareNames(a.name, b.name));
    return new Numbering(named, regions);
  }

  #nameOf({ key, terms }: Signature): Name {
    return remember(this.#names, key, () => {
      const text = describeTerms(terms.flatMap((id) => this.#terms[id] ?? []));
      return { text, plain: !/[\ud800-\uffff]/.test(text) };
    });
  }
}

function remember<T>(known: Map<string, T>, key: string, make: () => T): T {
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size >= limit) known.clear();
  const made = make();
  known.set(key, made);
  return made;
}

function compareNames(a: Name, b: Name): number {
  if (!a.plain || !b.plain) return compareBytes(a.text, b.text);
  return a.text < b.text ? -1 : a.text > b.text ? 1 : 0;
}
