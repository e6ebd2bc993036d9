/**
 * `word` is a key, a value, `in` or `notin`: which of them depends on where it stands. `group` is `@` and the name of a
 * LabelGroup. `other` is never right.
 */
export type Token = {
  readonly kind: 'word' | 'group' | '=' | '==' | '!=' | '!' | '(' | ')' | ',' | 'other' | 'end';
  readonly text: string;
  readonly start: number;
  readonly end: number;
};

const spaces = /\s*/y;
const symbol = /==|!=|[=!(),]/y;
const word = /[A-Za-z0-9_./:-]+/y;
const group = /@[A-Za-z0-9_./-]+/y;
// Everything up to what could be right again, so that a message shows the whole of it.
const other = /[^\sA-Za-z0-9_./:=!(),-]+/y;

export function nextToken(text: string, from: number): Token {
  const start = from + match(spaces, text, from).length;
  if (start >= text.length) return { kind: 'end', text: '', start, end: start };
  const sign = match(symbol, text, start);
  if (sign !== '') return { kind: sign as Token['kind'], text: sign, start, end: start + sign.length };
  const found = match(word, text, start);
  if (found !== '') return { kind: 'word', text: found, start, end: start + found.length };
  const named = match(group, text, start);
  if (named !== '') return { kind: 'group', text: named, start, end: start + named.length };
  const strange = match(other, text, start);
  return { kind: 'other', text: strange, start, end: start + strange.length };
}

function match(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}
