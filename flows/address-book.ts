import type { Labels, NetworkAddress } from '@bulkhead/model/words.ts';
import type { Address } from '@bulkhead/net/address.ts';
import type { EdgeEnd, WorkloadEnd } from './edge.ts';

/** Past versions kept per workload and past claims kept per address: a flapping inventory must not eat memory. */
export const pastLimit = 64;

export type WorkloadState = {
  readonly name: string;
  readonly labels: Labels;
  readonly managed: boolean;
  readonly addresses: readonly NetworkAddress[];
};

/** Half-open: `from` <= time < `until`; `until` is Infinity while it holds. Milliseconds. */
type Version = { readonly end: WorkloadEnd; readonly from: number; until: number };
type Known = {
  readonly name: string;
  readonly versions: Version[];
  readonly claims: Map<string, Claim>;
  changed: number;
};
type Claim = { readonly known: Known; readonly from: number; until: number };

/**
 * Who owned an address, with which labels, at any time it still remembers. Times are the caller's: events of one
 * workload must not go back in time (an earlier one counts as simultaneous with the last).
 *
 * A workload loaded at start has been so since before the start: pass the time it was stored, or 0, not "now", or
 * spooled reports from before the start find no owner.
 */
export class AddressBook {
  readonly #workloads = new Map<string, Known>();
  readonly #networks = new Map<string, Map<Address, Claim[]>>();
  #dropped = 0;

  /** How many past versions and claims were forgotten because of `pastLimit`. */
  get dropped(): number {
    return this.#dropped;
  }

  /** From `at` on the workload is exactly this; what did not change keeps its interval. */
  set(state: WorkloadState, at: number): void {
    const known = this.#known(state.name, at);
    const current = known.versions.at(-1);
    if (current === undefined || current.until !== Infinity || !sameEnd(current.end, state)) {
      this.#close(known.versions, known.changed);
      const end = { kind: 'workload', name: state.name, labels: state.labels, managed: state.managed } as const;
      known.versions.push({ end, from: known.changed, until: Infinity });
      this.#dropped += trim(known.versions);
    }
    this.#claim(known, state.addresses);
  }

  remove(name: string, at: number): void {
    if (!this.#workloads.has(name)) return;
    const known = this.#known(name, at);
    this.#close(known.versions, known.changed);
    this.#claim(known, []);
  }

  /** The one workload that held the address then; an address end when nobody or several did. */
  ownerAt(network: string, address: Address, at: number): EdgeEnd {
    let owner: WorkloadEnd | null = null;
    let others: string[] | null = null;
    for (const claim of this.#networks.get(network)?.get(address) ?? []) {
      if (at < claim.from || at >= claim.until) continue;
      const end = versionAt(claim.known.versions, at);
      if (end === null || end.name === owner?.name) continue;
      if (owner === null) {
        owner = end;
        continue;
      }
      others ??= [owner.name];
      if (!others.includes(end.name)) others.push(end.name);
    }
    if (owner !== null && others === null) return owner;
    return { kind: 'address', network, address, claimedBy: others?.sort() ?? [] };
  }

  /** The workload as it was then; null when it did not exist. */
  workloadAt(name: string, at: number): WorkloadEnd | null {
    return versionAt(this.#workloads.get(name)?.versions ?? [], at);
  }

  /**
   * The workload as it was then, or as it was first known, or as it last was: for an end that is certain to be this
   * workload because it said so itself, whatever its clock reads.
   */
  nearestVersion(name: string, at: number): WorkloadEnd | null {
    const versions = this.#workloads.get(name)?.versions ?? [];
    const before = versions.findLast((version) => version.from <= at);
    return (before ?? versions[0])?.end ?? null;
  }

  /** Addresses with several owners at that time, for the list of duplicates people must resolve. */
  duplicatesAt(at: number): (NetworkAddress & { readonly workloads: readonly string[] })[] {
    const out: (NetworkAddress & { readonly workloads: readonly string[] })[] = [];
    for (const [network, addresses] of this.#networks) {
      for (const [address, claims] of addresses) {
        if (claims.length < 2) continue;
        const end = this.ownerAt(network, address, at);
        if (end.kind === 'address' && end.claimedBy.length > 0)
          out.push({ network, address, workloads: end.claimedBy });
      }
    }
    return out;
  }

  /** Forgets what ended before `at`: questions about earlier times are no longer answered. */
  forgetBefore(at: number): void {
    for (const [name, known] of this.#workloads) {
      keep(known.versions, (version) => version.until > at);
      if (known.versions.length === 0) this.#workloads.delete(name);
    }
    for (const addresses of this.#networks.values()) {
      for (const [address, claims] of addresses) {
        keep(claims, (claim) => claim.until > at);
        if (claims.length === 0) addresses.delete(address);
      }
    }
  }

  #known(name: string, at: number): Known {
    const found = this.#workloads.get(name);
    const known = found ?? { name, versions: [], claims: new Map(), changed: at };
    known.changed = Math.max(known.changed, at);
    if (found === undefined) this.#workloads.set(name, known);
    return known;
  }

  /** Ends the open interval; one that would be empty never was. */
  #close(intervals: { readonly from: number; until: number }[], at: number): void {
    const open = intervals.at(-1);
    if (open === undefined || open.until !== Infinity) return;
    open.until = at;
    if (open.from === at) intervals.pop();
  }

  #claim(known: Known, addresses: readonly NetworkAddress[]): void {
    const wanted = new Map(addresses.map((own) => [`${own.network}/${own.address}`, own]));
    for (const [key, claim] of known.claims) {
      if (wanted.has(key)) continue;
      claim.until = known.changed;
      known.claims.delete(key);
    }
    for (const [key, own] of wanted) {
      if (known.claims.has(key)) continue;
      const claim: Claim = { known, from: known.changed, until: Infinity };
      known.claims.set(key, claim);
      const claims = this.#claimsOf(own);
      claims.push(claim);
      keep(claims, (other) => other.until > other.from);
      this.#dropped += trim(claims);
    }
  }

  #claimsOf({ network, address }: NetworkAddress): Claim[] {
    const addresses = this.#networks.get(network) ?? new Map<Address, Claim[]>();
    const claims = addresses.get(address) ?? [];
    this.#networks.set(network, addresses.set(address, claims));
    return claims;
  }
}

function versionAt(versions: readonly Version[], at: number): WorkloadEnd | null {
  for (let i = versions.length - 1; i >= 0; i--) {
    const version = versions[i] as Version;
    if (at >= version.from) return at < version.until ? version.end : null;
  }
  return null;
}

function sameEnd(end: WorkloadEnd, state: WorkloadState): boolean {
  const [old, now] = [Object.entries(end.labels), state.labels];
  if (end.managed !== state.managed || old.length !== Object.keys(now).length) return false;
  return old.every(([key, value]) => Object.hasOwn(now, key) && now[key] === value);
}

function keep<T>(list: T[], holds: (item: T) => boolean): void {
  const kept = list.filter(holds);
  if (kept.length < list.length) list.splice(0, list.length, ...kept);
}

/** Drops the oldest ended intervals beyond the limit; open ones always stay. Returns how many went. */
function trim(intervals: { readonly until: number }[]): number {
  const excess = intervals.filter((interval) => interval.until !== Infinity).length - pastLimit;
  if (excess <= 0) return 0;
  let over = excess;
  keep(intervals, (interval) => interval.until === Infinity || over-- <= 0);
  return excess;
}
