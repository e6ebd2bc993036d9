import type { View } from '@bulkhead/model/decision.ts';
import type { Direction, ModeName } from '@bulkhead/model/words.ts';
import type { Address } from '@bulkhead/net/address.ts';
import {
  type Interval,
  type Intervals,
  intervals,
  intervalsContain,
  subtractIntervals,
} from '@bulkhead/net/intervals.ts';
import type { ServicePoint } from '@bulkhead/net/service-space.ts';
import { type Estate, localLabels, ownerSeenFrom, type Workload } from './estate.ts';
import {
  indexRules,
  type LocalRule,
  type LocalRules,
  localRules,
  rulesForPeer,
  rulesForServices,
} from './local-rules.ts';
import { modeAt } from './modes.ts';
import type { Policy } from './policy.ts';
import { canMeet, type Endpoint } from './probe.ts';
import { classifyServices } from './service-classes.ts';
import { everyService, type SharedSets } from './service-sets.ts';
import { settle } from './settle.ts';
import { indexTerms, matchTerms } from './term-index.ts';
import type { TermId } from './terms.ts';

export type EndpointPair = { readonly source: Endpoint; readonly destination: Endpoint };
export type World = { readonly policy: Policy; readonly estate: Estate };

/**
 * Answers which services pass between two ends, over and over: what the ends have in common with ends asked about
 * before is not worked out again.
 */
export class OpenServices {
  readonly #world: World;
  readonly #view: View;
  readonly #shared: SharedSets;
  readonly #terms;
  readonly #rules;
  readonly #local = new Map<string, Numbered<LocalRules>>();
  readonly #localKinds = new Map<string, Numbered<LocalRules>>();
  readonly #peers = new Map<string, Numbered<ReadonlySet<TermId>>>();
  readonly #peerKinds = new Map<string, Numbered<ReadonlySet<TermId>>>();
  readonly #ends = new Map<string, Intervals>();

  /** `shared` may serve several worlds: equal answers are then one object. */
  constructor(world: World, view: View, shared: SharedSets) {
    this.#world = world;
    this.#view = view;
    this.#shared = shared;
    this.#terms = indexTerms(world.policy.terms);
    this.#rules = indexRules(world.policy);
  }

