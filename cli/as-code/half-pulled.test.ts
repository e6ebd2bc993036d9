import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Answers, FakeController } from '../online/testkit.ts';
import { contentHash } from './directory.ts';

type Texts = Readonly<Record<string, string>>;

/** Bytes of a path that Linux takes (PATH_MAX, without the end). */
const pathLimit = 4095;
const stop = `${'x'.repeat(200)}.yaml`;
const first: Texts = { 'a.yaml': '# 1\n', 'b.yaml': '# 1\n', 'gone.yaml': '# 1\n' };
const stopped: Texts = { 'a.yaml': '# 2\n', 'new/c.yaml': '# 2\n', [stop]: '# 2\n', 'b.yaml': '# 2\n' };
const again: Texts = { 'a.yaml': '# 3\n', 'new/c.yaml': '# 3\n', [stop]: '# 3\n', 'b.yaml': '# 3\n' };
const last: Texts = { 'a.yaml': '# 4\n', 'b.yaml': '# 4\n' };

function inForce(number: number, texts: Texts): Answers {
  const content = { files: Object.entries(texts).map(([path, text]) => ({ path, text })), labels: [] };
  const body = { number, hash: contentHash(content), ...content };
  return { 'GET /status': { body: { version: body } }, [`GET /versions/${number}`]: { body } };
}

type Case = {
  readonly what: string;
  readonly pulls: readonly Texts[];
  /** What is done in the directory before the last pull. */
  readonly change?: Texts;
  readonly lost?: readonly string[];
};

const cases: readonly Case[] = [
  { what: 'a pull into nothing ended half-way', pulls: [stopped] },
  { what: 'a pull ended half-way', pulls: [first, stopped] },
  { what: 'two pulls ended half-way', pulls: [first, stopped, again] },
  { what: 'a file is new by then', pulls: [first, stopped], change: { 'a.yaml': 'mine' }, lost: ['a.yaml'] },
  { what: 'a file is old by then', pulls: [first, stopped], change: { 'b.yaml': 'mine' }, lost: ['b.yaml'] },
  { what: 'a file that came was changed', pulls: [stopped], change: { 'new/c.yaml': 'mine' }, lost: ['new/c.yaml'] },
  { what: 'a file that went is back', pulls: [first, stopped], change: { 'gone.yaml': 'mine' }, lost: ['gone.yaml'] },
];

for (const { what, pulls, change = {}, lost = [] } of cases)
  test(`the next pull ${lost.length === 0 ? 'goes on' : `would lose ${lost}`} when ${what}`, async (context) => {
    const made = mkdtempSync(join(tmpdir(), 'bulkhead-half-'));
    context.after(() => rmSync(made, { recursive: true }));
    const directory = deepIn(made);
    const pull = (number: number, texts: Texts) =>
      new FakeController(inForce(number, texts)).run(['policy', 'pull', directory]);
    for (const [index, texts] of pulls.entries()) {
      const ran = await pull(index + 1, texts);
      assert.equal(ran.code, stop in texts ? 3 : 0, ran.stderr);
    }
    const planned = await new FakeController({}).run(['policy', 'plan', directory, '--json']);
    assert.deepEqual([planned.code, JSON.parse(planned.stderr).error.code], [2, 'half-pulled'], planned.stderr);
    for (const [path, text] of Object.entries(change)) writeFileSync(join(directory, path), text);
    const ran = await pull(9, last);
    assert.equal(ran.code, lost.length === 0 ? 0 : 2, ran.stderr);
    for (const path of lost)
      assert.match(ran.stderr, new RegExp(`: ${lost.length} file changed here [^]*\n  ${path}\n`));
    if (lost.length > 0) return;
    for (const [path, text] of Object.entries(last)) assert.equal(readFileSync(join(directory, path), 'utf8'), text);
    assert.deepEqual(
      ['gone.yaml', 'new/c.yaml'].map((path) => existsSync(join(directory, path))),
      [false, false],
    );
    assert.equal(JSON.parse(readFileSync(join(directory, '.bulkhead.json'), 'utf8')).pending, undefined);
  });

/** So deep that `stop` has a path there that can be looked for, and none beside it that could be written first. */
function deepIn(folder: string): string {
  const left = pathLimit - Buffer.byteLength(join(folder, stop));
  const steps = Array.from({ length: Math.floor(left / 200) }, () => 'd'.repeat(199));
  const deep = join(folder, ...steps, 'd'.repeat((left % 200) - 1));
  mkdirSync(deep, { recursive: true });
  return deep;
}
