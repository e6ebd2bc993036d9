import type { Decision } from '@bulkhead/model/decision.ts';
import type { Document } from '@bulkhead/model/documents.ts';
import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import type { Direction } from '@bulkhead/model/words.ts';
import { type Address, addressFamily } from '@bulkhead/net/address.ts';
import {
  formatServicePoint,
  protocolHasPorts,
  protocolIsIcmp,
  servicePoint,
  serviceProtocol,
  serviceValue,
} from '@bulkhead/net/service-space.ts';
import { address, serviceRange } from '@bulkhead/testkit/documents.ts';
import type { Random } from '@bulkhead/testkit/random.ts';
import { probedAddresses, probedServices } from '@bulkhead/testkit/random-estate.ts';
import { frontendAddresses } from '@bulkhead/testkit/random-semantics.ts';
import { type Feature, featuresOf, type Known } from './features.ts';
import type { Judge, JudgedEnd } from './judge.ts';
import type { Stand } from './kernel-cases.ts';
import type { Spot } from './kernel-net.ts';
import { type Kind, packetKind } from './packets.ts';

/** What one end says about a packet, and how its record is to be seen. */
export type ExpectedEnd = {
  readonly place: number;
  readonly expected: Decision;
  readonly direction: Direction;
  readonly local: Address;
  readonly peer: Address;
  readonly service: number;
  /** What it is judged by, where translation hides it from the record. */
  readonly judged: Omit<JudgedEnd, 'workload'>;
};

/** One first packet on its way through one kernel, and the ends on it, in the order they are asked. */
export type Probe = {
  readonly spot: Spot;
  /** Where it ends up, if every end allows it. */
  readonly towards: Spot;
  readonly from: Address;
  readonly to: Address;
  readonly service: number;
  /** Client port, or identifier of an ICMP echo. */
  readonly client: number;
  readonly kind: Kind;
  readonly ends: readonly ExpectedEnd[];
  /** Where it is delivered, when the address and port it asks for are translated. */
  readonly delivered: { readonly to: Address; readonly service: number };
  readonly features: ReadonlySet<Feature>;
  readonly where: string;
};

export type ProbesInput = {
  readonly seed: number;
  readonly documents: readonly Document[];
  readonly stands: readonly Stand[];
  readonly rulesets: readonly HostRuleset[];
  readonly box: readonly Address[];
  readonly judge: Judge;
  readonly count: number;
};

const moreServices = [
  'icmp/13/0',
  'icmpv6/134/0',
  'proto/50',
  'proto/89',
  'tcp/8050',
  'tcp/65535',
  'udp/65535',
  'tcp/1',
];
const services = [...probedServices, ...moreServices].map((text) => serviceRange(text).first);
const portServices = services.filter((service) => [6, 17].includes(serviceProtocol(service)));
/** Behind an address that is translated: what tracking translates without further help. */
const leavingServices = services.filter((service) => [1, 6, 17].includes(serviceProtocol(service)));

/** A port of the host that leads elsewhere. */
type Published = {
  readonly asked: Address;
  readonly service: number;
  readonly to: Address;
  readonly toService: number;
  readonly at: Stand | 'box';
  /** Whoever asks for it comes there in the name of the host. */
  readonly masked: boolean;
};

/** `asked`: what `decide` is asked about it, where its record shows something else. */
type WayEnd = Omit<ExpectedEnd, 'expected' | 'judged'> & { readonly asked?: Partial<ExpectedEnd['judged']> };

/** A packet without what is the same for all. */
type Way = {
  readonly spot: Spot;
  readonly towards: Spot;
  readonly from: Address;
  readonly to: Address;
  readonly service: number;
  readonly ends: readonly WayEnd[];
  readonly delivered?: Probe['delivered'];
  readonly features: readonly Feature[];
};

export function probesOf(random: Random, input: ProbesInput): { probes: Probe[]; translation: string } {
  const ways = new Ways(random, input);
  const probes = new Map<string, Probe>();
  const start = random.below(60_000);
  for (let tries = 0; probes.size < input.count && tries < 40 * input.count; tries++) {
    const way = ways.any();
    if (way === null) continue;
    const { spot, from, to, service } = way;
    const kind = packetKind(service, addressFamily(from));
    if (kind === 'impossible' || addressFamily(from) !== addressFamily(to)) continue;
    // What has no port is told apart by its addresses, which no end before it may have had.
    const key = hasClient(service) ? String(probes.size) : `${service} ${from} ${to}`;
    if (probes.has(key)) continue;
    const client = 1024 + ((start + probes.size) % 60_000);
    probes.set(key, finish(input, way, { spot, kind, client }));
  }
  return { probes: [...probes.values()], translation: ways.translation() };
}

