import { Lexer } from 'yaml';
import type { Random } from '../random.ts';

/** Changes of a text that may or may not break it. */
const strange = ['\0', '\t', '\r', '\u2028', '\ufeff', '\ud800', '\u202e', 'é', '💥', '\x7f', '\x1f'];
const signs = [
  '---\n',
  '...\n',
  '%YAML 1.1\n---\n',
  '...\n%YAML 1.2\n---\n',
  '%TAG ! tag:x,2000:\n---\n',
  '- ',
  ': ',
  '? ',
  '{',
  '}',
  '[',
  ']',
  ',',
  '"',
  "'",
  '|\n',
  '>\n',
  '&a ',
  '*a',
  '!!str ',
  '!',
  '#',
  '%',
  '@',
  '`',
  '\n',
  '  ',
  '<<: ',
];
const words = [
  'kind',
  'null',
  '~',
  'true',
  '0x1F',
  '1e999',
  '-1',
  '99999999999999999999',
  '__proto__',
  'constructor',
  'toString',
  'tcp/443',
  'all',
  '""',
  '10.0.0.0/8',
  '@nonprod',
];

/** One to five characters, or a stretch of them, put in, taken out, said again or put elsewhere. */
export function mutateBytes(random: Random, text: string): string {
  let changed = text;
  for (let count = random.chance(0.6) ? 1 : 2 + random.below(4); count > 0; count--)
    changed = mutateStretch(random, changed);
  return changed;
}

function mutateStretch(random: Random, text: string): string {
  const start = random.below(text.length + 1);
  const end = Math.min(text.length, start + (random.chance(0.8) ? 1 : random.below(200)));
  const [head, stretch, tail] = [text.slice(0, start), text.slice(start, end), text.slice(end)];
  switch (random.below(6)) {
    case 0:
      return head + tail;
    case 1:
      return head + stretch + stretch + tail;
    case 2:
      return head + random.pick(strange) + tail;
    case 3:
      return head + random.pick(signs) + stretch + tail;
    case 4:
      return head + String.fromCharCode(random.below(65_536)) + tail;
    default: {
      const elsewhere = random.below(tail.length + 1);
      return head + tail.slice(0, elsewhere) + stretch + tail.slice(elsewhere);
    }
  }
}

/** What the lexer says of itself. */
const lexerMarks: ReadonlySet<string> = new Set(['\x02', '\x18', '\x1f']);

/** Words and signs of YAML taken out, said again, exchanged, or replaced by others. */
export function mutateTokens(random: Random, text: string): string {
  const tokens = [...new Lexer().lex(text)].filter((token) => !lexerMarks.has(token));
  for (let count = random.chance(0.6) ? 1 : 2 + random.below(3); count > 0; count--) {
    const [at, other] = [random.below(tokens.length), random.below(tokens.length)];
    const [here, there] = [tokens[at] ?? '', tokens[other] ?? ''];
    const choices = [[], [here, here], [there], [random.pick(words)], [random.pick(signs), here], [`${here}${here}`]];
    tokens.splice(at, 1, ...random.pick(choices));
    if (random.chance(0.2)) tokens.splice(other, 1, here);
  }
  return tokens.join('');
}
