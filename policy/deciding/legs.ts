import type { VirtualServiceDocument } from '@bulkhead/model/documents.ts';
import { requirementsMatch } from '@bulkhead/model/requirements.ts';
import { addressFamily } from '@bulkhead/net/address.ts';
import { formatServicePoint } from '@bulkhead/net/service-space.ts';
import { type Estate, ownerSeenFrom, type Workload } from '../estate.ts';
import { behind, snatOf } from '../language/virtual-services.ts';
import type { Policy } from '../policy.ts';
import type { Connection, Endpoint } from '../probe.ts';

/** What each end sees of one way a connection takes; both see the same but behind a virtual service. */
export type Leg = {
  readonly outbound: Connection;
  readonly inbound: Connection;
  /** The frontend on the way, as `10.0.9.9 tcp/443`; null: none. */
  readonly via: string | null;
};

/** One where the connection ends at its address; one for every address of a member behind a frontend (SPEC V2-V4). */
export function legsOf(policy: Policy, estate: Estate, connection: Connection): readonly Leg[] {
  const virtual = frontedBy(policy, connection);
  if (virtual === undefined) return [{ outbound: connection, inbound: connection, via: null }];
  const { destination, service } = connection;
  const via = `${destination.address} ${formatServicePoint(service)}`;
  const source = seenByMembers(estate, virtual, connection);
  const legs = membersBehind(estate, virtual).flatMap((member) =>
    endpointsBehind(member, destination).map((endpoint) => {
      const inbound = { ...connection, source, destination: endpoint, service: behind(virtual, service) };
      return { outbound: connection, inbound, via };
    }),
  );
  return legs.length > 0 ? legs : [{ outbound: connection, inbound: connection, via }];
}

const found = new WeakMap<Estate, Map<VirtualServiceDocument, readonly Workload[]>>();

function membersBehind(estate: Estate, virtual: VirtualServiceDocument): readonly Workload[] {
  const here = found.get(estate) ?? new Map<VirtualServiceDocument, readonly Workload[]>();
  found.set(estate, here);
  const { requirements } = virtual.members.selector;
  const members = here.get(virtual) ?? estate.workloads.filter(({ labels }) => requirementsMatch(requirements, labels));
  here.set(virtual, members);
  return members;
}

const fronts = new WeakMap<Policy['virtualServices'], ReadonlyMap<string, VirtualServiceDocument>>();

function frontedBy(
  { virtualServices }: Policy,
  { destination, service }: Connection,
): VirtualServiceDocument | undefined {
  const { network, address, workload } = destination;
  if (virtualServices.length === 0 || workload !== null || address === null) return undefined;
  const byFrontend = fronts.get(virtualServices) ?? frontendsOf(virtualServices);
  fronts.set(virtualServices, byFrontend);
  return byFrontend.get(`${network} ${address} ${service}`);
}

function frontendsOf(virtualServices: Policy['virtualServices']): ReadonlyMap<string, VirtualServiceDocument> {
  const byFrontend = new Map<string, VirtualServiceDocument>();
  for (const virtual of virtualServices) {
    for (const { network, address, service } of virtual.frontends) {
      const key = `${network} ${address} ${service}`;
      if (!byFrontend.has(key)) byFrontend.set(key, virtual);
    }
  }
  return byFrontend;
}

/** Addresses of a member that the frontend's kind of packet can reach; all where there are none such. */
function endpointsBehind(workload: Workload, frontend: Endpoint): Endpoint[] {
  const { network, address } = frontend;
  const near = workload.addresses.filter(
    (own) => own.network === network && address !== null && addressFamily(own.address) === addressFamily(address),
  );
  const addresses = near.length > 0 ? near : workload.addresses;
  if (addresses.length === 0) return [{ network, address: null, workload }];
  return addresses.map((own) => ({ ...own, workload }));
}

function seenByMembers(estate: Estate, virtual: VirtualServiceDocument, connection: Connection): Endpoint {
  const address = snatOf(virtual);
  if (address === null) return connection.source;
  const { network } = connection.destination;
  return { network, address, workload: ownerSeenFrom(estate, [network], address) };
}
