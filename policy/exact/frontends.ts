import type { VirtualServiceDocument } from '@bulkhead/model/documents.ts';
import { defaultNetwork } from '@bulkhead/model/words.ts';
import { type Address, addressFamily } from '@bulkhead/net/address.ts';
import type { ServicePoint } from '@bulkhead/net/service-space.ts';
import { behind, snatOf } from '../language/virtual-services.ts';
import type { Side } from '../world.ts';
import type { Axis } from './axis.ts';
import { workloadsMatching } from './estate-facts.ts';
import { type Outside, snatName } from './outside.ts';

/** An address outside on one port, behind which members of a virtual service are (SPEC V2-V4). */
export type Frontend = {
  /** Who meets the address elsewhere meets no frontend. */
  readonly network: string;
  readonly service: ServicePoint;
  /** Endpoints of members that it leads to, on the port `behind`; none: it leads nowhere. */
  readonly members: readonly number[];
  readonly behind: ServicePoint;
  /** What members see instead of the source; null: they see the source. */
  readonly snat: number | null;
};

/** Of one world, by the position of the address. */
export type Frontends = ReadonlyMap<number, readonly Frontend[]>;

/** Of both worlds: positions that are frontends in one of them. */
export function frontendPositions(axis: Axis): readonly number[] {
  return [...new Set([...frontendsIn(axis, 'before').keys(), ...frontendsIn(axis, 'after').keys()])];
}

const known = new WeakMap<Axis, Map<Side, Frontends>>();

export function frontendsIn(axis: Axis, side: Side): Frontends {
  const sides = known.get(axis) ?? new Map<Side, Frontends>();
  known.set(axis, sides);
  const found = sides.get(side) ?? findFrontends(axis, side);
  sides.set(side, found);
  return found;
}

function findFrontends(axis: Axis, side: Side): Frontends {
  const { virtualServices } = axis.worlds[side].policy;
  const found = new Map<number, Frontend[]>();
  if (virtualServices.length === 0) return found;
  const finder = new EndFinder(axis, side);
  for (const virtual of virtualServices) {
    for (const { address, network, service } of virtual.frontends) {
      const position = finder.outside(address);
      if (position === null) continue;
      const here = found.get(position) ?? [];
      found.set(position, here);
      // The first virtual service that has it is the one that answers.
      if (here.some((other) => other.network === network && other.service === service)) continue;
      const members = finder.members(virtual, { network, address });
      const snat = finder.snat(virtual, network);
      here.push({ network, service, members, behind: behind(virtual, service), snat });
    }
  }
  return found;
}

const endText = ({ kind, name, example }: Outside): string => `${kind} ${kind === 'snat' ? name : example}`;

/** Positions of ends that documents name. */
class EndFinder {
  readonly #axis: Axis;
  readonly #side: Side;
  readonly #outsides: ReadonlyMap<string, number>;
  #segments: ReadonlyMap<string, number> | null = null;

  constructor(axis: Axis, side: Side) {
    [this.#axis, this.#side] = [axis, side];
    const first = axis.sets.length - axis.outsides.length;
    this.#outsides = new Map(axis.outsides.map((outside, index) => [endText(outside), first + index]));
  }

  /** Terms of the policy tell each of them from every other address. */
  outside = (address: Address): number | null => this.#outsides.get(`addresses ${address}`) ?? null;

  members({ members }: VirtualServiceDocument, at: { readonly network: string; readonly address: Address }): number[] {
    const { estate } = this.#axis.worlds[this.#side];
    const place = `${at.network} ${addressFamily(at.address)}`;
    const matching = workloadsMatching(estate, members.selector.requirements);
    // Workloads of a segment may have other labels, where nobody can tell by their addresses whose they are.
    const segments = new Set(matching.flatMap((index) => this.#segmentOf(estate.workloads[index]?.name) ?? []));
    return [...segments].flatMap((position) => {
      const endpoints = this.#axis.endpoints(this.#side, position);
      const near = endpoints.filter((endpoint) => this.#axis.kindAt(this.#side, endpoint).place === place);
      return near.length > 0 ? near : endpoints;
    });
  }

  snat(virtual: VirtualServiceDocument, network: string): number | null {
    const address = snatOf(virtual);
    return address === null ? null : (this.#outsides.get(`snat ${snatName(network, address)}`) ?? null);
  }

  #segmentOf(name: string | undefined): number | null {
    this.#segments ??= new Map(
      this.#axis.segments.flatMap(({ workloads }, position) => workloads.map((one) => [one, position] as const)),
    );
    return name === undefined ? null : (this.#segments.get(name) ?? null);
  }
}

/** Whether an endpoint of this place meets the addresses of the network; without an address it is in the first one. */
export const isInNetwork = (place: string | null, network: string): boolean =>
  place === null ? network === defaultNetwork : place.slice(0, -2) === network;
