import type { Identity, PeerPrefix } from '@bulkhead/model/host-ruleset.ts';
import { rangeToPrefixes } from '@bulkhead/net/prefix.ts';
import { compareBytes } from '../byte-order.ts';
import { describeTerms } from '../describe.ts';
import { type PrefixSignature, prefixSignatures } from '../peers.ts';
import type { Term, TermId } from '../terms.ts';

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

/** Names of signatures are asked for again and again; this many are kept. */
const nameLimit = 500_000;

/** Numbers signatures. A signature that was named before costs a look-up and its share of a sort. */
export class Numberer {
  readonly #terms: readonly Term[];
  readonly #names = new Map<string, string>();

  constructor(terms: readonly Term[]) {
    this.#terms = terms;
  }

  /** The ranges of peers that nobody has to own. */
  regionsOf(relevant: Iterable<TermId>): readonly PrefixSignature[] {
    return prefixSignatures(this.#terms, [...relevant]);
  }

  number(exact: readonly Signature[], regions: readonly PrefixSignature[]): Numbering {
    const all = new Map(exact.map((signature) => [signature.key, signature]));
    for (const { tags } of regions) all.set(tags.join(','), { key: tags.join(','), terms: tags });
    const named = [...all.values()].map((signature) => ({ signature, name: this.#nameOf(signature) }));
    named.sort((a, b) => compareBytes(a.name, b.name));
    const numberOf = new Map(named.map(({ signature }, index) => [signature.key, index + 1]));
    return {
      signatures: named.map(({ signature }) => signature),
      identities: named.map(({ name }, index) => ({ id: index + 1, name })),
      prefixes: regions.flatMap(({ family, first, last, tags }) =>
        rangeToPrefixes({ family, first, last }).map((prefix) => ({
          prefix,
          identity: numberOf.get(tags.join(',')) ?? 0,
        })),
      ),
      numberOf,
    };
  }

  #nameOf({ key, terms }: Signature): string {
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const name = describeTerms(terms.flatMap((id) => this.#terms[id] ?? []));
    if (this.#names.size >= nameLimit) this.#names.clear();
    this.#names.set(key, name);
    return name;
  }
}

export const sameSignatures = (a: Numbering, b: Numbering): boolean =>
  a.signatures.length === b.signatures.length &&
  a.signatures.every(({ key }, index) => key === b.signatures[index]?.key);
