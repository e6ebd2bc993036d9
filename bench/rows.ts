/** First cells of rows name the figure: `| ui: 14 workloads: pan |`. */
const nameOf = (row: string): string => row.split('|')[1]?.trim() ?? '';
const isFigure = (line: string): boolean => /^\| [a-z]+: /.test(line);

/** The text with these rows of figures in it: each in place of the row of its name, the others after the last figure. */
export function withRows(text: string, table: string): string {
  const rows = new Map(
    table
      .split('\n')
      .filter(isFigure)
      .map((row) => [nameOf(row), row]),
  );
  const lines = text.split('\n').map((line) => {
    const row = isFigure(line) ? rows.get(nameOf(line)) : undefined;
    if (row !== undefined) rows.delete(nameOf(line));
    return row ?? line;
  });
  lines.splice(lines.findLastIndex(isFigure) + 1, 0, ...rows.values());
  return lines.join('\n');
}
