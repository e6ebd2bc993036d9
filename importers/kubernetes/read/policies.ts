import type { Finding } from '@bulkhead/model/finding.ts';
import { type Fields, requireField } from '@bulkhead/model/read/fields.ts';
import type { Reading } from '@bulkhead/model/read/reading.ts';
import type { Tree } from '@bulkhead/model/read/tree.ts';
import { readChoice } from '@bulkhead/model/read/values.ts';
import { addressFromBits } from '@bulkhead/net/address.ts';
import { formatPrefix, type Prefix, prefixContains, prefixRange } from '@bulkhead/net/prefix.ts';
import type { Direction, NetworkPolicyObject, ObjectHead, Peer, PodPeer, PolicyPort, PolicyRule } from '../cluster.ts';
import { readCidr } from './addresses.ts';
import { readLabelSelector } from './label-selector.ts';
import { readPort, readPortOrName, readProtocol } from './ports.ts';
import { readMembers, strictFields } from './values.ts';

const specKeys = ['podSelector', 'policyTypes', 'ingress', 'egress'];
const policyTypes = ['Ingress', 'Egress'] as const;
const directions: Readonly<Record<(typeof policyTypes)[number], Direction>> = { Ingress: 'ingress', Egress: 'egress' };

/** SPEC KN1-KN10. */
export function readNetworkPolicy(reading: Reading, object: Fields, head: ObjectHead): NetworkPolicyObject | null {
  const tree = object.get('spec') ?? { kind: 'map', offset: object.offset, entries: new Map() };
  const spec = strictFields(reading, tree, { what: 'the spec of a NetworkPolicy', keys: specKeys });
  if (spec === null) return null;
  const selector = spec.get('podSelector');
  const pods = selector === undefined ? [] : readLabelSelector(reading, selector, 'the podSelector');
  const rules = [...readRules(reading, spec, 'ingress'), ...readRules(reading, spec, 'egress')];
  return {
    kind: 'policy',
    head,
    subject: { kind: 'pods', namespaces: null, pods, place: reading.place(selector?.offset ?? object.offset) },
    isolates: readIsolated(reading, spec, rules),
    rules,
  };
}

/** SPEC KN2. */
function readIsolated(reading: Reading, spec: Fields, rules: readonly PolicyRule[]): readonly Direction[] {
  const tree = spec.get('policyTypes');
  const types = readMembers(reading, spec, {
    key: 'policyTypes',
    item: (item) => readChoice(reading, item, policyTypes),
  });
  if (types === null)
    return rules.some(({ direction }) => direction === 'egress') ? ['ingress', 'egress'] : ['ingress'];
  if (types.length > policyTypes.length && tree !== undefined) reading.report(tree.offset, tooManyTypes);
  return policyTypes.filter((type) => types.includes(type)).map((type) => directions[type]);
}

function readRules(reading: Reading, spec: Fields, direction: Direction): readonly PolicyRule[] {
  const item = (tree: Tree, position: number): PolicyRule | null => readRule(reading, tree, { direction, position });
  return readMembers(reading, spec, { key: direction, item }) ?? [];
}

function readRule(
  reading: Reading,
  tree: Tree,
  { direction, position }: { readonly direction: Direction; readonly position: number },
): PolicyRule | null {
  const side = direction === 'ingress' ? 'from' : 'to';
  const other = direction === 'ingress' ? 'to' : 'from';
  const what = `an ${direction} rule`;
  const elsewhere = { [other]: `an ${direction} rule has "${side}"` };
  const fields = strictFields(reading, tree, { what, keys: ['ports', side], elsewhere });
  if (fields === null) return null;
  return {
    direction,
    position,
    verdict: 'allow',
    title: null,
    peers: readMembers(reading, fields, { key: side, item: (item) => readPeer(reading, item) }),
    ports: readMembers(reading, fields, { key: 'ports', item: (item) => readPolicyPort(reading, item) }),
    place: reading.place(tree.offset),
  };
}

/** SPEC KN7, KN8. */
function readPeer(reading: Reading, tree: Tree): Peer | null {
  const fields = strictFields(reading, tree, { what: 'a peer', keys: ['podSelector', 'namespaceSelector', 'ipBlock'] });
  if (fields === null) return null;
  const [pods, namespaces, block] = [fields.get('podSelector'), fields.get('namespaceSelector'), fields.get('ipBlock')];
  if (block !== undefined) {
    if (pods !== undefined || namespaces !== undefined) reading.report(tree.offset, mixedPeer);
    return readBlock(reading, block);
  }
  if (pods === undefined && namespaces === undefined) {
    reading.report(tree.offset, emptyPeer);
    return null;
  }
  return podPeer(reading, { pods, namespaces, offset: tree.offset });
}

