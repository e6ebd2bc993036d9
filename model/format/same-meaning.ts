import { Lexer } from 'yaml';
import { readLimits } from '../read/limits.ts';
import { ProblemList, startReading } from '../read/reading.ts';
import type { Tree } from '../read/tree.ts';
import { readTrees } from '../read/yaml-trees.ts';

/** Whether two texts say the same, whatever the order of keys, and have the same comments. */
export function sameMeaning(before: string, after: string): boolean {
  const [here, there] = [treesOf(before), treesOf(after)];
  if (here === null || there === null || here.length !== there.length) return false;
  if (!here.every((tree, index) => sameTree(tree, there[index]))) return false;
  const [these, those] = [commentsOf(before), commentsOf(after)];
  return these.length === those.length && these.every((text, index) => text === those[index]);
}

/** Null where something in it cannot be read. */
function treesOf(text: string): readonly Tree[] | null {
  const problems = new ProblemList();
  const reading = startReading({ file: '', text }, problems, {
    budget: { rules: readLimits.rules },
    limits: readLimits,
  });
  const trees = [...readTrees(reading)];
  return problems.errors === 0 ? trees : null;
}

function sameTree(a: Tree, b: Tree | undefined): boolean {
  if (b === undefined || a.kind !== b.kind) return false;
  if (a.kind === 'list')
    return (
      b.kind === 'list' && a.items.length === b.items.length && a.items.every((item, i) => sameTree(item, b.items[i]))
    );
  if (a.kind === 'map') {
    if (b.kind !== 'map' || a.entries.size !== b.entries.size) return false;
    return [...a.entries].every(([key, { value }]) => sameTree(value, b.entries.get(key)?.value));
  }
  return a.kind === 'null' || ('value' in b && a.value === b.value);
}

/** Sorted: a comment moves with what it speaks of. */
function commentsOf(text: string): readonly string[] {
  const comments: string[] = [];
  let before = '';
  for (const lexeme of new Lexer().lex(text)) {
    // The lexer says so before every scalar, and a block scalar may begin with the same sign.
    if (lexeme.startsWith('#') && before !== '\x1f') comments.push(lexeme.slice(1).trim());
    before = lexeme;
  }
  return comments.filter((comment) => comment !== '').sort();
}
