import { formatServiceRange, type ServiceRange } from '@bulkhead/net/service-space.ts';
import { everyAddress, hasNoAddress, withoutAddresses } from './address-ranges.ts';
import type { Cluster } from './cluster.ts';
import type { Remark } from './findings.ts';
import type { PlaceTerm } from './places.ts';
import type { Row } from './rows.ts';
import { isEveryService, perProtocol, type ServiceSet } from './service-sets.ts';

/** Why a form cannot say a row; null: it can. */
export type Reason = Remark | null;

const portProtocols: ReadonlySet<number> = new Set([6, 17, 132]);

/** SPEC EX26. Whatever the object, a cluster judges by ports, or by nothing. */
export function servicesReason({ services }: Row): Reason {
  if (isEveryService(services)) return null;
  const other = perProtocol(services.ranges).find(({ protocol }) => !portProtocols.has(protocol));
  if (other === undefined) return null;
  return {
    code: 'service',
    so: `it names ${formatServiceRange(wholeOf(other.protocol))} without all other services, and Kubernetes judges TCP, UDP and SCTP ports`,
    needed: 'ports, or all services are needed',
  };
}

const wholeOf = (protocol: number): ServiceRange => ({ first: protocol << 16, last: (protocol << 16) | 0xffff });

/** As a rule of a NetworkPolicy. */
export function namespacedReason(row: Row): Reason {
  if (row.peers.some(({ kind }) => kind === 'domain')) return domainReason;
  if (row.peers.some(({ kind }) => kind === 'nodes')) return nodesReason;
  return servicesReason(row) ?? addressOfName(row) ?? portZero(row.services, false);
}

/** As a rule of an AdminNetworkPolicy; everybody is looked at elsewhere. */
export function adminReason(row: Row): Reason {
  const { direction, verdict, peers, services } = row;
  if (direction === 'ingress' && peers.some(({ kind }) => kind === 'addresses')) return sourceReason;
  if (verdict !== 'allow' && peers.some(({ kind }) => kind === 'domain')) return domainReason;
  if (peers.some((peer) => peer.kind === 'domain' && !domainName.test(peer.name))) return domainReason;
  return servicesReason(row) ?? addressOfName(row) ?? protocolOfName(services) ?? portZero(services, true);
}

/**
 * SPEC EX41: by all addresses a cluster means anyone. Prefixes are no domain names, and not who has no address, so where there
 * are such the two differ.
 */
export function everyAddressReason({ allHaveAddresses }: Cluster, { peers }: Row): Reason {
  if (allHaveAddresses || peers.some(({ kind }) => kind === 'any')) return null;
  const left = peers.reduce(
    (rest, peer) => (peer.kind === 'addresses' ? withoutAddresses(rest, peer.ranges) : rest),
    everyAddress,
  );
  return hasNoAddress(left) ? everyAddressRemark : null;
}

const everyAddressRemark: Remark = {
  code: 'every-address',
  so: 'it names all addresses of both families, which to a cluster is anyone, domain names and pods without an address too',
  needed: '{any: true}, or the addresses that are meant are needed',
};

/** Whether a peer may be somebody that no selector of an admin kind says (SPEC EX37); in egress all networks are anyone. */
export const isBeyondAdmin = ({ direction }: Row, { kind }: PlaceTerm): boolean =>
  direction === 'ingress' && (kind === 'any' || kind === 'addresses');

const sourceReason: Remark = {
  code: 'source-address',
  so: 'it must be a rule of an AdminNetworkPolicy for its place in the order, and those know no addresses as a source',
  needed: 'a selector as its source, or no deny behind it are needed',
};

export const anyoneReason: Remark = {
  code: 'source-anyone',
  so: 'it must be a rule of an AdminNetworkPolicy for its place in the order, and those know everybody only as all pods',
  needed: 'a selector, or nothing that says otherwise of anybody else behind it are needed',
};

/** DomainName of policy.networking.k8s.io/v1alpha1: two labels at least, a star not counted. */
const domainName = /^(\*\.)?([a-z0-9_]([-a-z0-9_]*[a-z0-9])?\.)+[a-z0-9_]([-a-z0-9_]*[a-z0-9])?$/;

const domainReason: Remark = {
  code: 'domain-name',
  so: 'it names a domain name, which only AdminNetworkPolicy egress that allows can, and only below a top-level domain',
  needed: 'addresses are needed',
};

const nodesReason: Remark = {
  code: 'nodes',
  so: 'it names nodes where only AdminNetworkPolicy egress can',
  needed: 'addresses are needed',
};

function addressOfName({ direction, peers, services }: Row): Reason {
  const byAddress = peers.some(({ kind }) => kind !== 'selection');
  if (direction === 'ingress' || services.named.length === 0 || !byAddress) return null;
  return {
    code: 'named-port-address',
    so: 'it leads to addresses by the name of a port, and addresses have no names for ports',
    needed: 'a selector of pods, or the number of the port are needed',
  };
}

/** SPEC EX27. */
function protocolOfName({ named }: ServiceSet): Reason {
  const lonely = named.find(
    ({ name }) => new Set(named.filter((port) => port.name === name).map(({ protocol }) => protocol)).size < 3,
  );
  if (lonely === undefined) return null;
  return {
    code: 'named-port',
    so: `it must be a rule of an AdminNetworkPolicy, and there port ${lonely.name} is of every protocol`,
    needed: `the number, or the name for tcp, udp and sctp are needed`,
  };
}

/** Ports begin at 1; all ports of a protocol are said without numbers, which admin kinds cannot. */
function portZero({ ranges }: ServiceSet, admin: boolean): Reason {
  if (isEveryService({ ranges, named: [] })) return null;
  const zero = perProtocol(ranges).find(({ first, last }) => first === 0 && (admin || last < 0xffff));
  if (zero === undefined) return null;
  const name = new Map([
    [6, 'tcp'],
    [17, 'udp'],
    [132, 'sctp'],
  ]).get(zero.protocol);
  return {
    code: 'port-zero',
    so: 'it names port 0, and ports of Kubernetes begin at 1',
    needed: `${name}/1-${zero.last} is needed`,
  };
}
