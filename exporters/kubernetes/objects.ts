import { namespaceKey } from '@bulkhead/model/cluster-names.ts';
import { isNamespaceKey, namespacePart, podPart } from './cluster.ts';
import type { Row } from './rows.ts';
import { requirementsOf, type Selection } from './selection.ts';
import { isEveryService, perProtocol, type ServiceSet } from './service-sets.ts';

/** Keys in the order in which they are written. */
export type Written = { readonly [key: string]: unknown };

export type KubernetesObject = {
  readonly apiVersion: string;
  readonly kind: 'NetworkPolicy' | 'AdminNetworkPolicy' | 'BaselineAdminNetworkPolicy';
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly annotations: Written };
  readonly spec: Written;
};

const ruleAnnotation = 'bulkhead.io/rule';

/** SPEC EX4. */
export const annotations = (ids: Iterable<string>): Written => ({
  [ruleAnnotation]: [...new Set(ids)].sort().join(', '),
});

export const idsOf = ({ id, because }: Pick<Row, 'id' | 'because'>): readonly string[] => [id, ...because];

export const namespaceSelector = (selection: Selection): Written => labelSelector(namespacePart(selection));
export const podSelector = (selection: Selection): Written => labelSelector(podPart(selection));

const operators = { in: 'In', notin: 'NotIn', exists: 'Exists', absent: 'DoesNotExist' } as const;

/** SPEC EX12. Every namespace has its name, which need not be asked for. */
function labelSelector(selection: Selection): Written {
  const requirements = requirementsOf(selection)
    .filter(({ key, operator }) => key !== namespaceKey || operator !== 'exists')
    .map((one) => ({ ...one, key: isNamespaceKey(one.key) ? one.key.slice(one.key.indexOf(':') + 1) : one.key }));
  const plain = requirements.filter(({ operator, values }) => operator === 'in' && values.length === 1);
  const others = requirements.filter((requirement) => !plain.includes(requirement));
  return {
    ...(plain.length > 0 && {
      matchLabels: Object.fromEntries(plain.map(({ key, values }) => [key, values[0] ?? ''])),
    }),
    ...(others.length > 0 && {
      matchExpressions: others.map(({ key, operator, values }) => ({
        key,
        operator: operators[operator],
        ...(values.length > 0 && { values }),
      })),
    }),
  };
}

export type PortRange = { readonly protocol: string; readonly first: number; readonly last: number };
type Port = PortRange | { readonly protocol: string; readonly name: string };

const protocolNames = new Map([
  [6, 'TCP'],
  [17, 'UDP'],
  [132, 'SCTP'],
]);

/** Null: every service. */
export function portsOf(services: ServiceSet): readonly Port[] | null {
  if (isEveryService(services)) return null;
  const name = (protocol: number): string => protocolNames.get(protocol) ?? `${protocol}`;
  return [
    ...perProtocol(services.ranges).map((range) => ({ ...range, protocol: name(range.protocol) })),
    ...services.named.map((port) => ({ ...port, protocol: name(port.protocol) })),
  ];
}

/** Pieces of at most so many. */
export function chunks<T>(list: readonly T[], most: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / most) }, (_, index) =>
    list.slice(index * most, (index + 1) * most),
  );
}
