import type { Prefix } from '@bulkhead/net/prefix.ts';
import {
  formatServicePoint,
  protocolHasPorts,
  type ServicePoint,
  serviceProtocol,
} from '@bulkhead/net/service-space.ts';
import type { VirtualServiceDocument } from '../documents.ts';
import type { Finding } from '../finding.ts';
import { notOneService, onePoint } from '../service-text.ts';
import { defaultNetwork } from '../words.ts';
import { type Fields, readFields, reportType, requireField } from './fields.ts';
import { readSome } from './groups.ts';
import type { Reading } from './reading.ts';
import { readSelector } from './selectors.ts';
import { readRange, refuseEmpty } from './services.ts';
import type { Tree } from './tree.ts';
import { readAddress, readName, readOneOrMore, readPrefix, readText } from './values.ts';
import { readNetwork } from './workload.ts';

type Frontend = VirtualServiceDocument['frontends'][number];
type Members = VirtualServiceDocument['members'];

const keys = ['kind', 'name', 'frontends', 'members', 'source'];
const nobody: Members = { selector: { text: '', requirements: [] }, ports: [] };

export function readVirtualService(reading: Reading, tree: Tree): VirtualServiceDocument | null {
  const fields = readFields(reading, tree, { what: 'a VirtualService', keys });
  if (fields === null) return null;
  const name = readName(reading, fields);
  const list = requireField(reading, fields, 'frontends');
  const frontends = list === null ? [] : readFrontends(reading, list);
  const inside = requireField(reading, fields, 'members');
  const source = fields.get('source');
  return {
    kind: 'VirtualService',
    name,
    frontends,
    members: inside === null ? nobody : readMembers(reading, inside, frontends),
    snat: source === undefined ? null : readSource(reading, source),
    place: reading.place(tree.offset),
  };
}

function readFrontends(reading: Reading, tree: Tree): Frontend[] {
  const seen = new Set<string>();
  return readSome(reading, tree, {
    what: 'the frontends',
    item: (_, item) => {
      const frontend = readFrontend(reading, item);
      const key = frontend === null ? '' : `${frontend.network} ${frontend.address} ${frontend.service}`;
      if (seen.has(key)) reading.report(item.offset, frontendTwice);
      if (frontend !== null) seen.add(key);
      return frontend;
    },
  });
}

/** `10.0.9.9 tcp/443`, or a map where the address is in another network. */
function readFrontend(reading: Reading, tree: Tree): Frontend | null {
  if (tree.kind !== 'map') {
    const text = readText(reading, tree, 'the frontend');
    return text === null ? null : readFrontendText(reading, tree, text);
  }
  const fields = readFields(reading, tree, { what: 'a frontend', keys: ['network', 'address', 'service'] });
  if (fields === null) return null;
  const [address, service] = [requireField(reading, fields, 'address'), requireField(reading, fields, 'service')];
  return frontendOf(reading, { network: fields.get('network'), address, service });
}

function readFrontendText(reading: Reading, tree: Tree, text: string): Frontend | null {
  const [, address, service] = /^\s*(\S+)\s+(\S+)\s*$/.exec(text) ?? [];
  if (address === undefined || service === undefined) {
    reading.report(tree.offset, badFrontend(text));
    return null;
  }
  const part = (value: string): Tree => ({ kind: 'text', offset: tree.offset, value });
  return frontendOf(reading, { network: undefined, address: part(address), service: part(service) });
}

function frontendOf(
  reading: Reading,
  parts: { readonly network: Tree | undefined; readonly address: Tree | null; readonly service: Tree | null },
): Frontend | null {
  const network = parts.network === undefined ? defaultNetwork : readNetwork(reading, parts.network);
  const address = parts.address === null ? null : readAddress(reading, parts.address);
  const service = parts.service === null ? null : readPort(reading, parts.service);
  return network === null || address === null || service === null ? null : { network, address, service };
}

/** One port of one protocol; null, reported, for a range, an ICMP type and whatever else has none. */
function readPort(reading: Reading, tree: Tree): ServicePoint | null {
  const range = readRange(reading, tree);
  if (range === null) return null;
  const point = onePoint([range]);
  if (point !== null && protocolHasPorts(serviceProtocol(point))) return point;
  const text = tree.kind === 'text' || tree.kind === 'number' ? tree.value : '';
  reading.report(tree.offset, point === null ? notOneService(text) : noPort(text));
  return null;
}

