import type { Token } from './tokens.ts';

/** A function with a block body, or an expression of several lines; `lines` runs from the line of its name or parameters to that of its last brace. */
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
    const end = start === null ? undefined : tokens[start.end];
    const first = tokens[i];
    if (start === null || first === undefined || end === undefined) continue;
    found.push({ name: start.name, line: first.line, lines: end.line - first.line + 1 });
  }
  return found;
}

type Start = { readonly name: string; readonly end: number };

/**
 * `functionAt` is asked at the name of a function or method, at `function` and `static` where there is none, at the
 * bracket of a computed name, and at the `=>` of an arrow function.
 */
function functionAt(tokens: readonly Token[], closing: ReadonlyMap<number, number>, i: number): Start | null {
  const token = tokens[i];
  if (token?.text === '=>' && token.kind === 'punctuation') {
    const end = tokens[i + 1]?.text === '{' ? closing.get(i + 1) : expressionEnd(tokens, closing, i);
    return end === undefined ? null : { name: arrowName(tokens, i), end };
  }
  const before = tokens[i - 1]?.text ?? ';';
  const isMember = beforeMethod.has(before);
  if (token?.text === '[' && token.kind === 'punctuation' && isMember) {
    const end = closing.get(i);
    return end === undefined ? null : blockOf(tokens, closing, { name: '[computed]', from: end + 1 });
  }
  if (token?.kind !== 'word' || notNames.has(token.text)) return null;
  if (token.text === 'static' && tokens[i + 1]?.text === '{') {
    const end = closing.get(i + 1);
    return end === undefined ? null : { name: 'static', end };
  }
  if (token.text === 'function') {
    return blockOf(tokens, closing, { name: 'function', from: tokens[i + 1]?.text === '*' ? i + 2 : i + 1 });
  }
  return before === 'function' || isMember ? blockOf(tokens, closing, { name: token.text, from: i + 1 }) : null;
}

type Named = { readonly name: string; readonly from: number };

/** The function whose parameters, or type parameters, begin at `from`. */
function blockOf(tokens: readonly Token[], closing: ReadonlyMap<number, number>, { name, from }: Named): Start | null {
  const parameters = skipTypeParameters(tokens, from);
  const last = tokens[parameters]?.text === '(' ? closing.get(parameters) : undefined;
  const body = last === undefined ? null : bodyAfter(tokens, closing, last + 1);
  const end = body === null ? undefined : closing.get(body);
  return end === undefined ? null : { name, end };
}

/** The last token of an arrow's expression; one on a single line is no matter of size. */
function expressionEnd(
  tokens: readonly Token[],
  closing: ReadonlyMap<number, number>,
  arrow: number,
): number | undefined {
  let at = arrow + 1;
  for (; at < tokens.length; at++) {
    const { kind, text } = tokens[at] as Token;
    if (kind !== 'punctuation') continue;
    if (text === ',' || text === ';' || closes.has(text)) break;
    if (opens.has(text)) at = closing.get(at) ?? tokens.length;
  }
  return tokens[at - 1]?.line === tokens[arrow]?.line ? undefined : at - 1;
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
