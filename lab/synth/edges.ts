import type { RuleId } from '@bulkhead/model/words.ts';
import { type Address, addressFromBits } from '@bulkhead/net/address.ts';
import { protocolNumbers, servicePoint } from '@bulkhead/net/service-space.ts';
import { type Listening, scannedPorts, secureWeb, sharedServices, type Tier, tierLinks } from './catalogue.ts';
import { pickWeighted, type Random } from './random.ts';
import type { Instance, SynthWorkload } from './workloads.ts';

/** What policy says of the edge, as the controller will show it. */
export type SynthState = 'allowed' | 'would-be-denied' | 'denied' | 'unknown';

/** `workload` null: an address of the outside. */
export type SynthEnd = { readonly workload: SynthWorkload | null; readonly address: Address };

export type SynthEdge = {
  readonly from: SynthEnd;
  readonly to: SynthEnd;
  readonly service: number;
  /** Null where nothing listens, as on ports that are scanned. */
  readonly server: Listening | null;
  readonly state: SynthState;
  /** The rule behind the intended verdict; null: nothing matched. */
  readonly rule: RuleId | null;
  /** Attempts in one round of reports. */
  readonly count: number;
};

/** Two ends and a port, before anything is judged. */
type Link = {
  readonly from: SynthWorkload | Address;
  readonly to: SynthWorkload | Address;
  readonly listening: Listening;
  readonly answers: boolean;
  readonly rule: RuleId | null;
};
type States = readonly { readonly state: SynthState; readonly weight: number }[];
type Kind = {
  readonly weight: number;
  readonly states: States;
  /** Null: this estate has none of the kind, or this draw had no luck. */
  readonly draw: (world: World, random: Random) => Link | null;
};
type World = {
  readonly shared: readonly Instance[];
  /** Every business instance as often as it has workloads. */
  readonly bySize: readonly Instance[];
  /** Large applications talk to themselves more than small ones: there are more pairs. */
  readonly byPairs: readonly { readonly instance: Instance; readonly weight: number }[];
  readonly workloads: readonly SynthWorkload[];
  readonly scanners: readonly SynthWorkload[];
  /** 0 to 1: of a tier of n servers the first n ** width are called; more join as those are called by everybody. */
  readonly width: number;
};

const states = (weights: Partial<Record<SynthState, number>>): States =>
  Object.entries(weights).map(([state, weight]) => ({ state: state as SynthState, weight }));

const kinds: readonly Kind[] = [
  { weight: 58, states: states({ allowed: 92, 'would-be-denied': 3, unknown: 5 }), draw: inside },
  { weight: 22, states: states({ allowed: 95, unknown: 5 }), draw: toShared },
  { weight: 5, states: states({ allowed: 60, 'would-be-denied': 40 }), draw: betweenApps },
  { weight: 3, states: states({ 'would-be-denied': 50, denied: 50 }), draw: acrossEnvironments },
  { weight: 2, states: states({ denied: 70, 'would-be-denied': 30 }), draw: scan },
  { weight: 6, states: states({ allowed: 85, denied: 15 }), draw: fromOutside },
  { weight: 4, states: states({ allowed: 70, 'would-be-denied': 30 }), draw: toOutside },
];

/** Draws per edge before the estate counts as too small; a draw fails when its edge is there already. */
const drawsPerEdge = 60;
const [leastWidth, mostWidth] = [0.3, 0.6];

/** At most `count` edges that differ in an end or the service; fewer when the estate has not that many. */
export function makeEdges(instances: readonly Instance[], count: number, random: Random): SynthEdge[] {
  const world = worldOf(instances);
  let misses = 0;
  const edges = new Map<string, SynthEdge>();
  for (let draws = 0; edges.size < count && draws < drawsPerEdge * count; draws++) {
    const kind = pickWeighted(random, kinds);
    const link = kind.draw({ ...world, width: Math.min(mostWidth, leastWidth + misses / count) }, random);
    if (link === null || link.from === link.to) continue;
    const edge = judge(link, kind.states, random);
    const key = `${nameOf(edge.from)} ${nameOf(edge.to)} ${edge.service}`;
    if (edges.has(key)) misses++;
    else edges.set(key, edge);
  }
  return [...edges.values()];
}

const nameOf = ({ workload, address }: SynthEnd): string => workload?.name ?? address;

function worldOf(instances: readonly Instance[]): World {
  const shared = instances.filter(({ environment }) => environment === 'shared');
  const business = instances.filter(({ environment }) => environment !== 'shared');
  const all = (list: readonly Instance[]) => list.flatMap(({ roles }) => [...roles.values()].flat());
  const development = all(business.filter(({ environment }) => environment === 'development'));
  return {
    shared,
    bySize: business.flatMap((instance) => all([instance]).map(() => instance)),
    byPairs: business.map((instance) => ({ instance, weight: all([instance]).length ** 2.2 })),
    workloads: all(business),
    // One host in two thousand looks around.
    scanners: development.slice(0, 1 + Math.floor(development.length / 2000)),
    width: leastWidth,
  };
}

const called = <T>(servers: readonly T[], { width }: World): readonly T[] =>
  servers.slice(0, Math.ceil(servers.length ** width));

const tier = ({ roles }: Instance, role: string): readonly SynthWorkload[] => roles.get(role) ?? [];

