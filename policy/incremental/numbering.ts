import type { Identity, PeerPrefix } from '@bulkhead/model/host-ruleset.ts';
import { type Prefix, rangeToPrefixes } from '@bulkhead/net/prefix.ts';
import { compareBytes } from '../byte-order.ts';
import { describeTerms } from '../deciding/describe.ts';
import type { Term, TermId } from '../language/terms.ts';
import { prefixSignatures } from '../ruleset/peers.ts';

/** What peers are for a host: equal `key`s are equal lists of terms. */
export type Signature = { readonly key: string; readonly terms: readonly TermId[] };

/** The identities of one view, numbered as `identifyPeers` numbers them: by name, from 1. */
export type Numbering = {
  /** In order of their numbers. */
  readonly signatures: readonly Signature[];
  readonly identities: readonly Identity[];
  readonly prefixes: readonly PeerPrefix[];
  readonly numberOf: ReadonlyMap<string, number>;
};

/** Names of signatures, and the prefixes of lists that stand together, are asked for again and again: this many are kept. */
const limit = 500_000;

/** `plain`: without code units whose order is not that of their bytes. */
type Name = { readonly text: string; readonly plain: boolean };
export type Region = { readonly key: string; readonly terms: readonly TermId[]; readonly prefixes: readonly Prefix[] };

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
        return { key: tags.join(','), terms: tags, prefixes: rangeToPrefixes(range) };
      }),
    );
  }

  number(exact: readonly Signature[], regions: readonly Region[]): Numbering {
    const named = exact.map((signature) => ({ signature, name: this.#nameOf(signature) }));
    const met = new Set<string>();
    for (const region of regions) {
      if (met.has(region.key)) continue;
      met.add(region.key);
      named.push({ signature: region, name: this.#nameOf(region) });
    }
    named.sort((a, b) => compareNames(a.name, b.name));
    const numberOf = new Map(named.map(({ signature }, index) => [signature.key, index + 1]));
    return {
      signatures: named.map(({ signature }) => signature),
      identities: named.map(({ name }, index) => ({ id: index + 1, name: name.text })),
      prefixes: regions.flatMap(({ key, prefixes }) =>
        prefixes.map((prefix) => ({ prefix, identity: numberOf.get(key) ?? 0 })),
      ),
      numberOf,
    };
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
