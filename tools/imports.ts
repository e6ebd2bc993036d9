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
  if (token?.kind !== 'word' || tokens[i - 1]?.text === '.') return null;
  if (token.text === 'from' || token.text === 'import') {
    // `from 'x'` and `import 'x'`; a property or variable of these names is not followed by a string.
    const direct = tokens[i + 1];
    if (direct?.kind === 'string') return direct;
  }
  if (token.text !== 'import' && token.text !== 'require') return null;
  const argument = tokens[i + 2];
  if (tokens[i + 1]?.text !== '(' || argument === undefined) return null;
  if (argument.kind === 'string') return argument;
  // A computed specifier could be anything: it is reported as written and no table allows it.
  return argument.text === ')' ? null : { ...argument, text: `(computed: ${argument.text})` };
}