export const hasClient = (service: number): boolean =>
  protocolHasPorts(serviceProtocol(service)) || protocolIsIcmp(serviceProtocol(service));

function finish(input: ProbesInput, way: Way, part: Pick<Probe, 'spot' | 'kind' | 'client'>): Probe {
  const { judge, stands, seed } = input;
  const { from, to, towards } = way;
  const ends = way.ends.map((end): ExpectedEnd => {
    const { workload } = stands[end.place] as Stand;
    const { asked, ...shown } = end;
    const { direction, local, peer, service } = { ...shown, ...asked };
    const judged = { direction, local, peer, service };
    return { ...shown, judged, expected: judge({ ...judged, workload }) };
  });
  const known: Known = { documents: input.documents, rulesets: input.rulesets, stands };
  const text = `seed ${seed}, ${part.spot} to ${towards}, ${from} -> ${to} ${formatServicePoint(way.service)}`;
  return {
    ...part,
    towards,
    from,
    to,
    service: way.service,
    ends,
    delivered: way.delivered ?? { to, service: way.service },
    features: featuresOf(known, ends, way.features),
    where: `${text}, ends ${ends.map((end) => `${end.place} ${end.direction}`).join(', ')}`,
  };
}

/** Everything that may happen on the kernel of one host. */
class Ways {
  readonly #random: Random;
  readonly #host: Stand;
  readonly #guests: readonly Stand[];
  readonly #box: readonly Address[];
  readonly #peers: readonly Address[];
  readonly #published: readonly Published[];
  /** The host's addresses that others leave with. */
  readonly #leaving: readonly Address[];
  readonly #all: readonly (() => Way | null)[];

