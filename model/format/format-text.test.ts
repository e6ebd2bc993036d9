import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Random, seededRandom } from '@bulkhead/testkit/random.ts';
import { randomLanguage } from '@bulkhead/testkit/random-language.ts';
import { isCollection, visit, Document as YamlDocument } from 'yaml';
import type { Document } from '../documents.ts';
import { parseDocuments } from '../parse.ts';
import { hasErrors } from '../problem.ts';
import { formatText } from './format-text.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

function format(text: string, said = ''): string {
  const formatted = formatText({ file: 'f', text });
  if (formatted.kind === 'formatted') return formatted.text;
  return assert.fail(`${said} ${formatted.problems.map(({ message }) => message).join('; ')}\n${text}`);
}

/** What the text means, without places, keys in any order. */
function meaning(text: string): unknown {
  const { documents, problems } = parseDocuments([{ file: 'f', text }]);
  assert(!hasErrors(problems), JSON.stringify(problems));
  const replaced = (key: string, value: unknown): unknown =>
    key === 'place' ? undefined : typeof value === 'bigint' ? `${value}` : value;
  return documents.map((document: Document) => JSON.parse(JSON.stringify(document, replaced)));
}

const commentsIn = (text: string): string[] => [...text.matchAll(/#(c\d+)\b/g)].map(([, id = '']) => id).sort();

const folder = '../testdata/format/';
const names = readdirSync(new URL(folder, import.meta.url)).filter((name) => !name.includes('.formatted.'));
for (const name of names)
  test(`${name} is formatted as it is stored`, () => {
    const text = format(read(folder + name));
    const stored = new URL(folder + name.replace('.yaml', '.formatted.yaml'), import.meta.url);
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(stored, text);
    assert(existsSync(stored));
    assert.equal(text, readFileSync(stored, 'utf8'));
    assert.equal(format(text), text);
    assert.deepEqual(meaning(text), meaning(read(folder + name)));
  });

const examples = ['estate', 'modes', 'policy'].flatMap((name) =>
  readdirSync(new URL(`../../examples/${name}/`, import.meta.url)).map((file) => `../../examples/${name}/${file}`),
);
for (const path of [...examples, '../../examples/shop.yaml'])
  test(`${path} is as the formatter writes it`, () => assert.equal(format(read(path)), read(path)));

const refused: readonly (readonly [code: string, text: string])[] = [
  ['yaml-syntax', 'kind: [Ruleset'],
  ['unknown-kind', 'kind: Rulset'],
  ['missing-key', '{kind: Service, name: a}'],
  ['duplicate-key', 'kind: Lab\nkind: Lab'],
  ['duplicate-name', '{kind: IpList, name: a, prefixes: []}\n---\n{kind: IpList, name: a, prefixes: []}'],
  ['wrong-type', 'just text'],
  ['too-deep', `kind: Lab\nx: ${'['.repeat(40)}${']'.repeat(40)}`],
];
for (const [code, text] of refused)
  test(`a broken file is refused with ${code}`, () => {
    const formatted = formatText({ file: 'f', text });
    assert(formatted.kind === 'refused');
    assert.equal(formatted.problems[0]?.code, code);
  });

const service = (name: string): string => `{kind: Service, name: ${name}, ports: tcp/1}\n`;
const marks: readonly (readonly [text: string, expected: string])[] = [
  [`---\n${service('a')}...\n`, service('a')],
  [`%YAML 1.2\n---\n${service('a')}`, service('a')],
  [`${service('a')}...\n%YAML 1.2\n---\n${service('b')}`, `${service('a')}---\n${service('b')}`],
  [`${service('a')}---\n---\n${service('b')}`, `${service('a')}---\n${service('b')}`],
  [`\ufeff${service('a')}`, service('a')],
  [service('a').trimEnd(), service('a')],
  [`${service('a')}---\n${service('b')}`.replaceAll('\n', '\r\n'), `${service('a')}---\n${service('b')}`],
  ['? kind\n: Service\n? name\n: a\n? ports\n: tcp/1', 'kind: Service\nname: a\nports: tcp/1\n'],
  ['{name: !!str a, kind: Service, ports: tcp/1}', '{kind: Service, name: !!str a, ports: tcp/1}\n'],
  [
    'kind: Ruleset\nname: r\nrules: [{name: a, allow: all, from: "", to: ""}]',
    'kind: Ruleset\nname: r\nrules:\n  - {name: a, allow: all, from: "", to: ""}\n',
  ],
];
test('marks between documents, line ends and ways to write a map become one', () => {
  for (const [text, expected] of marks) assert.equal(format(text), expected, JSON.stringify(text));
});

const kept: readonly string[] = ['', '# nothing\n', '\n\n', '---\n', '# a\n---\n# b\n'];
test('what holds no document is left alone', () => {
  for (const text of kept) assert.deepEqual([meaning(format(text)), commentsIn(format(text))], [[], commentsIn(text)]);
});

/** The documents in brackets and in lines as chance will have it, with comments between and behind lines. */
function randomText(random: Random): string {
  let comments = 0;
  const texts = randomLanguage(random).map((written) => {
    const document = new YamlDocument(written, { version: '1.2', schema: 'core', aliasDuplicateObjects: false });
    visit(document, {
      Collection: (_, node) => {
        if (isCollection(node) && random.chance(0.4)) node.flow = true;
      },
    });
    const lines = document
      .toString({ lineWidth: random.chance(0.5) ? 0 : 60 })
      .trimEnd()
      .split('\n');
    return lines.flatMap((line) => {
      const indent = ' '.repeat(line.length - line.trimStart().length);
      const before = random.chance(0.08) ? [`${indent}#c${comments++} said`] : [];
      const space = random.chance(0.05) ? [''] : [];
      return [...space, ...before, random.chance(0.08) ? `${line} #c${comments++}` : line];
    });
  });
  return texts.map((lines) => `${lines.join('\n')}\n`).join(random.chance(0.5) ? '---\n' : '--- #c9999\n');
}

test('property: formatting keeps meaning and comments, and what is formatted stays', () => {
  let [formatted, comments] = [0, 0];
  for (let seed = 1; seed <= 150; seed++) {
    const text = randomText(seededRandom(seed));
    // A comment by chance may stand inside a text of several lines.
    if (hasErrors(parseDocuments([{ file: 'f', text }]).problems)) continue;
    const once = format(text, `seed ${seed}`);
    assert.deepEqual(meaning(once), meaning(text), `seed ${seed}`);
    assert.deepEqual(commentsIn(once), commentsIn(text), `seed ${seed}`);
    assert.equal(format(once), once, `seed ${seed}`);
    formatted++;
    comments += commentsIn(text).length;
  }
  assert(formatted > 50 && comments > 500, `${formatted} texts with ${comments} comments`);
});