  /** What an end is judged by, whatever the other end: ends of equal text are interchangeable. */
  describeEnd(endpoint: Endpoint): string {
    const { workload, network, address } = endpoint;
    const known = [...this.#world.estate.owners.values()].filter((owners) => address !== null && owners.has(address));
    // Several networks know the address: what a peer takes it for depends on the peer, so it stands alone.
    const alone = known.length > 1 ? `${network} ${address}` : '';
    const family = address === null ? '' : address.includes(':') ? 6 : 4;
    const peer = this.#asPeer(null, endpoint).number;
    if (workload === null) return JSON.stringify([network, family, alone, peer]);
    const modes = directions.map((direction) => modeAt(this.#world.policy.modes, workload, direction));
    const judged = workload.enforced ? [modes, this.#asLocal(workload, address).number, workload.networks] : [];
    return JSON.stringify([network, family, alone, peer, judged]);
  }

  /** What passes for some pair of the ends' addresses that can meet (SPEC E10, F1). */
  between(sources: readonly Endpoint[], destinations: readonly Endpoint[]): Intervals {
    const sets = meetingPairs(sources, destinations).map((pair) => this.#betweenEndpoints(pair));
    const [first = everyService] = sets;
    return sets.every((set) => set === first) ? first : this.#shared.share(intervals(sets.flat()));
  }

  /** A pair between which the service passes; it must be in `between` of the same ends. */
  passingPair(sources: readonly Endpoint[], destinations: readonly Endpoint[], service: ServicePoint): EndpointPair {
    const pairs = meetingPairs(sources, destinations);
    const passing = pairs.find((pair) => intervalsContain(this.#betweenEndpoints(pair), service));
    if (passing === undefined) throw new Error('What is open is open for some pair of addresses');
    return passing;
  }

  #betweenEndpoints({ source, destination }: EndpointPair): Intervals {
    const outbound = this.#atEnd('outbound', source, destination);
    const inbound = this.#atEnd('inbound', destination, source);
    if (outbound === everyService || outbound === inbound) return inbound;
    return inbound === everyService ? outbound : this.#shared.meet(outbound, inbound);
  }

  #atEnd(direction: Direction, local: Endpoint, peer: Endpoint): Intervals {
    const host = local.workload;
    if (host === null || !host.enforced) return everyService;
    const rules = this.#asLocal(host, local.address);
    const seen = this.#asPeer(host, peer);
    const mode = modeAt(this.#world.policy.modes, host, direction);
    const key = `${direction} ${mode} ${rules.number} ${seen.number}`;
    const known = this.#ends.get(key);
    if (known !== undefined) return known;
    const found = this.#shared.share(this.#openTo(rules.value[direction], seen.value, mode));
    this.#ends.set(key, found);
    return found;
  }

  #openTo(local: readonly LocalRule[], terms: ReadonlySet<TermId>, mode: ModeName): Intervals {
    const { policy } = this.#world;
    const matching = rulesForPeer(local, terms);
    const used = matching.flatMap(({ rule, holes }) => [rule.rule.services, ...holes]);
    const [rest, ...classes] = classifyServices(policy.serviceSets, used);
    const isOpen = (sets: ReadonlySet<number>) => {
      const rules = rulesForServices(matching, sets).map(({ rule }) => rule.rule);
      return settle(policy, rules, mode)[this.#view].verdict === 'allow';
    };
    const listed = (wanted: boolean): Interval[] =>
      classes.filter(({ sets }) => isOpen(sets) === wanted).flatMap(({ services }) => services);
    const restOpen = isOpen(rest?.sets ?? new Set());
    return restOpen ? subtractIntervals(everyService, intervals(listed(false))) : intervals(listed(true));
  }

  #asLocal(host: Workload, address: Address | null): Numbered<LocalRules> {
    const key = `${host.name} ${address}`;
    const known = this.#local.get(key);
    if (known !== undefined) return known;
    const seen = { labels: localLabels(this.#world.estate, host, address), address };
    const rules = localRules(this.#world.policy, this.#rules, matchTerms(this.#terms, seen));
    const kind = numbered(this.#localKinds, rules.key, rules);
    this.#local.set(key, kind);
    return kind;
  }

  #asPeer(viewer: Workload | null, { network, address, workload }: Endpoint): Numbered<ReadonlySet<TermId>> {
    const networks = viewer?.networks.includes(network) ? viewer.networks : [network];
    const key = address === null ? `${workload?.name}` : `${networks.join(' ')} ${address}`;
    const known = this.#peers.get(key);
    if (known !== undefined) return known;
    const owner = address === null ? workload : ownerSeenFrom(this.#world.estate, networks, address);
    const terms = matchTerms(this.#terms, { labels: owner?.labels ?? null, address });
    const kind = numbered(this.#peerKinds, terms.join(','), new Set(terms));
    this.#peers.set(key, kind);
    return kind;
  }
}

function meetingPairs(sources: readonly Endpoint[], destinations: readonly Endpoint[]): readonly EndpointPair[] {
  const pairs = sources.flatMap((source) => destinations.map((destination) => ({ source, destination })));
  const meeting = pairs.filter(canMeet);
  return meeting.length > 0 ? meeting : pairs;
}

const directions = ['inbound', 'outbound'] as const;

/** Short numbers stand for long keys in the keys built from them. */
type Numbered<T> = { readonly number: number; readonly value: T };

function numbered<T>(kinds: Map<string, Numbered<T>>, key: string, value: T): Numbered<T> {
  const known = kinds.get(key) ?? { number: kinds.size, value };
  kinds.set(key, known);
  return known;
}
