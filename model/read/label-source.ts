import { type LabelSourceDocument, labelSources } from '../documents.ts';
import { readFields, requireField } from './fields.ts';
import type { Reading } from './reading.ts';
import { readSelector } from './selectors.ts';
import { refuseEmpty } from './services.ts';
import type { Tree } from './tree.ts';
import { readChoice, readName, readOneOrMore, readText, unique } from './values.ts';
import { checkLabel } from './workload.ts';

const keys = ['kind', 'name', 'source', 'keys', 'selector', 'apply'];
const ways = ['immediately', 'as-draft'] as const;

export function readLabelSource(reading: Reading, tree: Tree): LabelSourceDocument | null {
  const fields = readFields(reading, tree, { what: 'a LabelSource', keys });
  if (fields === null) return null;
  const name = readName(reading, fields);
  const required = (key: string): Tree | null => requireField(reading, fields, key);
  const [source, list, apply] = [required('source'), required('keys'), required('apply')];
  const selector = fields.get('selector');
  if (list !== null) refuseEmpty(reading, list, 'the label keys');
  return {
    kind: 'LabelSource',
    name,
    source: (source === null ? null : readChoice(reading, source, labelSources)) ?? 'person',
    keys: list === null ? [] : unique(readOneOrMore(list, (item) => readKey(reading, item))),
    selector: (selector === undefined ? null : readSelector(reading, selector)) ?? { text: '', requirements: [] },
    apply: (apply === null ? null : readChoice(reading, apply, ways)) ?? 'as-draft',
    place: reading.place(tree.offset),
  };
}

function readKey(reading: Reading, tree: Tree): string | null {
  const text = readText(reading, tree, 'the label key');
  return text !== null && checkLabel(reading, tree.offset, { what: 'key', text }) ? text : null;
}
