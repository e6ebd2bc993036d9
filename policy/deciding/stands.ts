import type { VirtualServiceDocument } from '@bulkhead/model/documents.ts';
import { defaultNetwork } from '@bulkhead/model/words.ts';
import { type Address, addressFamily } from '@bulkhead/net/address.ts';
import { coversDomain, seenFrom } from '../decide.ts';
import { usersAt } from '../estate.ts';
import { isConditional } from '../identity.ts';
import { modeAt } from '../language/modes.ts';
import type { Policy } from '../policy.ts';
import {
  type Candidate,
  type Covers,
  candidates,
  type Endpoint,
  type Probe,
  settleNetwork,
  targets,
} from '../probe.ts';
import { isProblem } from '../problems.ts';
import type { World } from '../world.ts';
import type { Question } from './answer-table.ts';
import { membersBehind } from './legs.ts';
import type { Member } from './members.ts';
import { spotOf } from './spots.ts';

/**
 * What an end of a probe has in common with all that decide alike: ends of one stand get the same outcomes with every
 * other end, for every service. Null where a number does not tell: a host in several networks sees each peer anew (SPEC E11).
 */
export type Stand = number | null;

/** A text as an end. `address`: it is one given alone, and its stand depends on the network that it is read in. */
type End =
  | { readonly kind: 'placed'; readonly stand: Stand; readonly network: string | null }
  | { readonly kind: 'alone'; readonly address: Address };

/** Longer texts are not remembered; names of workloads and domains are shorter. */
export const longestText = 512;

/** Numbers the ends of probes. It remembers every one that it met: `size` is for whoever bounds that. */
export class Stands {
  readonly #world: World;
  readonly #covers: Covers;
  readonly #conditional: boolean;
  /** What is behind their addresses. */
  readonly #frontends: ReadonlyMap<string, readonly VirtualServiceDocument[]>;
  readonly #sources = new Map<string, End>();
  readonly #targets = new Map<string, End>();
  readonly #alone = new Map<string, Map<Address, Stand>>();
  readonly #numbers = new Map<string, number>();
  /** By number. */
  readonly #members: (readonly Member[] | null)[] = [];
  #size = 0;

  constructor(world: World) {
    const { policy } = world;
    this.#world = world;
    this.#covers = coversDomain(policy);
    this.#conditional = isConditional(policy);
    this.#frontends = frontendsOf(policy);
  }

  get size(): number {
    return this.#size;
  }

  /** Null: one end has no number, or is nothing that the estate knows. */
  question({ from, to, network }: Probe, what: number): Question | null {
    if (network !== undefined && network.length > longestText) return null;
    const [source, destination] = [this.#source(from), this.#target(to)];
    if (source === null || destination === null) return null;
    const out = this.#standOf(source, network ?? networkOf(destination));
    const into = this.#standOf(destination, network ?? networkOf(source));
    return out === null || into === null ? null : [out, into, what];
  }

  /** One end of the stand, in the order of its addresses; null: what is behind a frontend decides too. */
  membersOf(stand: number): readonly Member[] | null {
    return this.#members[stand] ?? null;
  }

  #standOf(end: End, network: string | null): Stand {
    if (end.kind === 'placed') return end.stand;
    const there = this.#alone.get(network ?? defaultNetwork) ?? new Map<Address, Stand>();
    const known = there.get(end.address);
    if (known !== undefined) return known;
    const stand = this.#number([settleNetwork(this.#world.estate, { ...end, network: null, workload: null }, network)]);
    this.#alone.set(network ?? defaultNetwork, there.set(end.address, stand));
    this.#size++;
    return stand;
  }

  #source(text: string): End | null {
    return this.#sources.get(text) ?? this.#meet(this.#sources, text, candidates(this.#world.estate, text));
  }

  #target(text: string): End | null {
    return this.#targets.get(text) ?? this.#meet(this.#targets, text, targets(this.#world.estate, text, this.#covers));
  }

  #meet(known: Map<string, End>, text: string, found: ReturnType<typeof candidates>): End | null {
    if (isProblem(found) || text.length > longestText) return null;
    const end = this.#endOf(found);
    known.set(text, end);
    this.#size++;
    return end;
  }

  #endOf(found: readonly Candidate[]): End {
    const [first] = found;
    if (first !== undefined && isAlone(first)) return { kind: 'alone', address: first.address };
    // Hosts in several networks have no number, so the network of the first is that of all.
    const stand = this.#number(found.map((candidate) => settleNetwork(this.#world.estate, candidate, null)));
    return { kind: 'placed', stand, network: first?.network ?? null };
  }

  #number(endpoints: readonly Endpoint[]): Stand {
    if (endpoints.some((endpoint) => this.#seesManyNetworks(endpoint))) return null;
    const members = endpoints.map((endpoint) => this.#memberOf(endpoint));
    const key = JSON.stringify(endpoints.map((endpoint, index) => this.#traits(endpoint, members[index])));
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#members.push(endpoints.some((one) => this.#frontendAt(one) !== null) ? null : members) - 1;
    this.#numbers.set(key, number);
    return number;
  }

  #seesManyNetworks(endpoint: Endpoint): boolean {
    const { workload } = endpoint;
    if (workload !== null) return workload.networks.length > 1;
    const behind = this.#frontends.get(this.#frontendAt(endpoint) ?? '') ?? [];
    const members = behind.flatMap((virtual) => membersBehind(this.#world.estate, virtual));
    return members.some(({ networks }) => networks.length > 1);
  }

  #frontendAt({ network, address, workload }: Endpoint): string | null {
    const place = `${network} ${address}`;
    return workload === null && this.#frontends.has(place) ? place : null;
  }

  /** What a host in one network sees of itself is what its peers see. */
  #memberOf(endpoint: Endpoint): Member {
    const { policy, estate } = this.#world;
    const { network, address, workload } = endpoint;
    const spot = spotOf(policy.terms, seenFrom(estate, [network], endpoint));
    if (workload === null || !workload.enforced) return { network, address, spot, modes: null };
    const [outbound, inbound] = [modeAt(policy.modes, workload, 'outbound'), modeAt(policy.modes, workload, 'inbound')];
    return { network, address, spot, modes: { outbound, inbound } };
  }

  /** INVARIANT: everything of an endpoint that `decide` looks at, but for the texts of its pairs. */
  #traits(endpoint: Endpoint, member: Member | undefined): readonly unknown[] {
    const { policy, estate } = this.#world;
    const { network, address } = endpoint;
    const place = address === null ? null : [network, addressFamily(address)];
    const users = address !== null && this.#conditional ? usersAt(estate, { network, address }, policy.now) : undefined;
    return [place, member?.spot.id, member?.modes, users?.toSorted() ?? null, this.#frontendAt(endpoint)];
  }
}

function frontendsOf({ virtualServices }: Policy): ReadonlyMap<string, readonly VirtualServiceDocument[]> {
  const all = virtualServices.flatMap((virtual) =>
    virtual.frontends.map(({ network, address }) => ({ virtual, place: `${network} ${address}` })),
  );
  const byPlace = Map.groupBy(all, ({ place }) => place);
  return new Map([...byPlace].map(([place, here]) => [place, here.map(({ virtual }) => virtual)]));
}

const networkOf = (end: End): string | null => (end.kind === 'placed' ? end.network : null);

const isAlone = (candidate: Candidate): candidate is Candidate & { readonly address: Address } =>
  candidate.workload === null && candidate.address !== null && candidate.network === null;
