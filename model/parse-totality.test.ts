import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatProblem } from './format-problem.ts';
import { loadDocuments } from './load.ts';
import { documentKinds } from './parse.ts';
import { hasErrors } from './problem.ts';

/** The parser is total: any text gives documents and problems, and every problem is somewhere in the text. */
const good = readFileSync(new URL('testdata/good.yaml', import.meta.url), 'utf8');

function check(text: string): void {
  const { documents, problems, broken } = loadDocuments([{ file: 'f', text }]);
  const lines = text.split('\n');
  for (const { place, code } of problems) {
    assert(place !== null, code);
    const line = lines[place.line - 1];
    assert(line !== undefined, `${code} is at line ${place.line} of ${lines.length}`);
    assert(
      place.column >= 1 && place.column <= line.length + 1,
      `${code} is at column ${place.column} of ${line.length}`,
    );
  }
  for (const problem of problems) assert.doesNotMatch(formatProblem(problem), /undefined|\[object|NaN/);
  assert(broken.length === 0 || hasErrors(problems), 'a document is left out only with a reason');
  for (const { place } of documents) assert(lines[place.line - 1] !== undefined);
}

test('any text', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), check), { numRuns: 300 });
});

const signs = [
  'kind: ',
  'Workload',
  'Ruleset',
  '\n',
  '\n  ',
  '- ',
  '[',
  ']',
  '{',
  '}',
  ': ',
  ',',
  '"',
  "'",
  '|',
  '&a ',
  '*a',
  '!',
  '#',
  '---\n',
  '\t',
  'a',
  '5',
  '%',
  '?',
  '\r',
];

test('any heap of YAML signs', () => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...signs), maxLength: 40 }), check), { numRuns: 600 });
});

const at = fc.nat(good.length);
const edit = fc.record({
  at,
  remove: fc.nat(12),
  insert: fc.string({ unit: fc.constantFrom(...signs), maxLength: 3 }),
});

test('a good file with some edits', () => {
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      let text = good;
      for (const { at: start, remove, insert } of edits)
        text = text.slice(0, start) + insert + text.slice(start + remove);
      check(text);
    }),
    { numRuns: 200 },
  );
});

const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<unknown>(
      ...['', 'role=web', 'tcp/80', '10.0.0.0/8', 'a ~ b', null, true, 5, -1.5, 'web-1 -> a tcp/1'],
      ...['a', 'env=@a', '@a', '10.0.9.9 tcp/80', '/bin/x', 'x.service', '*.example', '8h', '2027-01-01', 'preserved'],
    ),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom(
        'name',
        'selector',
        'ipList',
        'prefix',
        'any',
        'scope',
        'group',
        'tiers',
        'from',
        'to',
        'services',
        'process',
        'user',
        'name',
        'virtualService',
        'snat',
        'tcp/80',
        'ports',
        'service',
        'address',
        '__proto__',
      ),
      tie('value'),
      { maxKeys: 3 },
    ),
  ),
})).value;

const keys = [
  'name',
  'labels',
  'addresses',
  'ports',
  'enforcer',
  'host',
  'tier',
  'state',
  'scopes',
  'each',
  'rules',
  'prefixes',
  'except',
  'names',
  'values',
  'locked',
  'selector',
  'inbound',
  'order',
  'allow',
  'deny',
  'controllers',
  'dns',
  'process',
  'application',
  'key',
  'groups',
  'members',
  'frontends',
  'source',
  'keys',
  'apply',
  'never',
  'user',
  'address',
  'network',
  'from',
  'until',
];
const kinds = [...documentKinds, 'Nothing'];

test('any values in the keys of any kind', () => {
  const document = fc.tuple(fc.constantFrom(...kinds), fc.dictionary(fc.constantFrom(...keys), value));
  fc.assert(
    fc.property(document, ([kind, fields]) => check(JSON.stringify({ kind, ...fields }, null, 1))),
    { numRuns: 600 },
  );
});

test('any values in the keys of a rule', () => {
  const ruleKeys = [
    'name',
    'allow',
    'deny',
    'pass',
    'from',
    'to',
    'except',
    'at',
    'state',
    'expires',
    'owner',
    'reason',
    'process',
    'reverify',
    'accept-wider',
    'aloow',
  ];
  const rules = fc.array(fc.dictionary(fc.constantFrom(...ruleKeys), value), { maxLength: 3 });
  fc.assert(
    fc.property(rules, (list) => check(JSON.stringify({ kind: 'Ruleset', name: 'a', rules: list }, null, 1))),
    { numRuns: 600 },
  );
});

/** Milliseconds: a machine that does something else as well is not a slow parser. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

test('20,000 workloads are read in seconds', () => {
  const one = (i: number): string =>
    `kind: Workload\nname: web-${i}\nlabels: {role: web, app: shop, env: prod}\naddresses: [10.${i >> 16}.${(i >> 8) & 255}.${i & 255}]\n`;
  const text = Array.from({ length: 20_000 }, (_, i) => one(i)).join('---\n');
  const start = processorTime();
  const { documents, problems } = loadDocuments([{ file: 'f', text }]);
  assert.deepEqual([documents.length, problems.length], [20_000, 0]);
  // About two seconds; ten still catch quadratic time.
  assert(processorTime() - start < 10_000);
});

test('label groups in a chain of 20,000 are followed in seconds', () => {
  const one = (i: number): string => `{kind: LabelGroup, name: g${i}, key: env, values: [v${i}], groups: [g${i + 1}]}`;
  const text = [...Array.from({ length: 20_000 }, (_, i) => one(i)), one(0).replace('g0,', 'g20000,')].join('\n---\n');
  const start = processorTime();
  const { problems } = loadDocuments([{ file: 'f', text }]);
  assert.deepEqual(
    problems.map(({ code, place }) => `${place?.line} ${code}`),
    ['40001 cyclic-group'],
  );
  assert(processorTime() - start < 10_000);
});
