import { type ServiceRange, serviceProtocol } from '@bulkhead/net/service-space.ts';
import type { WorkloadDocument } from '../documents.ts';
import type { Finding } from '../finding.ts';
import { labelNameNeeded, wrongGivenKey, wrongLabelValue } from '../label-text.ts';
import { isWord, workloadNameNeeded, wrongWorkloadName } from '../name-text.ts';
import { canBeNamed, parsePortName } from '../port-name.ts';
import { defaultNetwork, type Labels, type NetworkAddress } from '../words.ts';
import { readFields, reportType, requireField } from './fields.ts';
import type { Reading } from './reading.ts';
import { readRange, refuseEmpty } from './services.ts';
import type { Tree } from './tree.ts';
import { readAddress, readChoice, readList, readOneOrMore, readText } from './values.ts';

const keys = ['kind', 'name', 'labels', 'addresses', 'ports', 'enforcer', 'host'];

export function readWorkload(reading: Reading, tree: Tree): WorkloadDocument | null {
  const fields = readFields(reading, tree, { what: 'a Workload', keys });
  if (fields === null) return null;
  const name = requireField(reading, fields, 'name');
  const [labels, addresses, ports] = [fields.get('labels'), fields.get('addresses'), fields.get('ports')];
  const [enforcer, host] = [fields.get('enforcer'), fields.get('host')];
  return {
    kind: 'Workload',
    name: name === null ? '' : readWorkloadName(reading, name, 'the name of a Workload'),
    labels: labels === undefined ? {} : readLabels(reading, labels),
    addresses: addresses === undefined ? [] : readAddresses(reading, addresses),
    ports: ports === undefined ? {} : readPorts(reading, ports),
    enforced: enforcer === undefined || readChoice(reading, enforcer, ['none']) === null,
    host: host === undefined ? null : readHost(reading, host, enforcer),
    fallbackMode: 'enforce',
    place: reading.place(tree.offset),
  };
}

/** What nothing enforces for has no host that would. */
function readHost(reading: Reading, tree: Tree, enforcer: Tree | undefined): string {
  const host = readWorkloadName(reading, tree, 'the host of a Workload');
  if (enforcer !== undefined && host !== '') reading.report(tree.offset, needlessHost(host));
  return host;
}

function readWorkloadName(reading: Reading, tree: Tree, what: string): string {
  const text = readText(reading, tree, what);
  const so = text === null ? null : wrongWorkloadName(text);
  if (text !== null && so !== null)
    reading.report(tree.offset, {
      code: 'bad-name',
      cannot: 'use the name',
      value: text,
      so,
      needed: workloadNameNeeded,
    });
  return text ?? '';
}

function readLabels(reading: Reading, tree: Tree): Labels {
  const labels: Record<string, string> = {};
  if (tree.kind !== 'map') {
    reportType(reading, tree, { what: 'the labels', needed: 'a map of keys and values' });
    return labels;
  }
  for (const [key, { keyOffset, value }] of tree.entries) {
    checkLabel(reading, keyOffset, { what: 'key', text: key });
    const text = readText(reading, value, `the label ${key}`);
    if (text !== null && checkLabel(reading, value.offset, { what: 'value', text })) labels[key] = text;
  }
  return labels;
}

/** Reports a label key or value that Kubernetes would not take. */
export function checkLabel(
  reading: Reading,
  offset: number,
  { what, text }: { readonly what: 'key' | 'value'; readonly text: string },
): boolean {
  const so = what === 'key' ? wrongGivenKey(text) : wrongLabelValue(text);
  if (so === null) return true;
  reading.report(offset, {
    code: 'bad-label',
    cannot: `use the label ${what}`,
    value: text,
    so,
    needed: labelNameNeeded,
  });
  return false;
}

/** An address said twice is held once. */
function readAddresses(reading: Reading, tree: Tree): NetworkAddress[] {
  const seen = new Map<string, NetworkAddress>();
  for (const item of readList(tree, { reading, what: 'the addresses' }, (each) => readNetworkAddress(reading, each)))
    seen.set(`${item.network} ${item.address}`, item);
  return [...seen.values()];
}

function readNetworkAddress(reading: Reading, tree: Tree): NetworkAddress | null {
  if (tree.kind !== 'map') {
    const address = readAddress(reading, tree);
    return address === null ? null : { network: defaultNetwork, address };
  }
  const fields = readFields(reading, tree, { what: 'an address', keys: ['network', 'address'] });
  const inner = fields === null ? null : requireField(reading, fields, 'address');
  const address = inner === null ? null : readAddress(reading, inner);
  const networkTree = fields?.get('network');
  const network = networkTree === undefined ? defaultNetwork : readNetwork(reading, networkTree);
  return address === null || network === null ? null : { network, address };
}

function readPorts(reading: Reading, tree: Tree): Record<string, readonly ServiceRange[]> {
  const ports: Record<string, readonly ServiceRange[]> = {};
  if (tree.kind !== 'map') {
    reportType(reading, tree, { what: 'the ports', needed: 'a map of names and services' });
    return ports;
  }
  for (const [name, { keyOffset, value }] of tree.entries) {
    if (parsePortName(`tcp/${name}`) === null) reading.report(keyOffset, badPortName(name));
    refuseEmpty(reading, value, 'the ports');
    const ranges = readOneOrMore(value, (item) => readNamedRange(reading, item));
    if (new Set(ranges.map(({ first }) => serviceProtocol(first))).size < ranges.length)
      reading.report(value.offset, twoPorts(name));
    else if (ranges.length > 0) ports[name] = ranges;
  }
  return ports;
}

function readNamedRange(reading: Reading, tree: Tree): ServiceRange | null {
  const range = readRange(reading, tree);
  if (range === null || canBeNamed(range)) return range;
  const so = 'a name stands for ports of one protocol';
  const needed = 'a service such as tcp/8080 is needed';
  reading.report(tree.offset, { code: 'bad-service', cannot: 'name the port', so, needed });
  return null;
}

function needlessHost(value: string): Finding {
  const [cannot, so] = ['name the host', 'the Workload says "enforcer: none" as well'];
  return { code: 'needless-host', cannot, value, so, needed: 'one of the two is needed' };
}

function badPortName(value: string): Finding {
  const needed = 'at most 15 small letters, digits and single "-" with a letter among them are needed';
  return { code: 'bad-name', cannot: 'use the port name', value, so: 'it is not named like a service', needed };
}

function twoPorts(value: string): Finding {
  const so = 'it stands for two ports of one protocol';
  return { code: 'duplicate-port', cannot: 'use the port name', value, so, needed: 'one of each protocol is needed' };
}

/** The name of a network; null, reported, when it is none. */
export const readNetwork = (reading: Reading, tree: Tree): string | null => readWord(reading, tree, 'network');

function readWord(reading: Reading, tree: Tree, what: string): string | null {
  const text = readText(reading, tree, `the ${what}`);
  if (text === null || isWord(text)) return text;
  const needed = 'at most 63 letters, digits and "-", "_", "." are needed';
  reading.report(tree.offset, {
    code: 'bad-name',
    cannot: `use the ${what}`,
    value: text,
    so: 'it is not a word',
    needed,
  });
  return null;
}
