import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { parseDocuments } from '../parse.ts';
import { documentsText, type WrittenDocument } from './document-text.ts';
import { formatText } from './format-text.ts';

const good = readFileSync(new URL('../testdata/good.yaml', import.meta.url), 'utf8');
const written = parseAllDocuments(good).map((document) => document.toJS() as WrittenDocument);

/** Without places, and with the sign that JSON does not have. */
const bare = (text: string): unknown =>
  JSON.parse(
    JSON.stringify(parseDocuments([{ file: 'f', text }]).documents, (key, value) =>
      key === 'place' ? null : typeof value === 'bigint' ? `${value}` : value,
    ),
  );

test('a document of every kind is written as the formatter would, and says what it said', () => {
  const text = documentsText(written);
  assert.deepEqual(formatText({ file: 'f', text }), { kind: 'formatted', text });
  assert.deepEqual(bare(text), bare(good));
});

const cases: readonly (readonly [title: string, document: WrittenDocument, text: string])[] = [
  [
    'keys stand in the order of the schema, words in brackets',
    { ports: ['tcp/1', 'tcp/2'], name: 'a', kind: 'Service' },
    'kind: Service\nname: a\nports: [tcp/1, tcp/2]\n',
  ],
  [
    'what YAML would take for something else is in quotes',
    { kind: 'Workload', name: 'a', labels: { on: 'true', version: '1.10', none: '', note: 'no: text' } },
    'kind: Workload\nname: a\nlabels:\n  on: "true"\n  version: "1.10"\n  none: ""\n  note: "no: text"\n',
  ],
  [
    'a rule that fits stands on a line',
    { kind: 'Ruleset', name: 'r', rules: [{ name: 'a', allow: ['all'], from: { any: true }, to: 'app=a' }] },
    'kind: Ruleset\nname: r\nrules:\n  - {name: a, allow: [all], from: {any: true}, to: app=a}\n',
  ],
];
for (const [title, document, text] of cases) test(title, () => assert.equal(documentsText([document]), text));
