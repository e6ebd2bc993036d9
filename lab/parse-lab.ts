import { hasErrors, type Problem } from '@bulkhead/model/problem.ts';
import { type Address, addressFamily, parseAddress } from '@bulkhead/net/address.ts';
import { formatPrefix, type Prefix, parsePrefix, prefixContains } from '@bulkhead/net/prefix.ts';
import { parseServiceRange } from '@bulkhead/net/service-space.ts';
import type { Daemon, Edge, Guest, Host, Lab, Segment } from './lab-file.ts';
import { readDaemon } from './read-daemon.ts';
import {
  complain,
  type Field,
  type Fields,
  readFlag,
  readLabels,
  readList,
  readMap,
  readNumber,
  readOneOrMany,
  readText,
  readYaml,
  required,
} from './yaml-reader.ts';

/** A veth name is `v-<host>`, and the kernel takes 15 characters. */
const hostNameLimit = 13;
const hostLimit = 200;
const edgeLimit = 5000;
/** Of one host. */
const guestLimit = 50;

export type ParsedLab = { readonly lab: Lab | null; readonly problems: readonly Problem[] };

/** One `kind: Lab` document. `lab` is null exactly when a problem is an error. */
export function parseLab(text: string, file: string): ParsedLab {
  const { fields, problems } = readYaml(text, file);
  const [document, second] = fields;
  if (second !== undefined) complain(second, 'lab-documents', `Cannot read "${file}": one Lab document is needed`);
  const lab = document === undefined ? null : readLab(document);
  if (document === undefined && problems.length === 0) {
    const message = `Cannot read "${file}": it is empty, a document of kind Lab is needed`;
    problems.push({ severity: 'error', code: 'lab-empty', message, place: { file, line: 1, column: 1 }, hint: null });
  }
  return { lab: hasErrors(problems) ? null : lab, problems };
}

function readLab(document: Field): Lab | null {
  const fields = readMap(document, ['kind', 'name', 'domain', 'control', 'segments', 'hosts', 'edges']);
  if (fields === null) return null;
  const kind = text(document, fields, 'kind');
  if (kind !== 'Lab') complain(document, 'lab-kind', `Cannot read kind "${kind}" here: Lab is needed`);
  const segments = readList(fields.get('segments')).flatMap(readSegment);
  const hosts = limited(fields.get('hosts'), hostLimit).flatMap((field) => readHost(field, segments));
  const lab: Lab = {
    name: text(document, fields, 'name'),
    domain: text(document, fields, 'domain'),
    control: readControl(document, fields),
    segments,
    hosts,
    edges: limited(fields.get('edges'), edgeLimit).flatMap((field) => readEdges(field, hosts)),
  };
  checkReferences(document, lab);
  return lab;
}

function limited(field: Field | undefined, most: number): Field[] {
  const list = readList(field);
  if (field === undefined || list.length <= most) return list;
  return complain(field, 'lab-size', `Cannot read ${field.path}: ${list.length} entries, at most ${most}`) ?? [];
}

function readSegment(field: Field): Segment[] {
  const fields = readMap(field, ['name', 'v4', 'v6']);
  if (fields === null) return [];
  const [v4, v6] = [prefix(field, fields, 'v4'), prefix(field, fields, 'v6')];
  return v4 === null || v6 === null ? [] : [{ name: text(field, fields, 'name'), v4, v6 }];
}

function prefix(owner: Field, fields: Fields, key: 'v4' | 'v6'): Prefix | null {
  const field = required(owner, fields, key);
  const written = field === null ? null : readText(field);
  if (field === null || written === null) return null;
  const parsed = parsePrefix(written);
  if (parsed !== null && parsed.family === (key === 'v4' ? 4 : 6)) return parsed;
  return complain(field, 'lab-prefix', `Cannot use "${written}" as ${field.path}: a prefix of that family is needed`);
}

function readControl(document: Field, fields: Fields): Lab['control'] {
  const field = required(document, fields, 'control');
  const parts = field === null ? null : readMap(field, ['addresses', 'port']);
  const addresses = field === null || parts === null ? null : pair(field, parts);
  const portField = parts?.get('port');
  const port = portField === undefined ? 8444 : (readNumber(portField, 1, 65535) ?? 8444);
  return { v4: addresses?.v4 ?? ('' as Address), v6: addresses?.v6 ?? ('' as Address), port };
}

/** One IPv4 and one IPv6 address. */
function pair(owner: Field, fields: Fields): { v4: Address; v6: Address } | null {
  const list = readList(required(owner, fields, 'addresses') ?? undefined);
  const parsed = list.flatMap((field) => parseAddress(readText(field) ?? '') ?? []);
  const v4 = parsed.find((address) => addressFamily(address) === 4);
  const v6 = parsed.find((address) => addressFamily(address) === 6);
  if (list.length === 2 && v4 !== undefined && v6 !== undefined) return { v4, v6 };
  return complain(owner, 'lab-addresses', `Cannot read ${owner.path}.addresses: one IPv4 and one IPv6 address needed`);
}

