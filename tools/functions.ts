import type { Token } from './tokens.ts';

/** A function with a block body; `lines` runs from the line of its name or parameters to that of its last brace. */
export type FunctionSize = { readonly name: string; readonly line: number; readonly lines: number };

const notNames = new Set('if for while switch catch with return await'.split(' '));
const beforeMethod = new Set('{ } ; , async static private protected public override get set *'.split(' '));
const opens = new Set(['(', '[', '{']);
const closes = new Set([')', ']', '}']);

export function findFunctions(tokens: readonly Token[]): readonly FunctionSize[] {
  const closing = matchBrackets(tokens);
  const found: FunctionSize[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const start = functionAt(tokens, closing, i);
    const end = start === null ? undefined : tokens[closing.get(start.body) ?? -1];
    const first = tokens[i];
    if (start === null || first === undefined || end === undefined) continue;
    found.push({ name: start.name, line: first.line, lines: end.line - first.line + 1 });
  }
  return found;
}

type Start = { readonly name: string; readonly body: number };

/** `functionAt` is asked at the name of a function or method and at the `=>` of an arrow function. */
function functionAt(tokens: readonly Token[], closing: ReadonlyMap<number, number>, i: number): Start | null {
  const token = tokens[i];
  if (token?.text === '=>' && token.kind === 'punctuation') {
    return tokens[i + 1]?.text === '{' ? { name: arrowName(tokens, i), body: i + 1 } : null;
  }
  if (token?.kind !== 'word' || notNames.has(token.text)) return null;
  const before = tokens[i - 1]?.text ?? ';';
  if (before !== 'function' && !beforeMethod.has(before)) return null;
  const parameters = skipTypeParameters(tokens, i + 1);
  const last = tokens[parameters]?.text === '(' ? closing.get(parameters) : undefined;
  const body = last === undefined ? null : bodyAfter(tokens, closing, last + 1);
  return body === null ? null : { name: token.text, body };
}

/** Past `<...>` when it is there. */
function skipTypeParameters(tokens: readonly Token[], i: number): number {
  if (tokens[i]?.text !== '<') return i;
  let depth = 0;
  for (let at = i; at < tokens.length; at++) {
    if (tokens[at]?.text === '<') depth++;
    if (tokens[at]?.text === '>') depth--;
    if (depth === 0) return at + 1;
  }
  return i;
}

/** A brace after one of these belongs to the return type, not to the body. */
const beforeTypeBrace = new Set([...':|&<,([', '=>', 'readonly', 'is', 'keyof', 'extends']);

/** The body's opening brace, past a return type when there is one; null where this is a call or a declaration. */
function bodyAfter(tokens: readonly Token[], closing: ReadonlyMap<number, number>, from: number): number | null {
  if (tokens[from]?.text === '{') return from;
  if (tokens[from]?.text !== ':') return null;
  for (let at = from + 1; at < tokens.length; at++) {
    const text = tokens[at]?.text ?? '';
    if (tokens[at]?.kind !== 'punctuation') continue;
    if (text === '{' && !beforeTypeBrace.has(tokens[at - 1]?.text ?? '')) return at;
    if (text === ';' || text === '=' || closes.has(text)) return null;
    if (opens.has(text)) at = closing.get(at) ?? tokens.length;
  }
  return null;
}

/** `const name = (...) =>` or `name: (...) =>`, looked for on the arrow's own line; `arrow` otherwise. */
function arrowName(tokens: readonly Token[], arrow: number): string {
  for (let at = arrow; at > 0 && tokens[at]?.line === tokens[arrow]?.line; at--) {
    const isName = tokens[at - 1]?.kind === 'word' && (tokens[at]?.text === '=' || tokens[at]?.text === ':');
    if (isName && tokens[at - 2]?.text !== '(' && tokens[at - 2]?.text !== ',') return tokens[at - 1]?.text ?? 'arrow';
  }
  return 'arrow';
}

/** Index of every opening bracket to the index of its closing one. */
function matchBrackets(tokens: readonly Token[]): ReadonlyMap<number, number> {
  const closing = new Map<number, number>();
  const open: number[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== 'punctuation') continue;
    if (opens.has(token.text)) open.push(index);
    if (!closes.has(token.text)) continue;
    const start = open.pop();
    if (start !== undefined) closing.set(start, index);
  }
  return closing;
}
