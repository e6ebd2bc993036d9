import type { Problem } from './problem.ts';

/** In the order of the files, then of lines and columns; what has no place comes last, equals stay as they were. */
export function sortProblems(
  problems: readonly Problem[],
  files: readonly { readonly file: string }[],
): readonly Problem[] {
  const order = new Map(files.map(({ file }, index) => [file, index]));
  const rank = ({ place }: Problem): readonly [number, number, number] =>
    place === null ? [order.size, 0, 0] : [order.get(place.file) ?? order.size, place.line, place.column];
  return problems
    .map((problem) => ({ problem, rank: rank(problem) }))
    .sort((a, b) => a.rank[0] - b.rank[0] || a.rank[1] - b.rank[1] || a.rank[2] - b.rank[2])
    .map(({ problem }) => problem);
}
