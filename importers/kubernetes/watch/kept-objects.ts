import { wrongLabelKey, wrongLabelValue } from '@bulkhead/model/label-text.ts';
import type { Labels } from '@bulkhead/model/words.ts';
import { type Address, parseAddress } from '@bulkhead/net/address.ts';
import type { NamedPort } from '../cluster.ts';
import { withSingle } from '../read/addresses.ts';
import type { PodSeen } from '../write/workloads.ts';
import type { ReadObject } from './read-object.ts';

/** What is kept of a namespace and of a node. */
export type KeptNamespace = { readonly labels: Labels };
export type KeptNode = { readonly labels: Labels; readonly addresses: readonly Address[] };

/**
 * What is kept of objects that an API server sent. It has checked them, so what is of another shape here is passed
 * over; labels are looked at again, because a label with a key space would be one that a cluster cannot give.
 */
export const keepNamespace = ({ json }: ReadObject): KeptNamespace => ({ labels: labelsOf(json) });

export function keepNode({ json }: ReadObject): KeptNode {
  const addresses = listOf(mapOf(json.status).addresses)
    .filter(({ type }) => type === 'InternalIP' || type === 'ExternalIP')
    .flatMap(({ address }) => addressOf(address));
  return { labels: labelsOf(json), addresses: [...new Set(addresses)] };
}

export function keepPod({ json, name, namespace }: ReadObject): PodSeen {
  const [spec, status] = [mapOf(json.spec), mapOf(json.status)];
  const listed = listOf(status.podIPs).flatMap(({ ip }) => addressOf(ip));
  return {
    head: { namespace: namespace ?? '', name },
    labels: labelsOf(json),
    addresses: withSingle(listed, addressOf(status.podIP)[0] ?? null),
    node: typeof spec.nodeName === 'string' && spec.nodeName !== '' ? spec.nodeName : null,
    hostNetwork: spec.hostNetwork === true,
    finished: status.phase === 'Succeeded' || status.phase === 'Failed',
    ports: namedPorts(spec),
  };
}

/** Of the containers, and of the init containers that go on beside them. */
function namedPorts(spec: JsonMap): NamedPort[] {
  const sidecars = listOf(spec.initContainers).filter(({ restartPolicy }) => restartPolicy === 'Always');
  return [...listOf(spec.containers), ...sidecars].flatMap(({ ports }) =>
    listOf(ports).flatMap(({ name, containerPort: port, protocol = 'TCP' }) => {
      const known = protocols.find((one) => one.toUpperCase() === protocol);
      return typeof name === 'string' && typeof port === 'number' && known !== undefined
        ? [{ name, port, protocol: known }]
        : [];
    }),
  );
}

const protocols = ['tcp', 'udp', 'sctp'] as const;

function labelsOf(json: JsonMap): Labels {
  const all = Object.entries(mapOf(mapOf(json.metadata).labels));
  return Object.fromEntries(
    all.filter((label): label is [string, string] => {
      const [key, value] = label;
      return (
        !key.includes(':') &&
        wrongLabelKey(key) === null &&
        typeof value === 'string' &&
        wrongLabelValue(value) === null
      );
    }),
  );
}

function addressOf(text: unknown): Address[] {
  const address = typeof text === 'string' ? parseAddress(text) : null;
  return address === null ? [] : [address];
}

type JsonMap = Readonly<Record<string, unknown>>;
const isMap = (value: unknown): value is JsonMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const mapOf = (value: unknown): JsonMap => (isMap(value) ? value : {});
const listOf = (value: unknown): JsonMap[] => (Array.isArray(value) ? value.filter(isMap) : []);
