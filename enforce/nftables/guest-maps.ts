import { type Address, addressFamily } from '@bulkhead/net/address.ts';
import { type Copy, nameIn, placeOf } from './copy.ts';
import type { MapElement, MapKind, MapShape, SetShape } from './shape.ts';
import type { IpName } from './statements.ts';

/** A guest as the maps that all places share have it: where its chains are and which addresses lead to them. */
export type Guest = { readonly place: number; readonly copy: Copy; readonly addresses: readonly Address[] };

const kinds: Readonly<Record<IpName, MapKind>> = {
  ip: { key: 'ip saddr', type: 'ipv4_addr', value: 'verdict', interval: false },
  ip6: { key: 'ip6 saddr', type: 'ipv6_addr', value: 'verdict', interval: false },
};
/** The chains of a guest that its addresses lead to. */
export const guestBranches = { from: 'from', to: 'to', published: 'out_published' } as const;
export type GuestMap = keyof typeof guestBranches;

const sharedName = /^guests_(from|to|published|all)(4|6)_([ab])$/;
const familyOf = { ip: 4, ip6: 6 } as const;

export const guestMapName = (what: GuestMap | 'all', ip: IpName, copy: Copy): string =>
  `guests_${what}${familyOf[ip]}_${copy}`;

/** Which copy a map or set that all places share belongs to; null: it is none of these. */
export function sharedCopyOf(name: string): Copy | null {
  const [, , , copy] = sharedName.exec(name) ?? [];
  return copy === 'a' || copy === 'b' ? copy : null;
}

/** Addresses of this host that somebody spoke to. Packets put them there, and they stay. */
export const ownSets: Readonly<Record<IpName, string>> = { ip: 'own4', ip6: 'own6' };
export const ownSetShapes: readonly SetShape[] = [
  { name: ownSets.ip, type: 'ipv4_addr', elements: null },
  { name: ownSets.ip6, type: 'ipv6_addr', elements: null },
];

export function guestMaps(guests: readonly Guest[], copy: Copy): MapShape[] {
  return (['from', 'to', 'published'] as const).flatMap((what) =>
    (['ip', 'ip6'] as const).map((ip) => ({
      name: guestMapName(what, ip, copy),
      kind: kinds[ip],
      elements: guests.flatMap((guest) => elements(guest, what, ip)),
    })),
  );
}

function elements({ place, copy, addresses }: Guest, what: GuestMap, ip: IpName): MapElement[] {
  const value = `jump ${nameIn({ place, copy }, guestBranches[what])}`;
  return ofFamily(addresses, ip).map((key) => ({ key, value, comment: null }));
}

export function guestSets(guests: readonly Guest[], copy: Copy): SetShape[] {
  return (['ip', 'ip6'] as const).map((ip) => ({
    name: guestMapName('all', ip, copy),
    type: ip === 'ip' ? 'ipv4_addr' : 'ipv6_addr',
    elements: guests.flatMap(({ addresses }) => ofFamily(addresses, ip)),
  }));
}

const ofFamily = (addresses: readonly Address[], ip: IpName): Address[] =>
  addresses.filter((address) => addressFamily(address) === familyOf[ip]);

/** The place whose chain an element of such a map leads to; null: to none of ours. */
export function placeOfBranch(value: string): number | null {
  const target = /^jump (g[1-9]\d{0,3}_\w+)$/.exec(value)?.[1];
  return target === undefined ? null : placeOf(target);
}
