import { type Address, addressFromBits } from '@bulkhead/net/address.ts';
import type { Prefix } from '@bulkhead/net/prefix.ts';
import { findEnd, type Guest, type Host, type Lab, type Segment } from './lab-file.ts';

/** The router's address on the host's side of every IPv6 link; link-local, so it is the same on all of them. */
const routerLink = 'fe80::1';

/** The first address of a segment belongs to the router. */
export const gateway = (prefix: Prefix): Address => addressFromBits(prefix.family, prefix.bits + 1n);

export const linkName = (host: Host): string => `v-${host.name}`;

/**
 * `ip -batch` lines for the router's namespace. Hosts hang on the router one by one over a veth pair each, so every
 * packet between two hosts is routed, also inside one segment: no bridge module is needed and no host hears another.
 * `pids` are the hosts' first processes, seen from the router.
 */
export function routerBatch(lab: Lab, pids: ReadonlyMap<string, number>): string {
  const own = [lab.control.v4, lab.control.v6].map((address) => `addr add ${address} dev lo`);
  return lines([
    'link set lo up',
    ...own,
    ...lab.hosts.flatMap((host) => hostLink(lab, host, pids.get(host.name) ?? 0)),
  ]);
}

function hostLink(lab: Lab, host: Host, pid: number): string[] {
  const link = linkName(host);
  return [
    `link add ${link} type veth peer name eth0 netns ${pid}`,
    `link set ${link} up`,
    `addr add ${gateway(segmentOf(lab, host).v4)}/32 dev ${link}`,
    `addr add ${routerLink}/64 dev ${link} nodad`,
    `route add ${host.v4}/32 dev ${link}`,
    `route add ${host.v6}/128 dev ${link}`,
    ...host.guests.flatMap((guest) => [
      `route add ${guest.v4}/32 via ${host.v4} dev ${link} onlink`,
      `route add ${guest.v6}/128 via ${host.v6} dev ${link} onlink`,
    ]),
  ];
}

export const guestLinkName = (guest: Guest): string => `g-${guest.name}`;

/** `ip -batch` lines for the host's namespace; `pid` is the guest's process, seen from the router. */
export function guestHostBatch(host: Host, guest: Guest, pid: number): string {
  const link = guestLinkName(guest);
  return lines([
    `link add ${link} type veth peer name eth0 netns ${pid}`,
    `link set ${link} up`,
    `addr add ${routerLink}/64 dev ${link} nodad`,
    `route add ${guest.v4}/32 dev ${link} src ${host.v4}`,
    `route add ${guest.v6}/128 dev ${link} src ${host.v6}`,
  ]);
}

/** `ip -batch` lines for the guest's namespace. */
export function guestBatch(host: Host, guest: Guest): string {
  return lines([
    'link set lo up',
    `addr add ${guest.v4}/32 dev eth0`,
    `addr add ${guest.v6}/128 dev eth0 nodad`,
    'link set eth0 up',
    `route add ${host.v4}/32 dev eth0 src ${guest.v4}`,
    `route add default via ${host.v4} dev eth0 src ${guest.v4}`,
    `route add default via ${routerLink} dev eth0 src ${guest.v6}`,
  ]);
}

/** `ip -batch` lines for one host. The source address is named, else IPv6 would pick a link-local one. */
export function hostBatch(lab: Lab, host: Host): string {
  const via = gateway(segmentOf(lab, host).v4);
  return lines([
    'link set lo up',
    `addr add ${host.v4}/32 dev eth0`,
    `addr add ${host.v6}/128 dev eth0 nodad`,
    'link set eth0 up',
    `route add ${via}/32 dev eth0 src ${host.v4}`,
    `route add default via ${via} dev eth0 src ${host.v4}`,
    `route add default via ${routerLink} dev eth0 src ${host.v6}`,
  ]);
}

/** The first host that runs the name server; labs without one resolve nothing. */
export function nameServer(lab: Lab): Host | null {
  return lab.hosts.find((host) => host.daemons.some((daemon) => daemon.run === 'dnsmasq')) ?? null;
}

export const addressOf = (lab: Lab, name: string, family: 4 | 6): Address =>
  family === 4 ? findEnd(lab, name).v4 : findEnd(lab, name).v6;

function segmentOf(lab: Lab, host: Host): Segment {
  const segment = lab.segments.find((candidate) => candidate.name === host.segment);
  if (segment === undefined) throw new Error(`No segment named ${host.segment}: the parser lets no such name through`);
  return segment;
}

const lines = (list: readonly string[]): string => `${list.join('\n')}\n`;