  constructor(random: Random, { documents, stands, box }: ProbesInput) {
    const [host, ...guests] = stands;
    if (host === undefined) throw new Error('There is no host');
    this.#random = random;
    this.#host = host;
    this.#guests = guests;
    this.#box = box;
    const local = new Set([...stands.flatMap((stand) => stand.addresses), ...box]);
    const owned = documents.flatMap((d) =>
      d.kind === 'Workload' ? d.addresses.map((claimed) => claimed.address) : [],
    );
    this.#peers = [...owned, ...[...probedAddresses, ...frontendAddresses].map(address)].filter(
      (one) => !local.has(one),
    );
    this.#leaving = ([4, 6] as const).map((family) =>
      random.pick(host.addresses.filter((a) => addressFamily(a) === family)),
    );
    this.#published = this.#publish();
    const alone = [() => this.#toHost(), () => this.#fromHost(), () => this.#boxOut()];
    const withBox = [() => this.#fromWorldTo(null), () => this.#guestAndBox()];
    const withGuests = [
      () => this.#toGuest(),
      () => this.#fromGuest(),
      () => this.#guestAndHost(),
      () => this.#guestToGuest(),
      () => this.#guestAndPublished(),
      () => this.#fromWorldTo(this.#anyGuest()),
    ];
    this.#all =
      guests.length === 0 ? [...alone, withBox[0] as () => Way | null] : [...alone, ...withBox, ...withGuests];
  }

  any(): Way | null {
    return this.#random.pick(this.#all)();
  }

  /** What a container engine would load. */
  translation(): string {
    const to = (at: Address, port: number) => (addressFamily(at) === 4 ? `${at}:${port}` : `[${at}]:${port}`);
    const asked = this.#published.map(({ asked, service, to: target, toService }) => {
      const protocol = serviceProtocol(service) === 6 ? 'tcp' : 'udp';
      const ip = addressFamily(asked) === 4 ? 'ip' : 'ip6';
      return `${ip} daddr ${asked} ${protocol} dport ${serviceValue(service)} dnat ${ip} to ${to(target, serviceValue(toService))}`;
    });
    const masked = this.#published
      .filter((one) => one.masked)
      .map(({ asked, service }) => {
        const [ip, own] = [addressFamily(asked) === 4 ? 'ip' : 'ip6', this.#nameFor(asked)];
        const flow = `ct original ${ip} daddr ${asked} meta l4proto ${serviceProtocol(service)} ct original proto-dst ${serviceValue(service)}`;
        return `${flow} snat ${ip} to ${own}`;
      });
    const leave = [...this.#box, ...this.#guests.flatMap((guest) => (guest.spot === 'g1' ? guest.addresses : []))].map(
      (from) => {
        const [ip, own] = [addressFamily(from) === 4 ? 'ip' : 'ip6', this.#nameFor(from)];
        return `oifname "eth0" ${ip} saddr ${from} meta l4proto { tcp, udp, icmp } snat ${ip} to ${own}`;
      },
    );
    const chain = (name: string, hook: string, rules: readonly string[]) =>
      `chain ${name} { type nat hook ${hook};\n${rules.join('\n')}\n}`;
    const [pre, post] = ['prerouting priority dstnat', 'postrouting priority srcnat'];
    return `table inet engine\ndelete table inet engine\ntable inet engine {\n${chain('pre', pre, asked)}\n${chain('post', post, [...masked, ...leave])}\n}\n`;
  }

  #publish(): Published[] {
    const random = this.#random;
    const out = new Map<string, Published>();
    for (let i = 0; i < 8; i++) {
      const asked = random.pick(this.#host.addresses);
      const service = random.chance(0.8) ? random.pick(portServices) : this.#anyPort();
      const at = this.#guests.length > 0 && random.chance(0.5) ? random.pick(this.#guests) : 'box';
      const targets = (at === 'box' ? this.#box : at.addresses).filter(
        (a) => addressFamily(a) === addressFamily(asked),
      );
      if (targets.length === 0) continue;
      const toService = servicePoint(serviceProtocol(service), serviceValue(random.pick(portServices)));
      out.set(`${asked} ${service}`, {
        asked,
        service,
        to: random.pick(targets),
        toService,
        at,
        masked: random.chance(0.3),
      });
    }
    return [...out.values()];
  }

  #toHost(): Way | null {
    const [local, peer, service] = [this.#random.pick(this.#host.addresses), this.#peer(), this.#service()];
    if (this.#isPublished(local, service)) return null;
    const end = { place: 0, direction: 'inbound', local, peer, service } as const;
    return { spot: 'world', towards: 'host', from: peer, to: local, service, ends: [end], features: [] };
  }

  #fromHost(): Way {
    const [local, peer, service] = [this.#random.pick(this.#host.addresses), this.#peer(), this.#service()];
    const end = { place: 0, direction: 'outbound', local, peer, service } as const;
    return { spot: 'host', towards: 'world', from: local, to: peer, service, ends: [end], features: [] };
  }

  #toGuest(): Way {
    const guest = this.#anyGuest();
    const [local, service] = [this.#random.pick(guest.addresses), this.#service()];
    const [spot, peer] = this.#random.chance(0.8)
      ? (['world', this.#peer()] as const)
      : (['box', this.#ofBox(local)] as const);
    const end = { place: this.#placeOf(guest), direction: 'inbound', local, peer, service } as const;
    return { spot, towards: guest.spot, from: peer, to: local, service, ends: [end], features: ['forward'] };
  }

  #fromGuest(): Way {
    const guest = this.#anyGuest();
    const [local, service] = [this.#random.pick(guest.addresses), this.#service()];
    const [towards, peer] = this.#random.chance(0.8)
      ? (['world', this.#peer()] as const)
      : (['box', this.#ofBox(local)] as const);
    const end = { place: this.#placeOf(guest), direction: 'outbound', local, peer, service } as const;
    return { spot: guest.spot, towards, from: local, to: peer, service, ends: [end], features: ['forward'] };
  }

  #guestAndHost(): Way | null {
    const guest = this.#anyGuest();
    const [own, hosts] = [this.#random.pick(guest.addresses), this.#random.pick(this.#host.addresses)];
    return this.#random.chance(0.5)
      ? this.#between({ from: guest, to: this.#host, source: own, target: hosts, features: [] })
      : this.#between({ from: this.#host, to: guest, source: hosts, target: own, features: [] });
  }

  #guestToGuest(): Way | null {
    const [from, to] = this.#random.chance(0.5) ? this.#guests : this.#guests.toReversed();
    if (from === undefined || to === undefined) return null;
    const [source, target] = [this.#random.pick(from.addresses), this.#random.pick(to.addresses)];
    return this.#between({ from, to, source, target, features: ['forward'] });
  }

  #between(
    way: { from: Stand; to: Stand; source: Address; target: Address; features: Feature[] },
    service = this.#service(),
  ): Way | null {
    const { source, target, features } = way;
    if (way.to === this.#host && this.#isPublished(target, service)) return null;
    const ends = [
      { place: this.#placeOf(way.from), direction: 'outbound', local: source, peer: target, service },
      { place: this.#placeOf(way.to), direction: 'inbound', local: target, peer: source, service },
    ] as const;
    const [spot, towards] = [way.from.spot, way.to.spot];
    return { spot, towards, from: source, to: target, service, ends, features: ['both ends', ...features] };
  }

  /** From the world to what the host published: a guest's service, or one of a container that is no workload. */
  #fromWorldTo(guest: Stand | null): Way | null {
    const at = guest ?? 'box';
    const list = this.#published.filter((one) => one.at === at);
    if (list.length === 0) return null;
    const one = this.#random.pick(list);
    const { asked, service, to, toService } = one;
    const peer = this.#peer();
    const seen = { direction: 'inbound', local: to, peer, service: toService } as const;
    const way = { spot: 'world', from: peer, to: asked, service, features: ['DNAT', 'forward'] } as const;
    const delivered = { to, service: toService };
    if (guest !== null)
      return {
        ...way,
        towards: guest.spot,
        delivered,
        ends: [{ ...seen, place: this.#placeOf(guest) }, ...this.#onward(one)],
      };
    const ends = [{ ...seen, place: 0, asked: { local: asked, service } }, ...this.#onward(one)];
    return { ...way, towards: 'box', delivered, ends };
  }

  /** A guest asks for what its own host published and another guest serves. */
  #guestAndPublished(): Way | null {
    const [from, at] = this.#random.chance(0.5) ? this.#guests : this.#guests.toReversed();
    const list = this.#published.filter((one) => one.at === at);
    if (from === undefined || at === undefined || list.length === 0) return null;
    const one = this.#random.pick(list);
    const source = this.#random.pick(from.addresses);
    const way = this.#between({ from, to: at, source, target: one.to, features: ['DNAT', 'forward'] }, one.toService);
    if (way === null) return null;
    const delivered = { to: one.to, service: one.toService };
    return { ...way, to: one.asked, service: one.service, delivered };
  }

  /** What goes on in the name of the host is the host's, too, unless a guest asked. */
  #onward({ masked, asked, to: peer, toService: service }: Published): WayEnd[] {
    const local = this.#nameFor(asked);
    return masked && local !== undefined ? [{ place: 0, direction: 'outbound', local, peer, service }] : [];
  }

  #nameFor = (like: Address): Address | undefined => this.#leaving[addressFamily(like) === 4 ? 0 : 1];

  /** A guest asks for what its own host published and a container that is no workload serves. */
  #guestAndBox(): Way | null {
    const guest = this.#anyGuest();
    const list = this.#published.filter((one) => one.at === 'box');
    const source = this.#random.pick(guest.addresses);
    if (list.length === 0) return null;
    const { asked, service, to, toService } = this.#random.pick(list);
    if (addressFamily(asked) !== addressFamily(source)) return null;
    // Judged by what was asked for, shown as what it was translated to.
    const ends = [
      {
        place: this.#placeOf(guest),
        direction: 'outbound',
        local: source,
        peer: to,
        service: toService,
        asked: { peer: asked, service },
      },
      {
        place: 0,
        direction: 'inbound',
        local: to,
        peer: source,
        service: toService,
        asked: { local: asked, service },
      },
    ] as const;
    return {
      spot: guest.spot,
      towards: 'box',
      from: source,
      to: asked,
      service,
      ends,
      delivered: { to, service: toService },
      features: ['DNAT', 'forward', 'both ends'],
    };
  }

  /** A container that is no workload leaves in the host's name. */
  #boxOut(): Way | null {
    const [peer, service] = [this.#peer(), this.#random.pick(leavingServices)];
    const [from, local] = [this.#ofBox(peer), this.#nameFor(peer)];
    if (local === undefined) return null;
    const end = { place: 0, direction: 'outbound', local, peer, service } as const;
    return { spot: 'box', towards: 'world', from, to: peer, service, ends: [end], features: ['SNAT', 'forward'] };
  }

  #anyGuest = (): Stand => this.#random.pick(this.#guests);
  #placeOf = (stand: Stand): number => (stand === this.#host ? 0 : 1 + this.#guests.indexOf(stand));
  #peer = (): Address => this.#random.pick(this.#peers);
  #ofBox = (like: Address): Address =>
    this.#box.find((one) => addressFamily(one) === addressFamily(like)) ?? this.#random.pick(this.#box);
  #service = (): number => (this.#random.chance(0.8) ? this.#random.pick(services) : this.#anyPort());
  #anyPort = (): number => servicePoint(this.#random.pick([6, 17]), 1 + this.#random.below(65535));
  #isPublished = (to: Address, service: number): boolean =>
    this.#published.some((one) => one.asked === to && one.service === service);
}
