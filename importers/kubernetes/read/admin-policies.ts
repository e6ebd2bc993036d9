import { canonicalDomain, domainNeeded, wrongDomain } from '@bulkhead/model/domain-text.ts';
import type { Finding } from '@bulkhead/model/finding.ts';
import { type Fields, requireField } from '@bulkhead/model/read/fields.ts';
import type { Reading } from '@bulkhead/model/read/reading.ts';
import type { Tree } from '@bulkhead/model/read/tree.ts';
import { readChoice } from '@bulkhead/model/read/values.ts';
import type {
  AdminPolicyObject,
  Direction,
  ObjectHead,
  Peer,
  PodPeer,
  PolicyPort,
  PolicyRule,
  Protocol,
} from '../cluster.ts';
import { readCidr } from './addresses.ts';
import { readLabelSelector } from './label-selector.ts';
import { readPort, readPortName, readProtocol } from './ports.ts';
import { article, readMembers, readWhole, readWords, strictFields } from './values.ts';

const actions = { Allow: 'allow', Deny: 'deny', Pass: 'pass' } as const;
type Action = keyof typeof actions;
const limits = { rules: 100, peers: 100, ports: 100, networks: 25, title: 100 } as const;

/** What the two kinds do not share. */
type Flavour = {
  readonly baseline: boolean;
  readonly actions: readonly Action[];
  readonly egressPeers: readonly string[];
};

const admin: Flavour = {
  baseline: false,
  actions: ['Allow', 'Deny', 'Pass'],
  egressPeers: ['namespaces', 'pods', 'nodes', 'networks', 'domainNames'],
};
const baseline: Flavour = {
  baseline: true,
  actions: ['Allow', 'Deny'],
  egressPeers: ['namespaces', 'pods', 'nodes', 'networks'],
};
const ingressPeers = ['namespaces', 'pods'];

/** SPEC KA1-KA7. */
export function readAdminPolicy(reading: Reading, object: Fields, head: ObjectHead): AdminPolicyObject | null {
  const flavour = head.kind === 'AdminNetworkPolicy' ? admin : baseline;
  const tree = requireField(reading, object, 'spec');
  const keys = flavour.baseline ? ['subject', 'ingress', 'egress'] : ['priority', 'subject', 'ingress', 'egress'];
  const spec = tree === null ? null : strictFields(reading, tree, { what: `the spec of ${article(head.kind)}`, keys });
  if (spec === null) return null;
  if (flavour.baseline && head.name !== 'default') reading.report(object.offset, notDefault(head.name));
  const subjectTree = requireField(reading, spec, 'subject');
  const subject =
    subjectTree === null ? null : readPods(reading, subjectTree, { what: 'the subject', keys: ingressPeers });
  const priority = flavour.baseline ? null : readPriority(reading, spec);
  const rules = [
    ...readRules(reading, spec, { direction: 'ingress', flavour }),
    ...readRules(reading, spec, { direction: 'egress', flavour }),
  ];
  return subject === null ? null : { kind: 'admin', head, priority, subject, rules };
}

function readPriority(reading: Reading, spec: Fields): number {
  const tree = requireField(reading, spec, 'priority');
  const priority = tree === null ? null : readWhole(reading, tree, { what: 'the priority', least: 0, most: 1000 });
  return priority ?? 0;
}

type RuleSpot = { readonly direction: Direction; readonly flavour: Flavour };

function readRules(reading: Reading, spec: Fields, spot: RuleSpot): readonly PolicyRule[] {
  const item = (tree: Tree, position: number): PolicyRule | null => readRule(reading, tree, { ...spot, position });
  return readBounded(reading, spec, { key: spot.direction, most: limits.rules, item }) ?? [];
}

function readRule(reading: Reading, tree: Tree, spot: RuleSpot & { readonly position: number }): PolicyRule | null {
  const { direction, flavour, position } = spot;
  const side = direction === 'ingress' ? 'from' : 'to';
  const fields = strictFields(reading, tree, { what: `an ${direction} rule`, keys: ['name', 'action', side, 'ports'] });
  if (fields === null) return null;
  const action = requireField(reading, fields, 'action');
  const verdict = action === null ? null : readChoice(reading, action, flavour.actions);
  const peersTree = requireField(reading, fields, side);
  const keys = direction === 'ingress' ? ingressPeers : flavour.egressPeers;
  const item = (each: Tree): readonly Peer[] | null => readPeer(reading, each, { keys, verdict });
  const peers = readBounded(reading, fields, { key: side, most: limits.peers, item });
  if (peersTree !== null && peers === null) reading.report(peersTree.offset, noPeers(side));
  const ports = readPorts(reading, fields);
  checkNames(reading, tree.offset, { peers: peers?.flat() ?? [], ports });
  if (verdict === null || peers === null) return null;
  const title = readTitle(reading, fields);
  return {
    direction,
    position,
    verdict: actions[verdict],
    title,
    peers: peers.flat(),
    ports,
    place: reading.place(tree.offset),
  };
}

