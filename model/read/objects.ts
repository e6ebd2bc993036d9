import { parseServiceRange } from '@bulkhead/net/service-space.ts';
import type { IpListDocument, LabelKeyDocument, ModeDocument, ServiceDocument } from '../documents.ts';
import { parseServiceText } from '../service-text.ts';
import type { ModeName } from '../words.ts';
import { type Fields, readFields, requireField } from './fields.ts';
import { readDomain, readProcess } from './identities.ts';
import type { Reading } from './reading.ts';
import { readSelector } from './selectors.ts';
import { readRange, refuseEmpty } from './services.ts';
import type { Tree } from './tree.ts';
import {
  readChoice,
  readList,
  readName,
  readNameText,
  readOneOrMore,
  readPrefix,
  readText,
  readTruth,
  unique,
} from './values.ts';
import { checkLabel } from './workload.ts';

const serviceKeys = ['kind', 'name', 'ports', 'process', 'application'];

/** The kinds whose documents are a handful of fields. */
export function readService(reading: Reading, tree: Tree): ServiceDocument | null {
  const fields = readFields(reading, tree, { what: 'a Service', keys: serviceKeys });
  if (fields === null) return null;
  const name = readName(reading, fields);
  if (name !== '') checkServiceName(reading, fields, name);
  const ports = requireField(reading, fields, 'ports');
  const [process, application] = [fields.get('process'), fields.get('application')];
  if (ports !== null) refuseEmpty(reading, ports, 'the ports');
  const ranges = ports === null ? [] : readOneOrMore(ports, (item) => readRange(reading, item));
  return {
    kind: 'Service',
    name,
    ranges,
    process: process === undefined ? null : readProcess(reading, process),
    application: application === undefined ? null : readNameText(reading, application, 'the application'),
    place: reading.place(tree.offset),
  };
}

/** A Service named `tcp` could never be meant by a rule, nor one with a slash. */
function checkServiceName(reading: Reading, fields: Fields, name: string): void {
  if (parseServiceRange(name) === null && parseServiceText(name).kind === 'name') return;
  const [so, needed] = ['in a rule it would be read as a protocol and port', 'another name is needed'];
  const offset = fields.get('name')?.offset ?? fields.offset;
  reading.report(offset, { code: 'bad-name', cannot: 'use the name of a Service', value: name, so, needed });
}

export function readIpList(reading: Reading, tree: Tree): IpListDocument | null {
  const fields = readFields(reading, tree, {
    what: 'an IpList',
    keys: ['kind', 'name', 'prefixes', 'except', 'names'],
  });
  if (fields === null) return null;
  const [prefixes, except, names] = [fields.get('prefixes'), fields.get('except'), fields.get('names')];
  if (prefixes === undefined && names === undefined) requireField(reading, fields, 'prefixes');
  const list = (item: Tree, what: string) => readList(item, { reading, what }, (each) => readPrefix(reading, each));
  return {
    kind: 'IpList',
    name: readName(reading, fields),
    prefixes: prefixes === undefined ? [] : list(prefixes, 'the prefixes'),
    except: except === undefined ? [] : list(except, 'the exceptions'),
    names: names === undefined ? [] : readDomains(reading, names),
    place: reading.place(tree.offset),
  };
}

function readDomains(reading: Reading, tree: Tree): string[] {
  return unique(readList(tree, { reading, what: 'the names' }, (each) => readDomain(reading, each)));
}

export function readLabelKey(reading: Reading, tree: Tree): LabelKeyDocument | null {
  const fields = readFields(reading, tree, { what: 'a LabelKey', keys: ['kind', 'name', 'values', 'locked'] });
  if (fields === null) return null;
  const nameTree = requireField(reading, fields, 'name');
  const name = nameTree === null ? null : readText(reading, nameTree, 'the name of a LabelKey');
  if (nameTree !== null && name !== null) checkLabel(reading, nameTree.offset, { what: 'key', text: name });
  const [values, locked] = [fields.get('values'), fields.get('locked')];
  return {
    kind: 'LabelKey',
    name: name ?? '',
    values:
      values === undefined
        ? null
        : readList(values, { reading, what: 'the values' }, (item) => readValue(reading, item)),
    locked: locked === undefined ? false : readTruth(reading, locked, '"locked"'),
    place: reading.place(tree.offset),
  };
}

/** A label value that a document declares. */
export function readValue(reading: Reading, tree: Tree): string | null {
  const text = readText(reading, tree, 'the label value');
  return text !== null && checkLabel(reading, tree.offset, { what: 'value', text }) ? text : null;
}

const modes: readonly ModeName[] = ['observe', 'test', 'selective', 'enforce'];

export function readMode(reading: Reading, tree: Tree): ModeDocument | null {
  const fields = readFields(reading, tree, { what: 'a Mode', keys: ['kind', 'selector', 'inbound', 'outbound'] });
  if (fields === null) return null;
  const selector = requireField(reading, fields, 'selector', 'selector: "" is every workload');
  const [inbound, outbound] = [fields.get('inbound'), fields.get('outbound')];
  if (inbound === undefined && outbound === undefined) {
    const so = 'it has neither "inbound" nor "outbound"';
    reading.report(tree.offset, {
      code: 'missing-key',
      cannot: 'read a Mode',
      so,
      needed: 'at least one of them is needed',
    });
  }
  const read = selector === null ? null : readSelector(reading, selector);
  return {
    kind: 'Mode',
    selector: read ?? { text: '', requirements: [] },
    inbound: inbound === undefined ? null : readChoice(reading, inbound, modes),
    outbound: outbound === undefined ? null : readChoice(reading, outbound, modes),
    place: reading.place(tree.offset),
  };
}
