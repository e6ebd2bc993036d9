import type { Problem } from '@bulkhead/model/problem.ts';
import type { Diagnostic } from '@codemirror/lint';
import type { Text } from '@codemirror/state';

/** Problems of one file as the editor marks them; a place that the text no longer has is the nearest there is. */
export function marksOf(problems: readonly Problem[], path: string, text: Text): readonly Diagnostic[] {
  return problems.flatMap(({ severity, code, message, hint, place }) => {
    if (place === null || place.file !== path) return [];
    const from = offsetOf(text, place);
    const said = hint === null ? message : `${message}\n${hint}`;
    return [{ from, to: wordEnd(text, from), severity, source: code, message: said }];
  });
}

export function offsetOf(text: Text, { line, column }: { readonly line: number; readonly column: number }): number {
  const found = text.line(Math.min(Math.max(line, 1), text.lines));
  return Math.min(found.from + Math.max(column, 1) - 1, found.to);
}

function wordEnd(text: Text, from: number): number {
  const line = text.lineAt(from);
  const word = /^[^\s,\]}]+/.exec(line.text.slice(from - line.from))?.[0].length ?? 1;
  return Math.min(from + word, line.to);
}
