import type { VirtualServiceDocument } from '@bulkhead/model/documents.ts';
import { type Address, addressBits, addressFamily, addressFromBits } from '@bulkhead/net/address.ts';
import { type Intervals, intervals, intervalsContain } from '@bulkhead/net/intervals.ts';
import { familyWidth, formatPrefix, type Prefix } from '@bulkhead/net/prefix.ts';
import type { ServicePoint } from '@bulkhead/net/service-space.ts';
import { addressSet } from './address-set.ts';
import { canonicalRequirements } from './selector.ts';
import { type Term, termText } from './terms.ts';

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

export const membersOf = ({ members }: VirtualServiceDocument): Term & { readonly kind: 'workloads' } => {
  return { kind: 'workloads', requirements: canonicalRequirements(members.selector.requirements) };
};

/** The address that members see instead of the client; null: they see the client (SPEC V2). */
export function snatOf({ snat }: VirtualServiceDocument): Address | null {
  const [first] = snat ?? [];
  return first === undefined ? null : addressFromBits(first.family, first.bits);
}

/** Where the members are reached when these services of the frontends are. */
export function portsBehind(virtual: VirtualServiceDocument, services: Intervals): Intervals {
  const asked = virtual.frontends.map(({ service }) => service).filter((port) => intervalsContain(services, port));
  return intervals(asked.map((port) => behind(virtual, port)).map((port) => ({ first: port, last: port })));
}

/** The port of the members behind a port of a frontend. */
export function behind({ members }: VirtualServiceDocument, port: ServicePoint): ServicePoint {
  return members.ports.find(({ frontend }) => frontend === port)?.member ?? port;
}

type Told = { readonly terms: readonly Term[]; readonly serviceSets: readonly Intervals[] };

/** With what tells members, addresses and ports of virtual services apart, whether rules name them or not. */
export function withFrontends({ terms, serviceSets }: Told, virtualServices: readonly VirtualServiceDocument[]): Told {
  if (virtualServices.length === 0) return { terms, serviceSets };
  const known = new Map(terms.map((term) => [termText(term), term]));
  const sets = new Map(serviceSets.map((set) => [setText(set), set]));
  const note = (term: Term) => known.set(termText(term), known.get(termText(term)) ?? term);
  for (const virtual of virtualServices) {
    note(membersOf(virtual));
    for (const { address, service } of virtual.frontends) {
      note(addressTerm(wholePrefix(address)));
      const set = [{ first: service, last: service }];
      sets.set(setText(set), sets.get(setText(set)) ?? set);
    }
  }
  return { terms: [...known.values()], serviceSets: [...sets.values()] };
}

const setText = (set: Intervals): string => set.map(({ first, last }) => `${first}-${last}`).join(',');

const addressTerm = (prefix: Prefix): Term => {
  return { kind: 'addresses', name: formatPrefix(prefix), set: addressSet([prefix], []) };
};