function readTitle(reading: Reading, fields: Fields): string | null {
  const tree = fields.get('name');
  const title = tree === undefined ? null : readWords(reading, tree, 'the name of a rule');
  if (tree === undefined || title === null || title.length <= limits.title) return title === '' ? null : title;
  const [so, needed] = [`it has ${title.length} characters`, `at most ${limits.title} are needed`];
  reading.report(tree.offset, { code: 'too-long', cannot: 'use the name of a rule', value: title, so, needed });
  return null;
}

/** Nodes, networks and domain names have no names for their ports; the API server says the same. */
function checkNames(
  reading: Reading,
  offset: number,
  { peers, ports }: { readonly peers: readonly Peer[]; readonly ports: readonly PolicyPort[] | null },
): void {
  const named = ports?.some(({ kind }) => kind === 'named') === true;
  if (named && peers.some(({ kind }) => kind !== 'pods')) reading.report(offset, namedPortElsewhere);
}

type PeerSpot = { readonly keys: readonly string[]; readonly verdict: Action | null };

/** SPEC KA5. One field stands for several peers where it is a list. */
function readPeer(reading: Reading, tree: Tree, { keys, verdict }: PeerSpot): readonly Peer[] | null {
  const fields = oneOf(reading, tree, { what: 'a peer', keys });
  if (fields === null) return null;
  const place = reading.place(tree.offset);
  const nodes = fields.get('nodes');
  if (nodes !== undefined) return [{ kind: 'nodes', nodes: readLabelSelector(reading, nodes, '"nodes"'), place }];
  if (fields.get('networks') !== undefined) return readNetworks(reading, fields);
  if (fields.get('domainNames') !== undefined) return readDomains(reading, fields, verdict);
  const pods = podsOf(reading, fields);
  return pods === null ? null : [pods];
}

function readNetworks(reading: Reading, fields: Fields): readonly Peer[] | null {
  const item = (tree: Tree): Peer | null => {
    const prefix = readCidr(reading, tree, 'the network');
    return prefix === null ? null : { kind: 'block', prefix, except: [], place: reading.place(tree.offset) };
  };
  return readFilled(reading, fields, { key: 'networks', most: limits.networks, item });
}

function readDomains(reading: Reading, fields: Fields, verdict: Action | null): readonly Peer[] | null {
  const tree = fields.get('domainNames');
  if (tree !== undefined && verdict !== null && verdict !== 'Allow')
    reading.report(tree.offset, domainNotAllowed(verdict));
  const item = (each: Tree): Peer | null => {
    const text = readWords(reading, each, 'the domain name');
    const name = text === null ? null : canonicalDomain(text);
    const so = name === null ? null : (wrongDomain(name) ?? (name.includes('.') ? null : 'it has one label alone'));
    if (text !== null && so !== null)
      reading.report(each.offset, {
        code: 'bad-domain',
        cannot: 'read the domain name',
        value: text,
        so,
        needed: domainNeeded,
      });
    return name === null || so !== null ? null : { kind: 'domain', name, place: reading.place(each.offset) };
  };
  return readFilled(reading, fields, { key: 'domainNames', most: limits.networks, item });
}

/** `{namespaces: selector}` or `{pods: {namespaceSelector, podSelector}}`. */
function readPods(
  reading: Reading,
  tree: Tree,
  shape: { readonly what: string; readonly keys: readonly string[] },
): PodPeer | null {
  const fields = oneOf(reading, tree, shape);
  return fields === null ? null : podsOf(reading, fields);
}

function podsOf(reading: Reading, fields: Fields): PodPeer | null {
  const place = reading.place(fields.offset);
  const [namespaces, pods] = [fields.get('namespaces'), fields.get('pods')];
  if (namespaces !== undefined)
    return { kind: 'pods', namespaces: readLabelSelector(reading, namespaces, '"namespaces"'), pods: [], place };
  const keys = ['namespaceSelector', 'podSelector'];
  const inner = pods === undefined ? null : strictFields(reading, pods, { what: '"pods"', keys });
  if (inner === null) return null;
  const [own, those] = [requireField(reading, inner, 'namespaceSelector'), requireField(reading, inner, 'podSelector')];
  if (own === null || those === null) return null;
  return {
    kind: 'pods',
    namespaces: readLabelSelector(reading, own, 'the namespaceSelector'),
    pods: readLabelSelector(reading, those, 'the podSelector'),
    place,
  };
}

/** A map with exactly one of its keys; more and none are reported. */
function oneOf(
  reading: Reading,
  tree: Tree,
  shape: { readonly what: string; readonly keys: readonly string[] },
): Fields | null {
  const errors = reading.errors();
  const fields = strictFields(reading, tree, shape);
  if (fields === null) return null;
  const given = shape.keys.filter((key) => fields.get(key) !== undefined);
  if (given.length === 1) return fields;
  // Unknown keys alone were reported already.
  if (reading.errors() === errors) reading.report(tree.offset, notOne(shape, given));
  return null;
}

