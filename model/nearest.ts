/** The candidate that a typing mistake of at most two edits would turn into `text`; null when none is that near. */
export function nearest(text: string, candidates: Iterable<string>): string | null {
  let best: string | null = null;
  let least = text.length <= 3 ? 2 : 3;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - text.length) >= least) continue;
    const distance = edits(text.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** `did you mean "x"?` for the nearest candidate, else the candidates themselves while they fit a line. */
export function suggest(text: string, candidates: readonly string[]): string | undefined {
  const near = nearest(text, candidates);
  if (near !== null) return `did you mean "${near}"?`;
  return candidates.length === 0 ? undefined : `known are ${listed(candidates)}`;
}

const listLimit = 20;

export function listed(names: readonly string[]): string {
  const rest = names.length - listLimit;
  return names.slice(0, listLimit).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

/** Damerau-Levenshtein distance, adjacent transpositions counted once. */
function edits(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      next.push(cost);
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? 0;
}
