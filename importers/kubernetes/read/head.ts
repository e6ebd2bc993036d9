import { quote } from '@bulkhead/model/finding.ts';
import { labelNameNeeded, wrongLabelKey, wrongLabelValue } from '@bulkhead/model/label-text.ts';
import { type Fields, reportType, requireField } from '@bulkhead/model/read/fields.ts';
import type { Reading } from '@bulkhead/model/read/reading.ts';
import type { Tree } from '@bulkhead/model/read/tree.ts';
import type { Labels } from '@bulkhead/model/words.ts';
import type { ObjectHead, Owner } from '../cluster.ts';
import { clusterKinds } from './kinds.ts';
import { article, looseFields, optionalWords, readMembers, readWords, strictFields, unquoted } from './values.ts';

const metadataKeys = [
  ...['name', 'namespace', 'labels', 'annotations', 'ownerReferences', 'generateName', 'finalizers', 'managedFields'],
  ...['uid', 'resourceVersion', 'generation', 'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'],
  ...['selfLink', 'clusterName'],
];

/** How messages name an object. */
export const objectText = (kind: string, namespace: string, name: string): string =>
  `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}`;

/** Null, reported, for an object that has no usable name. `namespace`: of an object that says none. */
export function readHead(
  reading: Reading,
  object: Fields,
  { kind, namespace }: { readonly kind: string; readonly namespace: string },
): ObjectHead | null {
  const tree = requireField(reading, object, 'metadata');
  const metadata =
    tree === null ? null : strictFields(reading, tree, { what: `metadata of ${object.what}`, keys: metadataKeys });
  if (metadata === null) return null;
  const nameTree = requireField(reading, metadata, 'name');
  const name = nameTree === null ? null : readObjectName(reading, nameTree, kind);
  const own = clusterKinds.has(kind) ? '' : readNamespace(reading, metadata, namespace);
  if (name === null || own === null) return null;
  return {
    kind,
    namespace: own,
    name,
    labels: readLabels(reading, metadata),
    owners: readOwners(reading, metadata),
    place: reading.place(object.offset),
  };
}

function readNamespace(reading: Reading, metadata: Fields, fallback: string): string | null {
  const tree = metadata.get('namespace');
  // The API server takes the empty text for none.
  if (tree === undefined || (tree.kind === 'text' && tree.value === '')) return fallback;
  return readObjectName(reading, tree, 'Namespace');
}

const labelName = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

export const isNamespaceName = (text: string): boolean => labelName.test(text);

/** Null, reported, for what the API server would not take as the name of an object of the kind. */
export function readObjectName(reading: Reading, tree: Tree, kind: string): string | null {
  const name = readWords(reading, tree, `the name of ${article(kind)}`);
  if (name === null) return null;
  const short = kind === 'Namespace' || kind === 'Service';
  if (short ? labelName.test(name) : name.length <= 253 && subdomain.test(name)) return name;
  const length = short ? '63 lower-case letters, digits and "-"' : '253 lower-case letters, digits, "-" and "."';
  reading.report(tree.offset, {
    code: 'bad-object-name',
    cannot: `use the name of ${article(kind)}`,
    value: name,
    so: name === '' ? 'it is empty' : 'the API server would not take it',
    needed: `at most ${length} that begin and end with a letter or digit are needed`,
  });
  return null;
}

export function readLabels(reading: Reading, fields: Fields): Labels {
  const tree = fields.get('labels');
  return tree === undefined ? {} : readLabelMap(reading, tree, `the labels of ${fields.what}`);
}

/** Keys and values of labels, which the API server takes as texts alone. */
export function readLabelMap(reading: Reading, tree: Tree, what: string): Labels {
  const labels: Record<string, string> = {};
  if (tree.kind !== 'map') {
    reportType(reading, tree, { what, needed: 'a map of keys and values' });
    return labels;
  }
  for (const [key, { keyOffset, value, olderKey }] of tree.entries) {
    if (olderKey !== undefined) reading.report(keyOffset, unquoted('the label key', key, olderKey));
    const good = checkKey(reading, keyOffset, key);
    // A key without a value is the empty text to the API server.
    const text = value.kind === 'null' ? '' : readWords(reading, value, `the label ${quote(key)}`);
    if (text !== null && checkValue(reading, value.offset, text) && good) labels[key] = text;
  }
  return labels;
}

export function checkKey(reading: Reading, offset: number, key: string): boolean {
  const so = key.includes(':') ? 'it has characters that labels do not have there' : wrongLabelKey(key);
  return so === null || badLabel(reading, offset, { what: 'key', text: key, so });
}

export function checkValue(reading: Reading, offset: number, value: string): boolean {
  const so = wrongLabelValue(value);
  return so === null || badLabel(reading, offset, { what: 'value', text: value, so });
}

function badLabel(
  reading: Reading,
  offset: number,
  { what, text, so }: { readonly what: 'key' | 'value'; readonly text: string; readonly so: string },
): false {
  const cannot = `use the label ${what}`;
  reading.report(offset, { code: 'bad-label', cannot, value: text, so, needed: labelNameNeeded });
  return false;
}

function readOwners(reading: Reading, metadata: Fields): readonly Owner[] {
  const item = (tree: Tree): Owner | null => {
    const fields = looseFields(reading, tree, 'an owner reference');
    if (fields === null) return null;
    const [kind, name] = [optionalWords(reading, fields, 'kind'), optionalWords(reading, fields, 'name')];
    return kind === null || name === null ? null : { kind, name };
  };
  return readMembers(reading, metadata, { key: 'ownerReferences', item }) ?? [];
}
