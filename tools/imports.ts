import type { Token } from './tokens.ts';

/** One module specifier as written, whether imported, re-exported, required, or only named in a type. */
export type Import = { readonly specifier: string; readonly line: number };

/** Every import of a file, `import type`, dynamic imports and re-exports included. */
export function findImports(tokens: readonly Token[]): readonly Import[] {
  const found: Import[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const specifier = importAt(tokens, i);
    if (specifier !== null) found.push({ specifier: specifier.text, line: specifier.line });
  }
  return found;
}

function importAt(tokens: readonly Token[], i: number): Token | null {
  const token = tokens[i];
  if (token?.text === 'getBuiltinModule') return builtinModule(argumentOf(tokens, i));
  if (isCall(tokens, i, resolving)) return argumentOf(tokens, i + resolving.length - 1);
  if (isCall(tokens, i, requireResolving)) return argumentOf(tokens, i + requireResolving.length - 1);
  if (isCall(tokens, i, ['URL'])) return besideThisFile(tokens, i);
  if (token?.kind !== 'word' || tokens[i - 1]?.text === '.') return null;
  if (token.text === 'from' || token.text === 'import') {
    // `from 'x'` and `import 'x'`; a property or variable of these names is not followed by a string.
    const direct = tokens[i + 1];
    if (direct?.kind === 'string') return direct;
  }
  if (token.text !== 'import' && token.text !== 'require') return null;
  return argumentOf(tokens, i);
}

const resolving = ['import', '.', 'meta', '.', 'resolve'];
const requireResolving = ['require', '.', 'resolve'];

/** These tokens from `i` on, and a bracket that opens behind them. */
const isCall = (tokens: readonly Token[], i: number, texts: readonly string[]): boolean =>
  tokens[i]?.kind === 'word' && [...texts, '('].every((text, at) => tokens[i + at]?.text === text);

/** What is given to the function whose name ends at `i`. */
function argumentOf(tokens: readonly Token[], i: number): Token | null {
  const argument = tokens[i + 2];
  if (tokens[i + 1]?.text !== '(' || argument === undefined) return null;
  if (argument.kind === 'string') return argument;
  // A computed specifier could be anything: it is reported as written and no table allows it.
  return argument.text === ')' ? null : { ...argument, text: `(computed: ${argument.text})` };
}

/** `getBuiltinModule` takes names without `node:`, too. */
function builtinModule(argument: Token | null): Token | null {
  if (argument?.kind !== 'string' || argument.text.startsWith('node:')) return argument;
  return { ...argument, text: `node:${argument.text}` };
}

/** `new URL('./x.ts', import.meta.url)`: the place of a program, which is not to be had from another room either. */
function besideThisFile(tokens: readonly Token[], i: number): Token | null {
  const place = tokens.slice(i + 3, i + 9).map(({ text }) => text);
  const argument = tokens[i + 2];
  const isCode = argument?.kind === 'string' && /^\..*\.[cm]?[jt]sx?$/.test(argument.text);
  return isCode && place.join('') === ',import.meta.url' ? argument : null;
}
