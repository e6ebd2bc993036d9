import type { Requirement } from '@bulkhead/model/documents.ts';
import type { Finding } from '@bulkhead/model/finding.ts';
import { type Fields, requireField } from '@bulkhead/model/read/fields.ts';
import type { Reading } from '@bulkhead/model/read/reading.ts';
import type { Tree } from '@bulkhead/model/read/tree.ts';
import type { Labels } from '@bulkhead/model/words.ts';
import { type Address, parseAddress } from '@bulkhead/net/address.ts';
import type { NodeObject, ObjectHead, ServiceObject, ServicePort } from '../cluster.ts';
import { readIp } from './addresses.ts';
import { readLabelMap } from './head.ts';
import { checkSayable } from './label-selector.ts';
import { readPort, readPortOrName, readProtocol } from './ports.ts';
import { innerFields, looseFields, optionalWords, readMembers } from './values.ts';

/** SPEC KW8. */
export function readNode(reading: Reading, object: Fields, head: ObjectHead): NodeObject {
  const status = innerFields(reading, object, 'status');
  const item = (tree: Tree): Address | null => {
    const fields = looseFields(reading, tree, 'an address of a node');
    const [type, address] = [fields?.get('type'), fields?.get('address')];
    if (address === undefined || type?.kind !== 'text') return null;
    return type.value === 'InternalIP' || type.value === 'ExternalIP' ? readIp(reading, address, 'the address') : null;
  };
  const addresses = status === null ? [] : (readMembers(reading, status, { key: 'addresses', item }) ?? []);
  return { kind: 'node', head, addresses: [...new Set(addresses)] };
}

/** SPEC KS1, KS4. */
export function readService(reading: Reading, object: Fields, head: ObjectHead): ServiceObject {
  const spec = innerFields(reading, object, 'spec');
  const nothing = {
    kind: 'service',
    head,
    selector: null,
    clusterAddresses: [],
    otherAddresses: [],
    ports: [],
  } as const;
  if (spec === null || optionalWords(reading, spec, 'type') === 'ExternalName') return nothing;
  const selector = spec.get('selector');
  const labels = selector === undefined ? {} : readLabelMap(reading, selector, 'the selector');
  checkSayable(reading, selector?.offset ?? object.offset, requirementsOf(labels));
  return {
    kind: 'service',
    head,
    selector: Object.keys(labels).length === 0 ? null : labels,
    clusterAddresses: clusterAddresses(reading, spec),
    otherAddresses: [...new Set([...addressesIn(reading, spec, 'externalIPs'), ...balancers(reading, object)])],
    ports: readServicePorts(reading, spec),
  };
}

const requirementsOf = (labels: Labels): readonly Requirement[] =>
  Object.entries(labels).map(([key, value]) => ({ key, operator: 'in', values: [value] }));

function clusterAddresses(reading: Reading, spec: Fields): readonly Address[] {
  const one = spec.get('clusterIP');
  const texts = one?.kind === 'text' ? [one] : [];
  const item = (tree: Tree): Tree => tree;
  const all = [...texts, ...(readMembers(reading, spec, { key: 'clusterIPs', item }) ?? [])];
  // "None" is headless, and nothing is one that was not given an address yet.
  const given = all.filter((tree) => tree.kind !== 'text' || (tree.value !== 'None' && tree.value !== ''));
  return [...new Set(given.map((tree) => readIp(reading, tree, 'the address')).filter((address) => address !== null))];
}

function addressesIn(reading: Reading, spec: Fields, key: string): readonly Address[] {
  return readMembers(reading, spec, { key, item: (tree) => readIp(reading, tree, 'the address') }) ?? [];
}

/** Where load balancers answer; one that is known by a name alone has no address here. */
function balancers(reading: Reading, object: Fields): readonly Address[] {
  const status = innerFields(reading, object, 'status');
  const balancer = status === null ? null : innerFields(reading, status, 'loadBalancer');
  if (balancer === null) return [];
  const item = (tree: Tree): Address | null => {
    const ip = looseFields(reading, tree, 'an ingress of a load balancer')?.get('ip');
    return ip?.kind === 'text' ? parseAddress(ip.value) : null;
  };
  return readMembers(reading, balancer, { key: 'ingress', item }) ?? [];
}

/** Each port of a protocol once. */
function readServicePorts(reading: Reading, spec: Fields): readonly ServicePort[] {
  const seen = new Set<string>();
  const item = (tree: Tree): ServicePort | null => {
    const port = readServicePort(reading, tree);
    const key = port === null ? '' : `${port.protocol}/${port.port}`;
    if (seen.has(key)) reading.report(tree.offset, portTwice(key));
    if (port !== null) seen.add(key);
    return port;
  };
  return readMembers(reading, spec, { key: 'ports', item }) ?? [];
}

function portTwice(value: string): Finding {
  const so = 'the list has it before';
  return { code: 'duplicate-port', cannot: 'use the port of a Service', value, so, needed: 'each once is needed' };
}

function readServicePort(reading: Reading, tree: Tree): ServicePort | null {
  const fields = looseFields(reading, tree, 'a port of a Service');
  const number = fields === null ? null : requireField(reading, fields, 'port');
  if (fields === null || number === null) return null;
  const [protocol, port] = [readProtocol(reading, fields), readPort(reading, number, 'the port')];
  const targetTree = fields.get('targetPort');
  const target = targetTree === undefined ? port : readTarget(reading, targetTree, port);
  return protocol === null || port === null || target === null ? null : { protocol, port, target };
}

/** The API server takes 0 and the empty text for the port itself. */
function readTarget(reading: Reading, tree: Tree, port: number | null): number | string | null {
  if ((tree.kind === 'number' && tree.value === '0') || (tree.kind === 'text' && tree.value === '')) return port;
  return readPortOrName(reading, tree, 'the target port');
}
