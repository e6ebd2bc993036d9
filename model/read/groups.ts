import type { LabelGroupDocument, Reference, UserGroupDocument } from '../documents.ts';
import type { Finding } from '../finding.ts';
import { labelNameNeeded, wrongGroupName } from '../label-text.ts';
import { type Fields, readFields, requireField } from './fields.ts';
import { readUser } from './identities.ts';
import { refuseMany } from './limits.ts';
import { readValue } from './objects.ts';
import type { Reading } from './reading.ts';
import { refuseEmpty } from './services.ts';
import type { Tree } from './tree.ts';
import { readList, readName, readText, unique } from './values.ts';
import { checkLabel } from './workload.ts';

const labelGroupKeys = ['kind', 'name', 'key', 'values', 'groups'];

export function readLabelGroup(reading: Reading, tree: Tree): LabelGroupDocument | null {
  const fields = readFields(reading, tree, { what: 'a LabelGroup', keys: labelGroupKeys });
  if (fields === null) return null;
  const [values, groups] = [fields.get('values'), fields.get('groups')];
  if (values === undefined && groups === undefined) reading.report(tree.offset, emptyGroup);
  return {
    kind: 'LabelGroup',
    name: readGroupName(reading, requireField(reading, fields, 'name')) ?? '',
    key: readKey(reading, fields),
    values: values === undefined ? [] : unique(readSome(reading, values, { what: 'the values', item: readValue })),
    groups: groups === undefined ? [] : readSome(reading, groups, { what: 'the groups', item: readGroup }),
    place: reading.place(tree.offset),
  };
}

function readKey(reading: Reading, fields: Fields): string {
  const tree = requireField(reading, fields, 'key');
  const text = tree === null ? null : readText(reading, tree, 'the label key');
  if (tree === null || text === null) return '';
  return checkLabel(reading, tree.offset, { what: 'key', text }) ? text : '';
}

/** A selector names it after `@`, so nothing is in it that would end a word there. */
function readGroupName(reading: Reading, tree: Tree | null): string | null {
  const text = tree === null ? null : readText(reading, tree, 'the name of a LabelGroup');
  const so = text === null ? null : wrongGroupName(text);
  if (tree === null || so === null) return text;
  const finding = { code: 'bad-name', cannot: 'use the name', value: text ?? '', so, needed: labelNameNeeded };
  reading.report(tree.offset, text?.startsWith('@') ? { ...finding, hint: `write ${text.slice(1)}` } : finding);
  return null;
}

function readGroup(reading: Reading, tree: Tree): Reference | null {
  const name = readGroupName(reading, tree);
  return name === null ? null : { name, place: reading.place(tree.offset) };
}

export function readUserGroup(reading: Reading, tree: Tree): UserGroupDocument | null {
  const fields = readFields(reading, tree, { what: 'a UserGroup', keys: ['kind', 'name', 'members'] });
  if (fields === null) return null;
  const members = requireField(reading, fields, 'members');
  return {
    kind: 'UserGroup',
    name: readName(reading, fields),
    members: members === null ? [] : unique(readSome(reading, members, { what: 'the members', item: readUser })),
    place: reading.place(tree.offset),
  };
}

/** A list that is neither empty nor endless. */
export function readSome<T>(
  reading: Reading,
  tree: Tree,
  { what, item }: { readonly what: string; readonly item: (reading: Reading, tree: Tree) => T | null },
): T[] {
  refuseEmpty(reading, tree, what);
  refuseMany(reading, tree, what);
  return readList(tree, { reading, what }, (each) => item(reading, each));
}

const emptyGroup: Finding = {
  code: 'missing-key',
  cannot: 'read a LabelGroup',
  so: 'it has neither "values" nor "groups"',
  needed: 'at least one of them is needed',
};