function podPeer(
  reading: Reading,
  {
    pods,
    namespaces,
    offset,
  }: { readonly pods: Tree | undefined; readonly namespaces: Tree | undefined; readonly offset: number },
): PodPeer {
  return {
    kind: 'pods',
    namespaces: namespaces === undefined ? null : readLabelSelector(reading, namespaces, 'the namespaceSelector'),
    pods: pods === undefined ? [] : readLabelSelector(reading, pods, 'the podSelector'),
    place: reading.place(offset),
  };
}

function readBlock(reading: Reading, tree: Tree): Peer | null {
  const fields = strictFields(reading, tree, { what: 'an ipBlock', keys: ['cidr', 'except'] });
  const cidr = fields === null ? null : requireField(reading, fields, 'cidr');
  const prefix = cidr === null ? null : readCidr(reading, cidr, 'the CIDR');
  if (fields === null || prefix === null) return null;
  const item = (each: Tree): Prefix | null => {
    const except = readCidr(reading, each, 'the exception');
    if (except !== null && !isInside(except, prefix)) reading.report(each.offset, outside(except, prefix));
    return except;
  };
  const except = readMembers(reading, fields, { key: 'except', item }) ?? [];
  return { kind: 'block', prefix, except, place: reading.place(tree.offset) };
}

/** A part and not the whole. */
const isInside = (inner: Prefix, outer: Prefix): boolean =>
  inner.length > outer.length && prefixContains(outer, addressFromBits(inner.family, prefixRange(inner).first));

/** SPEC KN10, KN11. */
function readPolicyPort(reading: Reading, tree: Tree): PolicyPort | null {
  const fields = strictFields(reading, tree, { what: 'a port', keys: ['protocol', 'port', 'endPort'] });
  const protocol = fields === null ? null : readProtocol(reading, fields);
  if (fields === null || protocol === null) return null;
  const [portTree, endTree] = [fields.get('port'), fields.get('endPort')];
  const port = portTree === undefined ? undefined : readPortOrName(reading, portTree, 'the port');
  if (endTree !== undefined && typeof port !== 'number') {
    if (port !== null) reading.report(endTree.offset, port === undefined ? endWithoutPort : endOfName(port));
    return null;
  }
  if (port === undefined) return { kind: 'range', protocol, first: 0, last: 65_535 };
  if (port === null) return null;
  if (typeof port === 'string') return { kind: 'named', protocol, name: port };
  const last = endTree === undefined ? port : readPort(reading, endTree, '"endPort"');
  if (last === null) return null;
  if (endTree !== undefined && last < port) reading.report(endTree.offset, reversed(`${last}`, port));
  return { kind: 'range', protocol, first: port, last };
}

const tooManyTypes: Finding = {
  code: 'too-many',
  cannot: 'read "policyTypes"',
  so: 'it has more than two members',
  needed: 'Ingress, Egress or both are needed',
};

const mixedPeer: Finding = {
  code: 'mixed-peer',
  cannot: 'read a peer',
  so: 'it has an ipBlock and a selector',
  needed: 'one of them is needed',
  hint: 'two members of the list are a union',
};

const emptyPeer: Finding = {
  code: 'empty-peer',
  cannot: 'read a peer',
  so: 'it names nobody',
  needed: 'podSelector, namespaceSelector or ipBlock is needed',
  hint: 'podSelector: {} is every pod of the namespace, namespaceSelector: {} every pod of the cluster',
};

const endWithoutPort: Finding = {
  code: 'bad-end-port',
  cannot: 'use "endPort"',
  so: 'it stands without "port"',
  needed: 'the first port of the range is needed',
};

function endOfName(value: string): Finding {
  const so = `"port" is the name ${value}`;
  return { code: 'bad-end-port', cannot: 'use "endPort"', so, needed: 'a number is needed there' };
}

function reversed(value: string, port: number): Finding {
  const so = `it is below the port ${port}`;
  return { code: 'bad-end-port', cannot: 'use "endPort"', value, so, needed: 'a port from there on is needed' };
}

function outside(except: Prefix, prefix: Prefix): Finding {
  const so = `it is not a part of ${formatPrefix(prefix)}`;
  const [value, needed] = [formatPrefix(except), 'a smaller network inside it is needed'];
  return { code: 'outside-block', cannot: 'use the exception', value, so, needed };
}
