import type { TermId } from '../terms.ts';
import { type Directory, signatureOf } from './directories.ts';
import type { PeerClass } from './nodes.ts';
import type { Signature } from './numbering.ts';
import type { View } from './view.ts';

/** `count`: addresses. `index`: position in `signatures` of its base. */
export type WideSignature = Signature & { readonly index: number; count: number };

/**
 * What the wide terms alone say of every peer, for all views that ask for the same wide terms: a guardrail between
 * environments tells apart half of the estate on every host, and is counted once. A peer that none of the wide
 * selectors matches is in no signature.
 */
export class Base {
  readonly directory: Directory;
  readonly wide: ReadonlySet<TermId>;
  readonly views = new Set<View>();
  readonly signatures: WideSignature[] = [];
  /** Of classes that were asked about. */
  readonly #classes = new Map<PeerClass, WideSignature>();
  readonly #byKey = new Map<string, WideSignature>();

  constructor(directory: Directory, wide: ReadonlySet<TermId>, classes: readonly PeerClass[]) {
    this.directory = directory;
    this.wide = wide;
    for (const peer of classes) {
      const signature = this.of(peer);
      if (signature !== null) signature.count += peer.addresses.size;
    }
  }

  of(peer: PeerClass | null): WideSignature | null {
    if (peer === null || this.wide.size === 0) return null;
    const known = this.#classes.get(peer);
    if (known !== undefined) return known;
    const terms = signatureOf(peer, this.wide);
    if (terms.length === 0) return null;
    const signature = this.#intern(terms);
    this.#classes.set(peer, signature);
    return signature;
  }

  forget(peer: PeerClass): void {
    this.#classes.delete(peer);
  }

  #intern(terms: readonly TermId[]): WideSignature {
    const key = terms.join(',');
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const made = { key, terms, index: this.signatures.length, count: 0 };
    this.signatures.push(made);
    this.#byKey.set(key, made);
    return made;
  }
}