function readMembers(reading: Reading, tree: Tree, frontends: readonly Frontend[]): Members {
  const fields = readFields(reading, tree, { what: 'the members', keys: ['selector', 'ports'] });
  if (fields === null) return nobody;
  const selector = requireField(reading, fields, 'selector');
  const read = selector === null ? null : readSelector(reading, selector);
  const ports = fields.get('ports');
  const known = new Set(frontends.map(({ service }) => service));
  return {
    selector: read ?? nobody.selector,
    ports: ports === undefined ? [] : readPorts(reading, ports, known),
  };
}

/** `tcp/443: tcp/8443`, from the port of a frontend to that of the members. */
function readPorts(reading: Reading, tree: Tree, known: ReadonlySet<ServicePoint>): Members['ports'] {
  if (tree.kind !== 'map') {
    reportType(reading, tree, { what: 'the ports', needed: 'a map such as {tcp/443: tcp/8443}' });
    return [];
  }
  if (tree.entries.size === 0) reading.report(tree.offset, noPorts);
  const ports: { frontend: ServicePoint; member: ServicePoint }[] = [];
  for (const [key, { keyOffset, value }] of tree.entries) {
    const frontend = readPort(reading, { kind: 'text', offset: keyOffset, value: key });
    const member = readPort(reading, value.kind === 'null' ? { ...value, offset: keyOffset } : value);
    if (frontend === null || member === null) continue;
    if (!known.has(frontend)) reading.report(keyOffset, unknownFrontend(key, known));
    else if (serviceProtocol(frontend) !== serviceProtocol(member)) reading.report(value.offset, otherProtocol(key));
    else ports.push({ frontend, member });
  }
  return ports;
}

/** `preserved`, or `{snat: [10.0.9.0/28]}`. */
function readSource(reading: Reading, tree: Tree): readonly Prefix[] | null {
  if (tree.kind === 'text' && tree.value === 'preserved') return null;
  if (tree.kind !== 'map') {
    reading.report(tree.offset, badSource);
    return null;
  }
  const fields = readFields(reading, tree, { what: 'the source', keys: ['snat'] });
  return fields === null ? null : readSnat(reading, fields);
}

function readSnat(reading: Reading, fields: Fields): readonly Prefix[] | null {
  const tree = requireField(reading, fields, 'snat', 'source: preserved where members see the client');
  if (tree === null) return null;
  refuseEmpty(reading, tree, 'the snat prefixes');
  return readOneOrMore(tree, (item) => readPrefix(reading, item));
}

const frontendTwice: Finding = {
  code: 'duplicate-frontend',
  cannot: 'use the frontend',
  so: 'the list has it before',
  needed: 'each once is needed',
};

const badSource: Finding = {
  code: 'bad-source',
  cannot: 'read the source',
  so: 'it does not say where members see connections come from',
  needed: 'preserved or {snat: [prefixes]} is needed',
};

const noPorts: Finding = {
  code: 'empty-list',
  cannot: 'read the ports',
  so: 'the map is empty',
  needed: 'at least one is needed',
  hint: 'leave "ports" out where members serve the ports of the frontends',
};

function badFrontend(value: string): Finding {
  const needed = 'an address and a port as in "10.0.9.9 tcp/443" are needed';
  return { code: 'bad-frontend', cannot: 'read the frontend', value, so: 'it is not in that form', needed };
}

function noPort(value: string): Finding {
  const needed = 'a port of tcp, udp or sctp is needed';
  return { code: 'not-one-service', cannot: 'use the service', value, so: 'it has no port', needed };
}

function unknownFrontend(value: string, known: ReadonlySet<ServicePoint>): Finding {
  const finding = {
    code: 'unknown-frontend',
    cannot: 'use the port',
    value,
    so: 'no frontend has it',
    needed: 'the port of a frontend is needed',
  };
  return known.size === 0
    ? finding
    : { ...finding, hint: `known are ${[...known].map(formatServicePoint).join(', ')}` };
}

function otherProtocol(value: string): Finding {
  const so = 'its members have it on another protocol';
  return { code: 'bad-port', cannot: 'use the port', value, so, needed: 'a port of the same protocol is needed' };
}
