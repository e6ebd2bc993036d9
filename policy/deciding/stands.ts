import { defaultNetwork } from '@bulkhead/model/words.ts';
import { type Address, addressFamily } from '@bulkhead/net/address.ts';
import { coversDomain, seenFrom } from '../decide.ts';
import { usersAt } from '../estate.ts';
import { isConditional } from '../identity.ts';
import { modeAt } from '../language/modes.ts';
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
import { isAmbiguous } from './ambiguous.ts';
import type { Question } from './answer-table.ts';
import type { Member } from './members.ts';
import { spotOf } from './spots.ts';

/**
 * What an end of a probe has in common with all that decide alike: ends of one stand get the same outcomes with every
 * other end, for every service. Null where a number does not tell: hosts in several networks may take the owner of the
 * address for another one than those in its own network do (SPEC E11).
 */
export type Stand = number | null;

/** A text as an end. */
type End =
  /** `network`: where an address given alone at the other end is read. Null: it has none to say, or several. */
  | { readonly kind: 'placed'; readonly stand: Stand; readonly network: string | null; readonly several: boolean }
  /** An address given alone: its stand depends on the network that it is read in. */
  | { readonly kind: 'alone'; readonly address: Address };

/** Longer texts are not remembered; names of workloads and domains are shorter. */
export const longestText = 512;

/** Numbers the ends of probes. It remembers every one that it met: `size` is for whoever bounds that. */
export class Stands {
  readonly #world: World;
  readonly #covers: Covers;
  readonly #conditional: boolean;
  readonly #frontends: ReadonlySet<string>;
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
    this.#frontends = new Set(
      policy.virtualServices.flatMap(({ frontends }) =>
        frontends.map(({ network, address }) => `${network} ${address}`),
      ),
    );
  }

  get size(): number {
    return this.#size;
  }

  /** Null: one end has no number, or is nothing that the estate knows. */
  question({ from, to, network }: Probe, what: number): Question | null {
    if (network !== undefined && network.length > longestText) return null;
    const [source, destination] = [this.#source(from), this.#target(to)];
    if (source === null || destination === null) return null;
    if (network === undefined && (isReadInSeveral(source, destination) || isReadInSeveral(destination, source)))
      return null;
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
    const stand = this.#number(found.map((candidate) => settleNetwork(this.#world.estate, candidate, null)));
    const network = first?.network ?? null;
    const several = found.some((candidate) => candidate.network !== network);
    return { kind: 'placed', stand, network, several };
  }

  #number(endpoints: readonly Endpoint[]): Stand {
    if (endpoints.some(({ network, address }) => isAmbiguous(this.#world.estate, network, address))) return null;
    const members = endpoints.map((endpoint) => this.#memberOf(endpoint));
    const key = JSON.stringify(endpoints.map((endpoint, index) => this.#traits(endpoint, members[index])));
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#members.push(endpoints.some((one) => this.#frontendAt(one) !== null) ? null : members) - 1;
    this.#numbers.set(key, number);
    return number;
  }

  #frontendAt({ network, address, workload }: Endpoint): string | null {
    const place = `${network} ${address}`;
    return workload === null && this.#frontends.has(place) ? place : null;
  }

  /** Everybody takes the same workload for the owner, so what a host sees of itself is what its peers see. */
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

const networkOf = (end: End): string | null => (end.kind === 'placed' ? end.network : null);

const isReadInSeveral = (end: End, other: End): boolean =>
  end.kind === 'alone' && other.kind === 'placed' && other.several;

const isAlone = (candidate: Candidate): candidate is Candidate & { readonly address: Address } =>
  candidate.workload === null && candidate.address !== null && candidate.network === null;
