import { oneLine } from '../plain-text.ts';

/** Rows of a table in a comment; hosts of code cut a comment that is too long, and nobody reads it. */
export const mostRows = 20;
/** Characters of one cell. */
const mostText = 300;

/**
 * A name of elsewhere, so that it is nothing but text: no markup, no link, nobody's mention and no column of a table.
 * In a code span only its own mark ends it; what could not stand there is written in numbers.
 */
export function code(text: string): string {
  const line = clipped(oneLine(text));
  if (/^[^`|\\\s](?:[^`|\\]*[^`|\\\s])?$/.test(line)) return `\`${line}\``;
  return `<code>${entities(line)}</code>`;
}

/** Words that are in part of elsewhere, such as a message that quotes a name. */
export const words = (text: string): string => entities(clipped(oneLine(text)));

/** A character reference never stands for structure (CommonMark, "Entity and numeric character references"). */
const entities = (text: string): string =>
  text.replace(/[^\p{L}\p{N} ,;()"'-]/gu, (character) => `&#${character.codePointAt(0)};`);

const clipped = (text: string): string => {
  const characters = [...text];
  return characters.length <= mostText ? text : `${characters.slice(0, mostText).join('')}...`;
};

/** Columns whose header ends in `:` are numbers. Cells are Markdown already. Empty without rows. */
export function markdownTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  more: { readonly omitted?: number } = {},
): readonly string[] {
  if (rows.length === 0) return [];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rest = Math.max(rows.length - mostRows, 0) + (more.omitted ?? 0);
  return [
    line(header.map((name) => name.replace(/:$/, ''))),
    line(header.map((name) => (name.endsWith(':') ? '---:' : '---'))),
    ...rows.slice(0, mostRows).map(line),
    ...(rest > 0 ? ['', `and ${rest} more`] : []),
  ];
}

/** Nothing where there is nothing to tell. */
export const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : ['', `#### ${title}`, '', ...lines];