function readHost(field: Field, segments: readonly Segment[]): Host[] {
  const fields = readMap(field, ['name', 'segment', 'addresses', 'labels', 'managed', 'daemons', 'guests']);
  if (fields === null) return [];
  const [name, segment] = [readName(field, fields), text(field, fields, 'segment')];
  const addresses = pair(field, fields);
  if (addresses === null) return [];
  checkSegment(field, segments.find((candidate) => candidate.name === segment) ?? segment, addresses);
  const labels = fields.get('labels');
  const daemons = readList(fields.get('daemons')).flatMap((child): Daemon[] => readDaemon(child));
  const managed = readFlag(fields.get('managed'), true);
  const guests = limited(fields.get('guests'), guestLimit).flatMap(readGuest);
  const labelled = labels === undefined ? {} : readLabels(labels);
  return [{ name, segment, ...addresses, labels: labelled, managed, daemons, guests }];
}

function readGuest(field: Field): Guest[] {
  const fields = readMap(field, ['name', 'addresses', 'labels']);
  const addresses = fields === null ? null : pair(field, fields);
  if (fields === null || addresses === null) return [];
  const labels = fields.get('labels');
  return [{ name: readName(field, fields), ...addresses, labels: labels === undefined ? {} : readLabels(labels) }];
}

function readName(field: Field, fields: Fields): string {
  const name = text(field, fields, 'name');
  if (!/^[a-z][a-z0-9-]*$/.test(name) || name.length > hostNameLimit) {
    const needed = `a-z, 0-9 and -, at most ${hostNameLimit} characters`;
    complain(field, 'lab-name', `Cannot name a host "${name}": ${needed}`);
  }
  return name;
}

function checkSegment(field: Field, segment: Segment | string, host: { v4: Address; v6: Address }): void {
  if (typeof segment === 'string') {
    complain(field, 'lab-segment', `Cannot place ${field.path} in "${segment}": no such segment`);
    return;
  }
  for (const [network, address] of [
    [segment.v4, host.v4],
    [segment.v6, host.v6],
  ] as const) {
    if (prefixContains(network, address)) continue;
    complain(field, 'lab-address', `Cannot give "${address}" to ${field.path}: outside ${formatPrefix(network)}`);
  }
}

/** `from` and `to` may be lists: every pair of them but a host with itself. */
function readEdges(field: Field, hosts: readonly Host[]): Edge[] {
  const fields = readMap(field, ['from', 'to', 'service', 'process', 'unit', 'trigger', 'counted']);
  if (fields === null) return [];
  const service = text(field, fields, 'service');
  const range = parseServiceRange(service);
  if (range === null || range.first !== range.last) {
    complain(field, 'lab-service', `Cannot use service "${service}": one port such as tcp/5432 is needed`);
  }
  const trigger = fields.get('trigger');
  const common = {
    service,
    process: text(field, fields, 'process'),
    unit: text(field, fields, 'unit'),
    trigger: trigger === undefined ? null : readText(trigger),
    counted: readFlag(fields.get('counted'), true),
  };
  const [sources, targets] = [names(field, fields, 'from', hosts), names(field, fields, 'to', hosts)];
  return sources.flatMap((from) => targets.filter((to) => to !== from).map((to) => ({ from, to, ...common })));
}

function names(owner: Field, fields: Fields, key: string, hosts: readonly Host[]): string[] {
  const field = required(owner, fields, key);
  if (field === null) return [];
  return readOneOrMany(field).flatMap((item) => {
    const name = readText(item);
    if (name === null || hosts.some((host) => host.name === name)) return name ?? [];
    return complain(item, 'lab-reference', `Cannot use host "${name}" in ${item.path}: no such host`) ?? [];
  });
}

function checkReferences(document: Field, lab: Lab): void {
  const known = new Set<string>();
  for (const host of lab.hosts.flatMap((one) => [one, ...one.guests])) {
    for (const claim of [host.name, host.v4, host.v6]) {
      if (known.has(claim)) complain(document, 'lab-duplicate', `Cannot use "${claim}" twice: two hosts claim it`);
      known.add(claim);
    }
  }
  for (const host of lab.hosts) {
    for (const name of host.daemons.flatMap(peersOf)) {
      if (lab.hosts.some((candidate) => candidate.name === name)) continue;
      complain(document, 'lab-reference', `Cannot point a daemon of ${host.name} at "${name}": no such host`);
    }
  }
}

function peersOf(daemon: Daemon): readonly string[] {
  if (daemon.run === 'haproxy') return daemon.upstreams;
  if (daemon.run === 'nginx') return [daemon.api];
  if (daemon.run === 'api') return [daemon.database, daemon.cache].filter((name) => name !== null);
  if (daemon.run === 'http-client' || daemon.run === 'ssh-check') return [daemon.to];
  return daemon.run === 'report' ? [daemon.database] : [];
}

function text(owner: Field, fields: Fields, key: string): string {
  const field = required(owner, fields, key);
  return field === null ? '' : (readText(field) ?? '');
}
