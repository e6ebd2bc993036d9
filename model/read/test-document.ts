import type { TestDocument, TestLine } from '../documents.ts';
import type { Finding } from '../finding.ts';
import { notOneService, onePoint, parseServiceText, portNameElsewhere } from '../service-text.ts';
import { type Fields, readFields } from './fields.ts';
import type { Reading } from './reading.ts';
import type { Tree } from './tree.ts';
import { readName, readOneOrMore, readText } from './values.ts';

export function readTest(reading: Reading, tree: Tree): TestDocument | null {
  const fields = readFields(reading, tree, { what: 'a Test', keys: ['kind', 'name', 'allow', 'deny'] });
  if (fields === null) return null;
  const name = readName(reading, fields);
  if (fields.get('allow') === undefined && fields.get('deny') === undefined) reading.report(tree.offset, emptyTest);
  const [allow, deny] = [readLines(reading, fields, 'allow'), readLines(reading, fields, 'deny')];
  return { kind: 'Test', name, allow, deny, place: reading.place(tree.offset) };
}

function readLines(reading: Reading, fields: Fields, key: 'allow' | 'deny'): TestLine[] {
  const tree = fields.get(key);
  return tree === undefined ? [] : readOneOrMore(tree, (item) => readLine(reading, item));
}

function readLine(reading: Reading, tree: Tree): TestLine | null {
  const text = readText(reading, tree, 'the line of a test');
  if (text === null) return null;
  const [, from, to, service] = /^\s*(\S+)\s+->\s+(\S+)\s+(\S(?:.*\S)?)\s*$/.exec(text) ?? [];
  if (from === undefined || to === undefined || service === undefined) {
    reading.report(tree.offset, badLine(text));
    return null;
  }
  const read = parseServiceText(service);
  if (read.kind === 'wrong') reading.report(tree.offset, read.finding);
  if (read.kind === 'portName') reading.report(tree.offset, portNameElsewhere(service));
  if (read.kind === 'range' && onePoint([read.range]) === null) reading.report(tree.offset, notOneService(service));
  return { text, from, to, service, place: reading.place(tree.offset) };
}

function badLine(value: string): Finding {
  const needed = 'two ends and a service as in "web-1 -> api-1 tcp/8080" are needed';
  return { code: 'bad-test-line', cannot: 'read the line of a test', value, so: 'it is not in that form', needed };
}

const emptyTest: Finding = {
  code: 'missing-key',
  cannot: 'read a Test',
  so: 'it has neither "allow" nor "deny"',
  needed: 'at least one of them is needed',
};
