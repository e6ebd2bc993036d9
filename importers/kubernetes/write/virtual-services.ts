import { type Finding, quote } from '@bulkhead/model/finding.ts';
import type { WrittenDocument } from '@bulkhead/model/format/document-text.ts';
import { requirementsMatch } from '@bulkhead/model/requirements.ts';
import { defaultNetwork } from '@bulkhead/model/words.ts';
import type { Address } from '@bulkhead/net/address.ts';
import type { ServiceObject, ServicePort } from '../cluster.ts';
import { listName } from './names.ts';
import type { Scene } from './scene.ts';
import { equal, podRequirements, selectorText } from './selectors.ts';
import type { Workload } from './workloads.ts';

export type Frontend = { readonly address: Address; readonly protocol: ServicePort['protocol']; readonly port: number };

/** `ports`: of the frontends, each with the port of the members behind it. */
export type VirtualService = {
  readonly name: string;
  /** As people name the Service. */
  readonly title: string;
  readonly members: readonly Workload[];
  readonly selector: string;
  readonly frontends: readonly Frontend[];
  readonly ports: readonly (ServicePort & { readonly target: number })[];
};

type Setting = Pick<Scene, 'where' | 'population' | 'report'>;

/** SPEC KS1-KS4. Services in the order of their names: the first one that has an address and port keeps it. */
export function virtualServicesOf(services: readonly ServiceObject[], setting: Setting): readonly VirtualService[] {
  const { pods, nodes } = setting.population;
  const owned = new Set([...pods, ...nodes].flatMap(({ addresses }) => addresses));
  const taken = new Map<string, string>();
  const inOrder = [...services].sort((a, b) => (titleOf(a) < titleOf(b) ? -1 : 1));
  return inOrder.flatMap((service) => {
    const made = virtualService(service, { ...setting, owned, taken });
    return made === null ? [] : [made];
  });
}

const titleOf = ({ head }: ServiceObject): string => `${head.namespace}/${head.name}`;

type Claims = Setting & { readonly owned: ReadonlySet<Address>; readonly taken: Map<string, string> };

function virtualService(service: ServiceObject, claims: Claims): VirtualService | null {
  const { head, selector, clusterAddresses } = service;
  if (selector === null || clusterAddresses.length === 0 || service.ports.length === 0) return null;
  const pods = Object.entries(selector).map(([key, value]) => equal(key, value));
  const peer = {
    kind: 'pods',
    namespaces: null,
    pods: pods.sort((a, b) => (a.key < b.key ? -1 : 1)),
    place: head.place,
  } as const;
  const requirements = podRequirements(claims.where.cluster, peer, head.namespace);
  const members = claims.population
    .podsIn(head.namespace)
    .filter(({ labels }) => requirementsMatch(requirements, labels));
  const ports = service.ports.flatMap((port) => {
    const target = targetOf(service, port, { members, claims });
    return target === null ? [] : [{ ...port, target }];
  });
  const frontends = frontendsOf(service, ports, claims);
  if (frontends.length === 0) return null;
  const name = listName(claims.where.cluster, 'svc', head.namespace, head.name);
  return { name, title: titleOf(service), members, selector: selectorText(requirements), frontends, ports };
}

/** SPEC KS2, KS3. */
function targetOf(
  service: ServiceObject,
  { target, protocol }: ServicePort,
  { members, claims }: { readonly members: readonly Workload[]; readonly claims: Claims },
): number | null {
  if (typeof target === 'number') return target;
  const numbers = members.map(
    ({ ports }) => ports.find((port) => port.name === target && port.protocol === protocol)?.port ?? null,
  );
  const [first = null] = numbers;
  if (first !== null && numbers.every((number) => number === first)) return first;
  claims.report(service.head.place, unclearTarget(titleOf(service), target, members.length));
  return null;
}

function frontendsOf(service: ServiceObject, ports: VirtualService['ports'], claims: Claims): readonly Frontend[] {
  const title = titleOf(service);
  const addresses = [...new Set([...service.clusterAddresses, ...service.otherAddresses])].sort();
  return addresses.flatMap((address) => {
    if (claims.owned.has(address)) {
      claims.report(service.head.place, ownedAddress(title, address));
      return [];
    }
    return ports.flatMap(({ protocol, port }) => {
      const key = `${address} ${protocol}/${port}`;
      const other = claims.taken.get(key);
      if (other === undefined) claims.taken.set(key, title);
      if (other === undefined) return [{ address, protocol, port }];
      claims.report(service.head.place, takenFrontend(title, key, other));
      return [];
    });
  });
}

export function writtenVirtualService(service: VirtualService, { network }: Scene['where']): WrittenDocument {
  const { name, selector, frontends, ports } = service;
  const moved = ports.filter(({ port, target }) => port !== target);
  const map = moved.map(({ protocol, port, target }) => [`${protocol}/${port}`, `${protocol}/${target}`] as const);
  return {
    kind: 'VirtualService',
    name,
    frontends: frontends.map(({ address, protocol, port }) =>
      network === defaultNetwork
        ? `${address} ${protocol}/${port}`
        : { network, address, service: `${protocol}/${port}` },
    ),
    members: { selector, ...(map.length > 0 && { ports: Object.fromEntries(map.sort()) }) },
    source: 'preserved',
  };
}

const warning = { severity: 'warning', code: 'service-left-out' } as const;

function unclearTarget(service: string, value: string, members: number): Finding {
  const so = members === 0 ? 'no pod is selected that could have it' : 'it is not one port for all pods behind it';
  const needed = `that port of Service ${service} is left out`;
  return { ...warning, cannot: 'use the target port', value, so, needed };
}

function ownedAddress(service: string, value: string): Finding {
  const needed = `that address of Service ${service} is left out`;
  return { ...warning, cannot: 'use the address', value, so: 'a workload has it', needed };
}

function takenFrontend(service: string, value: string, other: string): Finding {
  const so = `Service ${quote(other)} has it, too`;
  return {
    ...warning,
    cannot: 'use the address and port',
    value,
    so,
    needed: `those of Service ${service} are left out`,
  };
}