function inside(world: World, random: Random): Link | null {
  const { instance } = pickWeighted(random, world.byPairs);
  const links = tierLinks.filter(({ from, to }) => tier(instance, from).length > 0 && tier(instance, to).length > 0);
  if (links.length === 0) return null;
  const { from, to } = pickWeighted(random, links);
  const server = random.pick(called(tier(instance, to), world));
  return link(random.pick(tier(instance, from)), server, { rule: `app-${instance.app}/${from}-to-${to}` });
}

function toShared(world: World, random: Random): Link | null {
  const { shared, workloads } = world;
  const present = sharedServices.filter(({ app }) => shared.some((instance) => instance.app === app));
  if (present.length === 0) return null;
  const { app, calls } = pickWeighted(random, present);
  const servers = shared.flatMap((instance) => (instance.app === app ? tier(instance, app) : []));
  const hub = random.pick(called(servers, world));
  const other = random.pick(workloads);
  const rule = `shared-services/${app}`;
  return calls === null ? link(other, hub, { rule }) : link(hub, other, { rule, listening: calls });
}

function betweenApps({ bySize, byPairs }: World, random: Random): Link | null {
  const [one, other] = [random.pick(bySize), pickWeighted(random, byPairs).instance];
  if (one.app === other.app || one.environment !== other.environment) return null;
  const server = front(other)[0];
  if (server === undefined) return null;
  return link(random.pick(front(one)), server, { rule: `between-apps/${one.environment}-api` });
}

/** The part of an application that speaks with other applications. */
const front = (instance: Instance): readonly SynthWorkload[] =>
  (['api', 'web'] satisfies Tier[]).map((role) => tier(instance, role)).find((list) => list.length > 0) ?? [];

function acrossEnvironments({ bySize, byPairs }: World, random: Random): Link | null {
  const [one, other] = [random.pick(bySize), pickWeighted(random, byPairs).instance];
  if (one.environment === 'production' || other.environment !== 'production') return null;
  const target = tier(other, 'db')[0];
  if (target === undefined) return null;
  return link(random.pick(front(one)), target, { rule: `guardrails/no-${one.environment}-to-production` });
}

function scan({ scanners, workloads }: World, random: Random): Link | null {
  if (scanners.length === 0) return null;
  const port = random.pick(scannedPorts);
  const listening = { protocol: 'tcp', port, process: '', unit: '', user: '' } as const;
  return { ...link(random.pick(scanners), random.pick(workloads), { rule: null, listening }), answers: false };
}

/** What faces the outside is one address per application and environment, as behind a shared address. */
function fromOutside({ byPairs }: World, random: Random): Link | null {
  const { instance } = pickWeighted(random, byPairs);
  const door = tier(instance, 'lb')[0] ?? tier(instance, 'web')[0];
  if (door === undefined || instance.environment !== 'production') return null;
  return link(outsideAddress(door, random), door, { rule: 'internet/to-front' });
}

function toOutside({ byPairs }: World, random: Random): Link | null {
  const from = front(pickWeighted(random, byPairs).instance)[0];
  if (from === undefined) return null;
  return link(from, outsideAddress(from, random), { rule: 'internet/updates', listening: secureWeb });
}

/** Addresses that documents may use, so that nobody's own are named; a few are seen again and again. */
function outsideAddress({ v6 }: SynthWorkload, random: Random): Address {
  const number = Math.floor(random.unit() ** 2 * 4096);
  if (v6 !== null && random.chance(0.5)) return addressFromBits(6, (0x20010db8n << 96n) | BigInt(number + 1));
  const prefix = random.pick([0xc0000200n, 0xc6336400n, 0xcb007100n]);
  return addressFromBits(4, prefix | BigInt((number % 254) + 1));
}

type About = { readonly rule: RuleId | null; readonly listening?: Listening };

/** To what the destination serves, unless it is said otherwise. */
function link(from: SynthWorkload | Address, to: SynthWorkload | Address, { rule, listening }: About): Link {
  const served = listening ?? (typeof to === 'string' ? secureWeb : to.server);
  return { from, to, rule, listening: served, answers: typeof to !== 'string' };
}

function judge({ from, to, listening, answers, rule }: Link, weights: States, random: Random): SynthEdge {
  const { state } = pickWeighted(random, weights);
  const overV6 = usesV6(from, to, random);
  const end = (of: SynthWorkload | Address): SynthEnd =>
    typeof of === 'string'
      ? { workload: null, address: of }
      : { workload: of, address: (overV6 ? of.v6 : null) ?? of.v4 };
  const { protocol, port } = listening;
  // What policy does not know of is denied by nothing in particular; only guardrails deny by name.
  const named = state === 'allowed' || (state !== 'unknown' && rule?.startsWith('guardrails/') === true);
  return {
    from: end(from),
    to: end(to),
    service: servicePoint(protocolNumbers[protocol] ?? 6, port),
    server: answers ? listening : null,
    state,
    rule: named ? rule : null,
    // From once a minute to thousands.
    count: 1 + Math.floor(Math.exp(random.unit() * 8)),
  };
}

/** An outside address was drawn to suit the workload; two workloads that both can use IPv6 do so half of the time. */
function usesV6(from: Link['from'], to: Link['to'], random: Random): boolean {
  if (typeof from === 'string') return from.includes(':');
  if (typeof to === 'string') return to.includes(':');
  return from.v6 !== null && to.v6 !== null && random.chance(0.5);
}
