import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { bulkhead } from '../testkit.ts';
import { contentHash } from './directory.ts';
import { readPlan } from './plan-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'bulkhead-plan-'));
after(() => rmSync(directory, { recursive: true }));

const files = [{ path: 'a.yaml', text: '# no\n' }];
const content = { files, labels: [{ workload: 'web-1', key: 'role', value: null }] };
const change = { cells: 1, exactCells: '10', addressRectangles: [{}], partly: { pairs: 2 } };
const right = {
  kind: 'bulkhead-plan',
  format: 1,
  made: '2026-01-01T00:00:00.000Z',
  base: { version: null, hash: 'a'.repeat(64) },
  content: { ...content, hash: contentHash(content) },
  changes: { added: ['a.yaml'], changed: [], removed: [], labels: 0 },
  parts: { removed: [{ kind: 'test', name: 't' }], changed: [] },
  effect: { diff: { opened: change } },
};

/** Sealed as anybody could who may write the file. */
function sealed(plan: object): string {
  const file = join(directory, 'plan.json');
  const seal = createHash('sha256').update(JSON.stringify(plan)).digest('hex');
  writeFileSync(file, JSON.stringify({ ...plan, seal }));
  return file;
}

test('a plan with all its parts is read', () => {
  assert.deepEqual(readPlan(sealed(right)), right);
  assert.equal(readPlan(sealed({ ...right, effect: {} })).made, right.made);
});

const cases: readonly (readonly [change: object, part: string])[] = [
  [{ content: undefined }, 'content'],
  [{ content: [] }, 'content'],
  [{ content: { ...right.content, files: null } }, 'content.files'],
  [{ content: { ...right.content, files: [null] } }, 'content.files[0]'],
  [{ content: { ...right.content, files: [...files, { path: 1, text: '' }] } }, 'content.files[1].path'],
  [{ content: { ...right.content, labels: [{ workload: 'a', key: 'b' }] } }, 'content.labels[0].value'],
  [{ content: { ...right.content, hash: 'x' } }, 'content.hash'],
  [{ base: null }, 'base'],
  [{ base: { version: '3', hash: right.base.hash } }, 'base.version'],
  [{ base: { version: 3 } }, 'base.hash'],
  [{ changes: undefined }, 'changes'],
  [{ changes: { ...right.changes, removed: 'a' } }, 'changes.removed'],
  [{ changes: { ...right.changes, labels: -1 } }, 'changes.labels'],
  [{ parts: { ...right.parts, changed: undefined } }, 'parts.changed'],
  [{ parts: { ...right.parts, removed: [{ kind: 'x', name: '' }] } }, 'parts.removed[0].kind'],
  [{ effect: 1 }, 'effect'],
  [{ effect: { diff: null } }, 'effect.diff'],
  [{ effect: { diff: { opened: { ...change, cells: 'many' } } } }, 'effect.diff.opened.cells'],
  [{ effect: { diff: { closed: { ...change, partly: null } } } }, 'effect.diff.closed.partly'],
  [{ effect: { diff: { closed: { ...change, nameRectangles: {} } } } }, 'effect.diff.closed.nameRectangles'],
  [{ made: '2026-01-01T00:00:00Z\u001b[31m' }, 'made'],
  [{ made: undefined }, 'made'],
];

for (const [wrong, part] of cases)
  test(`a sealed plan with ${JSON.stringify(wrong)} is bad at ${part}`, () => {
    const file = sealed({ ...right, ...wrong });
    const message = `Cannot use the plan "${file}": "${part}" is missing or has another form, one that bulkhead policy plan --out wrote is needed`;
    assert.throws(() => readPlan(file), { code: 'bad-plan', message });
  });

const below = (name: string) => join(directory, name);
writeFileSync(below('empty'), '');
writeFileSync(below('large'), '');
truncateSync(below('large'), 300 * 2 ** 20);
execFileSync('mkfifo', [below('pipe')]);

const places: readonly (readonly [what: string, file: string, code: string])[] = [
  ['nothing is there', below('none'), 'no-such-file'],
  ['it lies below a file', below('empty/plan'), 'no-such-file'],
  ['it is a directory', directory, 'not-a-file'],
  ['it is a pipe', below('pipe'), 'not-a-file'],
  ['it is a device without an end', '/dev/zero', 'not-a-file'],
  ['it is too large', below('large'), 'file-too-large'],
];

for (const [what, file, code] of places)
  test(`no plan is read where ${what}`, () => {
    const { code: exit, stderr } = bulkhead(['policy', 'apply', file, '--yes', '--json']);
    const { error } = JSON.parse(stderr);
    assert.deepEqual([exit, error.code], [2, code], stderr);
    assert.match(error.message, /^Cannot use the plan "[^"]+": [^A-Z]+, (one|at most) .*$/);
  });
