import type { TermId } from '../language/terms.ts';
import { type Directory, signatureOf } from './directories.ts';
import type { PeerClass } from './nodes.ts';
import type { Signature } from './numbering.ts';
import type { View } from './view.ts';

/**
 * `count`: addresses. By slot of each view, side by side in memory because a change may be for all of them: `numbers`,
 * 0 where nobody is that alone; `excluded`, the addresses that the view tells further apart.
 */
export type WideSignature = Signature & { count: number; numbers: Int32Array; excluded: Int32Array };

/**
 * What the wide terms alone say of every peer, for all views that ask for the same wide terms: a guardrail between
 * environments tells apart half of the estate on every host, and is counted once. A peer that none of the wide
 * selectors matches is in no signature.
 */
export class Base {
  readonly directory: Directory;
  readonly wide: ReadonlySet<TermId>;
  readonly signatures: WideSignature[] = [];
  /** By slot; null where one left. */
  readonly views: (View | null)[] = [];
  readonly #free: number[] = [];
  #capacity = 16;
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

  get isIdle(): boolean {
    return this.#free.length === this.views.length;
  }

  /** The slot of the view; everything in it is 0. */
  join(view: View): number {
    const slot = this.#free.pop() ?? this.views.length;
    if (slot >= this.#capacity) this.#grow();
    this.views[slot] = view;
    return slot;
  }

  leave(slot: number): void {
    this.views[slot] = null;
    this.#free.push(slot);
    for (const signature of this.signatures) signature.numbers[slot] = signature.excluded[slot] = 0;
  }

  #grow(): void {
    this.#capacity *= 2;
    for (const signature of this.signatures) {
      signature.numbers = enlarged(signature.numbers, this.#capacity);
      signature.excluded = enlarged(signature.excluded, this.#capacity);
    }
  }

  forget(peer: PeerClass): void {
    this.#classes.delete(peer);
  }

  #intern(terms: readonly TermId[]): WideSignature {
    const key = terms.join(',');
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const room = () => new Int32Array(this.#capacity);
    const made = { key, terms, count: 0, numbers: room(), excluded: room() };
    this.signatures.push(made);
    this.#byKey.set(key, made);
    return made;
  }
}

function enlarged(from: Int32Array, capacity: number): Int32Array {
  const to = new Int32Array(capacity);
  to.set(from);
  return to;
}
