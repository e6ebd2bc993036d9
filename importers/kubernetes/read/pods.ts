import { type Fields, requireField } from '@bulkhead/model/read/fields.ts';
import type { Reading } from '@bulkhead/model/read/reading.ts';
import type { Tree } from '@bulkhead/model/read/tree.ts';
import type { Address } from '@bulkhead/net/address.ts';
import type { NamedPort, ObjectHead, PodMakerObject, PodObject, PodShape } from '../cluster.ts';
import { readIp, withSingle } from './addresses.ts';
import { readLabels, readObjectName } from './head.ts';
import { readPort, readPortName, readProtocol } from './ports.ts';
import { innerFields, isTrue, looseFields, optionalWords, readMembers, readWhole, strictFields } from './values.ts';

export function readPod(reading: Reading, object: Fields, head: ObjectHead): PodObject {
  const spec = innerFields(reading, object, 'spec');
  const status = innerFields(reading, object, 'status');
  const phase = status === null ? null : optionalWords(reading, status, 'phase');
  const node = spec?.get('nodeName');
  return {
    kind: 'pod',
    head,
    labels: head.labels,
    ...shapeOf(reading, spec),
    addresses: status === null ? [] : ipsOf(reading, status, { list: 'podIPs', one: 'podIP' }),
    node: node === undefined || isEmpty(node) ? null : readObjectName(reading, node, 'Node'),
    hostAddresses: status === null ? [] : ipsOf(reading, status, { list: 'hostIPs', one: 'hostIP' }),
    finished: phase === 'Succeeded' || phase === 'Failed',
  };
}

/** What has no value yet may have the empty text. */
const isEmpty = (tree: Tree): boolean => tree.kind === 'text' && tree.value === '';

/** `{podIPs: [{ip}], podIP}`. */
function ipsOf(
  reading: Reading,
  status: Fields,
  keys: { readonly list: string; readonly one: string },
): readonly Address[] {
  const item = (tree: Tree): Address | null => {
    const fields = looseFields(reading, tree, `an item of "${keys.list}"`);
    const ip = fields?.get('ip');
    return ip === undefined ? null : readIp(reading, ip, 'the address');
  };
  const one = status.get(keys.one);
  const single = one === undefined || isEmpty(one) ? null : readIp(reading, one, 'the address');
  return withSingle(readMembers(reading, status, { key: keys.list, item }) ?? [], single);
}

function shapeOf(reading: Reading, spec: Fields | null): Omit<PodShape, 'labels'> {
  if (spec === null) return { hostNetwork: false, ports: [] };
  const always = (fields: Fields): boolean => optionalWords(reading, fields, 'restartPolicy') === 'Always';
  return {
    hostNetwork: isTrue(reading, spec, 'hostNetwork'),
    ports: [
      ...portsOf(reading, spec, { key: 'containers', counts: () => true }),
      ...portsOf(reading, spec, { key: 'initContainers', counts: always }),
    ],
  };
}

/** SPEC KW7. */
function portsOf(
  reading: Reading,
  spec: Fields,
  { key, counts }: { readonly key: string; readonly counts: (container: Fields) => boolean },
): readonly NamedPort[] {
  const item = (tree: Tree): readonly NamedPort[] | null => {
    const container = looseFields(reading, tree, 'a container');
    if (container === null || !counts(container)) return null;
    return readMembers(reading, container, { key: 'ports', item: (port) => readNamedPort(reading, port) });
  };
  return (readMembers(reading, spec, { key, item }) ?? []).flat();
}

const containerPortKeys = ['name', 'containerPort', 'protocol', 'hostPort', 'hostIP'];

/** Null for a port without a name: nobody can speak of it but by its number. */
function readNamedPort(reading: Reading, tree: Tree): NamedPort | null {
  const fields = strictFields(reading, tree, { what: 'a port of a container', keys: containerPortKeys });
  const [name, number] = [fields?.get('name'), fields?.get('containerPort')];
  if (fields === null || name === undefined || isEmpty(name)) return null;
  const text = readPortName(reading, name, 'the name of a port');
  const protocol = readProtocol(reading, fields);
  const port = number === undefined ? null : readPort(reading, number, 'the port');
  if (number === undefined) requireField(reading, fields, 'containerPort');
  return text === null || protocol === null || port === null ? null : { name: text, protocol, port };
}

/** A workload kind, whose pods are like its template (SPEC KW4, KW5). */
export function readPodMaker(reading: Reading, object: Fields, head: ObjectHead): PodMakerObject | null {
  const specTree = requireField(reading, object, 'spec');
  const own = specTree === null ? null : looseFields(reading, specTree, `"spec" of ${object.what}`);
  const inner = own === null || head.kind !== 'CronJob' ? own : innerSpec(reading, own, 'jobTemplate');
  const template =
    inner === null ? null : requireField(reading, inner, 'template', 'a workload kind has the template of its pods');
  const fields = template === null ? null : looseFields(reading, template, 'the template');
  if (own === null || fields === null) return null;
  const metadata = innerFields(reading, fields, 'metadata');
  const labels = metadata === null ? {} : readLabels(reading, metadata);
  const shape = shapeOf(reading, innerFields(reading, fields, 'spec'));
  return {
    kind: 'maker',
    head,
    shape: { labels: { ...labels, ...jobLabels(head) }, ...shape },
    running: isRunning(reading, { object, spec: own, head }),
  };
}

function innerSpec(reading: Reading, spec: Fields, key: string): Fields | null {
  const tree = requireField(reading, spec, key);
  const fields = tree === null ? null : looseFields(reading, tree, `"${key}"`);
  return fields === null ? null : innerFields(reading, fields, 'spec');
}

/** What the controller of Jobs puts on their pods. */
const jobLabels = ({ kind, name }: ObjectHead): Record<string, string> =>
  kind === 'Job' && name.length <= 63 ? { 'job-name': name, 'batch.kubernetes.io/job-name': name } : {};

function isRunning(
  reading: Reading,
  { object, spec, head }: { readonly object: Fields; readonly spec: Fields; readonly head: ObjectHead },
): boolean {
  if (isTrue(reading, spec, 'suspend')) return false;
  const replicas = spec.get('replicas');
  if (replicas !== undefined && head.kind !== 'DaemonSet')
    return readWhole(reading, replicas, { what: '"replicas"', least: 0, most: 2 ** 31 - 1 }) !== 0;
  const status = head.kind === 'Job' ? innerFields(reading, object, 'status') : null;
  return status === null || !isFinished(reading, status);
}

function isFinished(reading: Reading, status: Fields): boolean {
  const item = (tree: Tree): boolean => {
    const condition = looseFields(reading, tree, 'a condition');
    if (condition === null) return false;
    const type = optionalWords(reading, condition, 'type');
    return (type === 'Complete' || type === 'Failed') && optionalWords(reading, condition, 'status') === 'True';
  };
  return (readMembers(reading, status, { key: 'conditions', item }) ?? []).includes(true);
}
