import type { HostRulesetContent, Identity } from '@bulkhead/model/host-ruleset.ts';
import { type Address, addressFamily, type Family } from '@bulkhead/net/address.ts';
import { formatPrefix, type Prefix } from '@bulkhead/net/prefix.ts';
import { nameIn, type Where } from './copy.ts';
import { commentLimit, quotedText } from './quoted-text.ts';
import type { MapElement, MapKind, MapShape } from './shape.ts';
import { scratchText } from './statements.ts';

const address4: MapKind = { key: 'ip saddr', type: 'ipv4_addr', value: 'meta priority', interval: false };
const address6: MapKind = { key: 'ip6 saddr', type: 'ipv6_addr', value: 'meta priority', interval: false };
const prefix4: MapKind = { ...address4, interval: true };
const prefix6: MapKind = { ...address6, interval: true };

/** Addresses in hash maps, that take single changes at any size; prefixes apart, in interval maps replaced whole. */
export function peerMaps(content: HostRulesetContent, at: Where): MapShape[] {
  const names = identityNames(content.identities);
  const of = (family: Family) =>
    content.addresses
      .filter((peer) => addressFamily(peer.address) === family)
      .map((peer) => addressElement(peer.address, peer.identity, names));
  const within = (family: Family) =>
    content.prefixes
      .filter((peer) => peer.prefix.family === family)
      .map((peer) => element(prefixKey(peer.prefix), peer.identity, names));
  return [
    { name: nameIn(at, 'id4'), kind: address4, elements: of(4) },
    { name: nameIn(at, 'id6'), kind: address6, elements: of(6) },
    { name: nameIn(at, 'net4'), kind: prefix4, elements: within(4) },
    { name: nameIn(at, 'net6'), kind: prefix6, elements: within(6) },
  ];
}

export const addressMapName = (at: Where, address: Address): string =>
  nameIn(at, addressFamily(address) === 4 ? 'id4' : 'id6');

export function addressElement(address: Address, identity: number, names: IdentityNames): MapElement {
  return element(address, identity, names);
}

export type IdentityNames = ReadonlyMap<number, string>;
export function identityNames(identities: readonly Identity[]): IdentityNames {
  return new Map(identities.map((identity) => [identity.id, quotedText(identity.name, commentLimit)]));
}

function element(key: string, identity: number, names: IdentityNames): MapElement {
  return { key, value: scratchText(identity), comment: names.get(identity) || null };
}

/** A prefix of full length is listed without its length. */
function prefixKey(prefix: Prefix): string {
  const text = formatPrefix(prefix);
  return prefix.length === (prefix.family === 4 ? 32 : 128) ? text.slice(0, text.indexOf('/')) : text;
}