/** SPEC KA6. */
function readPorts(reading: Reading, fields: Fields): readonly PolicyPort[] | null {
  if (fields.get('ports') === undefined) return null;
  const item = (tree: Tree): readonly PolicyPort[] | null => readAdminPort(reading, tree);
  return readFilled(reading, fields, { key: 'ports', most: limits.ports, item })?.flat() ?? null;
}

const everyProtocol: readonly Protocol[] = ['tcp', 'udp', 'sctp'];

function readAdminPort(reading: Reading, tree: Tree): readonly PolicyPort[] | null {
  const fields = oneOf(reading, tree, { what: 'a port', keys: ['portNumber', 'portRange', 'namedPort'] });
  const [number, range, name] = [fields?.get('portNumber'), fields?.get('portRange'), fields?.get('namedPort')];
  if (number !== undefined) return readRange(reading, number, { what: '"portNumber"', first: 'port', last: 'port' });
  if (range !== undefined) return readRange(reading, range, { what: '"portRange"', first: 'start', last: 'end' });
  const text = name === undefined ? null : readPortName(reading, name, '"namedPort"');
  return text === null ? null : everyProtocol.map((protocol) => ({ kind: 'named', protocol, name: text }));
}

function readRange(
  reading: Reading,
  tree: Tree,
  keys: { readonly what: string; readonly first: string; readonly last: string },
): readonly PolicyPort[] | null {
  const known = [...new Set(['protocol', keys.first, keys.last])];
  const fields = strictFields(reading, tree, { what: keys.what, keys: known });
  if (fields === null) return null;
  const protocol = readProtocol(reading, fields);
  const [firstTree, lastTree] = [
    requireField(reading, fields, keys.first),
    keys.first === keys.last ? null : requireField(reading, fields, keys.last),
  ];
  const first = firstTree === null ? null : readPort(reading, firstTree, 'the port');
  const last = keys.first === keys.last ? first : lastTree === null ? null : readPort(reading, lastTree, 'the port');
  if (protocol === null || first === null || last === null) return null;
  if (last < first && lastTree !== null) reading.report(lastTree.offset, reversedRange(`${last}`, first));
  return [{ kind: 'range', protocol, first, last }];
}

type Members<T> = {
  readonly key: string;
  readonly most: number;
  readonly item: (tree: Tree, index: number) => T | null;
};

function readBounded<T>(reading: Reading, fields: Fields, { key, most, item }: Members<T>): readonly T[] | null {
  const tree = fields.get(key);
  if (tree?.kind === 'list' && tree.items.length > most)
    reading.report(tree.offset, tooMany(key, tree.items.length, most));
  return readMembers(reading, fields, { key, item });
}

/** A list that may not be empty where it stands. */
function readFilled<T>(reading: Reading, fields: Fields, members: Members<T>): readonly T[] | null {
  const tree = fields.get(members.key);
  if (tree?.kind === 'list' && tree.items.length === 0) reading.report(tree.offset, emptyList(members.key));
  return readBounded(reading, fields, members);
}

function emptyList(key: string): Finding {
  const [so, needed] = ['the list is empty', 'at least one member is needed'];
  return { code: 'empty-list', cannot: `read "${key}"`, so, needed };
}

function tooMany(key: string, count: number, most: number): Finding {
  const [so, needed] = [`it has ${count} members`, `at most ${most} are needed`];
  return { code: 'too-many', cannot: `read "${key}"`, so, needed };
}

function noPeers(side: string): Finding {
  const so = `"${side}" names nobody`;
  const hint = 'namespaces: {} is every pod of the cluster';
  return { code: 'empty-list', cannot: 'read a rule', so, needed: 'at least one peer is needed', hint };
}

function notOne(
  { what, keys }: { readonly what: string; readonly keys: readonly string[] },
  given: readonly string[],
): Finding {
  const so = given.length === 0 ? 'it has none of its keys' : `it has ${given.join(' and ')} at once`;
  const [code, needed] = [
    given.length === 0 ? 'empty-peer' : 'mixed-peer',
    `exactly one of ${keys.join(', ')} is needed`,
  ];
  return { code, cannot: `read ${what}`, so, needed };
}

const namedPortElsewhere: Finding = {
  code: 'named-port-elsewhere',
  cannot: 'use "namedPort" in the rule',
  so: 'nodes, networks and domain names have no names for ports',
  needed: 'peers that are pods are needed',
};

function domainNotAllowed(action: string): Finding {
  const so = `the rule says ${action}`;
  return { code: 'domain-elsewhere', cannot: 'use "domainNames"', so, needed: 'the action Allow is needed' };
}

function reversedRange(value: string, first: number): Finding {
  const so = `it is below the start ${first}`;
  return {
    code: 'reversed-ports',
    cannot: 'use the end of the range',
    value,
    so,
    needed: 'a port from there on is needed',
  };
}

function notDefault(value: string): Finding {
  const so = 'a cluster has one, and that has another name';
  return { code: 'bad-baseline', cannot: 'use the baseline', value, so, needed: 'the name "default" is needed' };
}
