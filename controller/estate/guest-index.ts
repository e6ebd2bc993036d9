import type { Address } from '@bulkhead/net/address.ts';
import type { WorkloadRecord } from '../store/workloads.ts';

export type GuestEnd = { readonly name: string; readonly network: string };

/** Guests by host and address: asked for at every report of a host, so it is not searched for. */
export class GuestIndex {
  readonly #hosts = new Map<string, Set<string>>();
  readonly #known = new Map<string, WorkloadRecord>();
  /** Made anew after a change of the host's guests. */
  readonly #ends = new Map<string, ReadonlyMap<Address, GuestEnd>>();

  /** As it is from now on; null: gone. */
  put(name: string, workload: WorkloadRecord | null): void {
    const before = this.#known.get(name)?.host ?? null;
    const host = workload?.host ?? null;
    if (before === null && host === null) return;
    for (const one of [before, host]) if (one !== null) this.#ends.delete(one);
    if (before !== null) this.#leave(before, name);
    if (workload === null || host === null) {
      this.#known.delete(name);
      return;
    }
    this.#known.set(name, workload);
    this.#hosts.set(host, (this.#hosts.get(host) ?? new Set()).add(name));
  }

  of(host: string): string[] {
    return [...(this.#hosts.get(host) ?? [])].sort();
  }

  /** Null as well where two guests of the host have it: nobody can say whose it is. */
  at(host: string, address: Address): GuestEnd | null {
    const ends = this.#ends.get(host) ?? this.#endsOf(host);
    this.#ends.set(host, ends);
    return ends.get(address) ?? null;
  }

  #leave(host: string, name: string): void {
    const guests = this.#hosts.get(host);
    guests?.delete(name);
    if (guests?.size === 0) this.#hosts.delete(host);
  }

  #endsOf(host: string): ReadonlyMap<Address, GuestEnd> {
    const ends = new Map<Address, GuestEnd>();
    const disputed = new Set<Address>();
    for (const name of this.of(host))
      for (const { network, address } of this.#known.get(name)?.addresses ?? []) {
        const other = ends.get(address);
        if (other !== undefined && other.name !== name) disputed.add(address);
        ends.set(address, { name, network });
      }
    for (const address of disputed) ends.delete(address);
    return ends;
  }
}
