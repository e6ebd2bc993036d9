import type { GuestKernels } from '../privileged.ts';
import { FakeKernel } from './fake-kernel.ts';

/** A kernel whose places each hold what they were given; no address may be at two of them. */
export class FakeGuestKernels implements GuestKernels {
  readonly #places = new Map<number, FakeKernel>();

  at(place: number): FakeKernel {
    const known = this.#places.get(place) ?? new FakeKernel();
    this.#places.set(place, known);
    return known;
  }

  async places(): ReturnType<GuestKernels['places']> {
    return { kind: 'done', value: this.#held().map(([place, local]) => ({ place, addresses: local })) };
  }

  /** `2: 10.9.0.2 10.9.0.3`; throws where two places have one address, as a kernel would refuse it. */
  holds(): readonly string[] {
    const all = this.#held().flatMap(([, local]) => local);
    if (new Set(all).size < all.length) throw new Error(`An address is at two places: ${all.join(' ')}`);
    return this.#held().map(([place, local]) => `${place}: ${local.join(' ')}`);
  }

  #held() {
    const held = [...this.#places].filter(([, { ruleset }]) => ruleset !== null);
    return held.sort(([a], [b]) => a - b).map(([place, { ruleset }]) => [place, ruleset?.content.local ?? []] as const);
  }
}
