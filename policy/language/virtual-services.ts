import type { VirtualServiceDocument } from '@bulkhead/model/documents.ts';
import { type Address, addressBits, addressFamily } from '@bulkhead/net/address.ts';
import { type Intervals, intervals, intervalsContain } from '@bulkhead/net/intervals.ts';
import { familyWidth, formatPrefix, type Prefix } from '@bulkhead/net/prefix.ts';
import type { ServicePoint } from '@bulkhead/net/service-space.ts';
import { addressSet } from './address-set.ts';
import type { Term } from './terms.ts';

/** The addresses that answer on one port. */
export type Frontend = { readonly term: Term; readonly services: Intervals };

export function frontendsOf({ frontends }: VirtualServiceDocument): Frontend[] {
  const byPort = Map.groupBy(frontends, ({ service }) => service);
  return [...byPort].map(([service, group]) => {
    const prefixes = group.map(({ address }) => wholePrefix(address));
    const name = prefixes.map(formatPrefix).sort().join(' ');
    return {
      term: { kind: 'addresses', name, set: addressSet(prefixes, []) },
      services: [{ first: service, last: service }],
    };
  });
}

function wholePrefix(address: Address): Prefix {
  const family = addressFamily(address);
  return { family, bits: addressBits(address), length: familyWidth(family) };
}

export const membersOf = ({ members }: VirtualServiceDocument): Term => {
  return { kind: 'workloads', requirements: members.selector.requirements };
};

/** Where the members are reached when these services of the frontends are. */
export function portsBehind(virtual: VirtualServiceDocument, services: Intervals): Intervals {
  const asked = virtual.frontends.map(({ service }) => service).filter((port) => intervalsContain(services, port));
  return intervals(asked.map((port) => behind(virtual, port)).map((port) => ({ first: port, last: port })));
}

/** The port of the members behind a port of a frontend. */
export function behind({ members }: VirtualServiceDocument, port: ServicePoint): ServicePoint {
  return members.ports.find(({ frontend }) => frontend === port)?.member ?? port;
}
