import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Command, Option } from 'commander';
import { parseDocument } from 'yaml';
import type { Session } from './command.ts';
import { buildProgram } from './program.ts';

const docs = join(import.meta.dirname, '../docs');
const program = buildProgram({} as Session);
/** Programs of their own, which another parser reads. */
const elsewhere = ['up', 'agent', 'lab', 'demo'];

/** Every text that a file of YAML holds, however deep. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}

/** The words behind each `bulkhead` that a shell would run; a `\` joins lines, and what is redirected is no word. */
function commandsIn(script: string): readonly (readonly string[])[] {
  return script
    .replaceAll(/\\\n\s*/g, ' ')
    .split(/\n|&&|\|\|?|;/)
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => /^(sudo )?(\.\/)?bulkhead\s/.test(line))
    .map((line) => line.replace(/\s+[<>].*$/, '').match(/"[^"]*"|'[^']*'|\S+/g) ?? [])
    .map((words) => words.slice(words[0] === 'sudo' ? 2 : 1));
}

/** What is wrong with a command line as the program would read it; null: nothing. */
function wrongIn(words: readonly string[]): string | null {
  let command: Command = program;
  const rest = [...words];
  while (command.commands.length > 0) {
    const name = rest.shift() ?? '';
    const next = command.commands.find((one) => one.name() === name);
    if (next === undefined) {
      if (command.registeredArguments.length === 0) return `there is no command "${name}"`;
      rest.unshift(name);
      break;
    }
    command = next;
  }
  const given: string[] = [];
  while (rest.length > 0) {
    const word = rest.shift() ?? '';
    if (!word.startsWith('--')) {
      given.push(word);
      continue;
    }
    const option = command.options.find(({ long }: Option) => long === word.split('=')[0]);
    if (option === undefined) return `${command.name()} has no option "${word}"`;
    if (option.required && !word.includes('=') && rest.shift() === undefined) return `${word} has no value`;
  }
  const needed = command.registeredArguments.filter(({ required }) => required).length;
  const most = command.registeredArguments.some(({ variadic }) => variadic)
    ? Number.POSITIVE_INFINITY
    : command.registeredArguments.length;
  if (given.length < needed || given.length > most) return `${command.name()} takes no ${given.length} arguments`;
  return null;
}

test('the walk finds what is wrong', () => {
  const cases: readonly (readonly [line: string, right: boolean])[] = [
    ['bulkhead policy plan policy --out plan.json', true],
    ['bulkhead policy plan policy --markdown > plan.md || code=$?', true],
    ['bulkhead policy fmt --check a b c', true],
    ['bulkhead policy plan', false],
    ['bulkhead policy plan a b', false],
    ['bulkhead policy plans policy', false],
    ['bulkhead policy plan policy --mardown', false],
    ['bulkhead policy plan policy --out', false],
    ['bulkhead isolate web-1 --yes', true],
    ['bulkhead isolate list --all', true],
    ['bulkhead isolate list --yes', false],
    ['bulkhead frobnicate', false],
  ];
  for (const [line, right] of cases) {
    const [words] = commandsIn(line);
    assert.equal(wrongIn(words ?? assert.fail(line)) === null, right, line);
  }
});

for (const name of readdirSync(join(docs, 'ci')))
  test(`docs/ci/${name} is YAML, and every command in it is one of ours`, () => {
    const document = parseDocument(readFileSync(join(docs, 'ci', name), 'utf8'));
    assert.deepEqual([document.errors, document.warnings], [[], []]);
    const commands = textsIn(document.toJS()).flatMap(commandsIn);
    assert.ok(commands.length >= 4, `${commands.length} commands`);
    for (const words of commands) assert.equal(wrongIn(words), null, words.join(' '));
    for (const wanted of ['fmt', 'plan', 'apply'])
      assert.ok(
        commands.some((words) => words[1] === wanted),
        wanted,
      );
    assert.ok(
      commands.every((words) => !words.some((word) => word.includes('TOKEN'))),
      'a secret is no argument',
    );
  });

const pages = ['docs/git-workflow.md', 'README.md'];
for (const page of pages)
  test(`every command in ${page} is one of ours`, () => {
    const commands = commandsIn(readFileSync(join(docs, '..', page), 'utf8')).filter(
      (words) => !elsewhere.includes(words[0] ?? ''),
    );
    assert.ok(commands.length >= 10, `${commands.length} commands`);
    for (const words of commands) assert.equal(wrongIn(words), null, words.join(' '));
  });
