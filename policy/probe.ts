import type { Problem } from '@bulkhead/model/problem.ts';
import { defaultNetwork } from '@bulkhead/model/words.ts';
import { type Address, addressFamily, parseAddress } from '@bulkhead/net/address.ts';
import {
  formatServiceRange,
  parseServiceRange,
  protocolHasPorts,
  protocolIsIcmp,
  type ServicePoint,
  serviceProtocol,
} from '@bulkhead/net/service-space.ts';
import { type Estate, ownerSeenFrom, type Workload } from './estate.ts';
import { isProblem, refusal } from './problems.ts';

/** A question in a person's words. A process or user that it does not name is one that no rule names (SPEC U1). */
export type Probe = {
  readonly from: string;
  readonly to: string;
  readonly service: string;
  /** Where an address given alone is read; absent: the other end's, else `main`. */
  readonly network?: string;
  readonly fromProcess?: string;
  readonly toProcess?: string;
  readonly user?: string;
};

/** `workload`: whose enforcer answers here; null: nobody's. `address` is null for a workload without one. */
export type Endpoint = {
  readonly network: string;
  readonly address: Address | null;
  readonly workload: Workload | null;
  /** The name it is instead of an address (SPEC Y1). */
  readonly domain?: string;
};

/** Who the ends of a connection are. */
export type Who = Pick<Probe, 'fromProcess' | 'toProcess' | 'user'>;

export type Connection = {
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly service: ServicePoint;
  readonly who?: Who;
};

/** An end before its network is known: null network for an address given alone. */
export type Candidate = {
  readonly network: string | null;
  readonly address: Address | null;
  readonly workload: Workload | null;
  readonly domain?: string;
};

/** Whether some rule covers a domain name. */
export type Covers = (domain: string) => boolean;

/** At least one connection. Problems: `bad-service`, `unknown-workload`, `unknown-address`. */
export function resolveProbe(
  estate: Estate,
  probe: Probe,
  covers: Covers = () => false,
): readonly Connection[] | Problem {
  const service = parseServicePoint(probe.service);
  if (typeof service !== 'number') return service;
  const sources = candidates(estate, probe.from);
  if (isProblem(sources)) return sources;
  const destinations = targets(estate, probe.to, covers);
  if (isProblem(destinations)) return destinations;
  const { fromProcess, toProcess, user } = probe;
  const who = {
    ...(fromProcess !== undefined && { fromProcess }),
    ...(toProcess !== undefined && { toProcess }),
    ...(user !== undefined && { user }),
  };
  const fallback = probe.network ?? null;
  const all = sources.flatMap((source) =>
    destinations.map((destination) => ({
      source: settleNetwork(estate, source, fallback ?? destination.network),
      destination: settleNetwork(estate, destination, fallback ?? source.network),
      service,
      who,
    })),
  );
  const meeting = all.filter(canMeet);
  return meeting.length > 0 ? meeting : all;
}

export function endpointText({ workload, address, domain }: Endpoint): string {
  if (workload === null) return address ?? domain ?? '';
  return address === null ? workload.name : `${workload.name}@${address}`;
}

/** One service: a port, an ICMP type (code 0 unless given), or a protocol that has neither. */
export function parseServicePoint(text: string): ServicePoint | Problem {
  const range = parseServiceRange(text);
  const needed = 'one service is needed, such as tcp/443, icmp/8 or proto/47';
  if (range === null) return badProbe('bad-service', `Cannot read service "${text}": it is no service, ${needed}`);
  const protocol = serviceProtocol(range.first);
  const whole = formatServiceRange(range) === text && !text.includes('/');
  const oneType = protocolIsIcmp(protocol) && !whole && range.last - range.first <= 255;
  const portless = !protocolHasPorts(protocol) && !protocolIsIcmp(protocol) && serviceProtocol(range.last) === protocol;
  if (range.first === range.last || oneType || portless) return range.first;
  return badProbe('bad-service', `Cannot ask about service "${text}": it is more than one service, ${needed}`);
}

/** What a text may stand for, at least one. Problems: `unknown-workload`, `unknown-address`. */
export function candidates(estate: Estate, text: string): readonly Candidate[] | Problem {
  // First, because it is the most frequent and the cheapest: a name is never an address.
  const named = estate.byName.get(text);
  if (named !== undefined) return ofWorkload(named);
  const alone = parseAddress(text);
  if (alone !== null) return [{ network: null, address: alone, workload: null }];
  const at = text.lastIndexOf('@');
  const owner = at < 0 ? undefined : estate.byName.get(text.slice(0, at));
  if (owner === undefined) {
    const message = `Cannot find workload "${text}": the estate has none of that name, give a workload, name@address or an address`;
    return badProbe('unknown-workload', message);
  }
  const address = parseAddress(text.slice(at + 1));
  const found = ofWorkload(owner).filter((candidate) => address !== null && candidate.address === address);
  if (found.length > 0) return found;
  const message = `Cannot find "${text}": workload "${owner.name}" has no such address, give one of its own`;
  return badProbe('unknown-address', message);
}

/** The candidates of a destination, which may be a domain name as well (SPEC Y1). */
export function targets(estate: Estate, text: string, covers: Covers): readonly Candidate[] | Problem {
  const domain = text.toLowerCase();
  if (estate.byName.has(text) || !covers(domain)) return candidates(estate, text);
  return [{ network: null, address: null, workload: null, domain }];
}

const candidatesOf = new WeakMap<Workload, readonly Candidate[]>();

function ofWorkload(workload: Workload): readonly Candidate[] {
  const known = candidatesOf.get(workload);
  if (known !== undefined) return known;
  const addressed = workload.addresses.map(({ network, address }) => ({ network, address, workload }));
  const found = addressed.length === 0 ? [{ network: null, address: null, workload }] : addressed;
  candidatesOf.set(workload, found);
  return found;
}

/** `other`: the network that an address given alone is read in; null: `main`. */
export function settleNetwork(estate: Estate, candidate: Candidate, other: string | null): Endpoint {
  const network = candidate.network ?? other ?? defaultNetwork;
  const { address, domain } = candidate;
  if (domain !== undefined) return { network, address, workload: null, domain };
  if (candidate.workload !== null || address === null) return { network, address, workload: candidate.workload };
  return { network, address, workload: ownerSeenFrom(estate, [network], address) };
}

type Place = Pick<Endpoint, 'network' | 'address'>;

/** SPEC E10. An end without an address meets every other. */
export function canMeet({ source, destination }: { readonly source: Place; readonly destination: Place }): boolean {
  if (source.address === null || destination.address === null) return true;
  const families = addressFamily(source.address) === addressFamily(destination.address);
  return families && source.network === destination.network;
}

function badProbe(code: string, message: string): Problem {
  return refusal({ code, message, place: null });
}
