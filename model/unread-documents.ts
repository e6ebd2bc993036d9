import { type DocumentKind, type InputFile, parseDocuments } from './parse.ts';
import type { Problem } from './problem.ts';

type Why = { readonly so: string; readonly needed: string };

/** A warning for documents of kinds that whoever reads the files passes over, at the first of them; broken ones count. */
export function unreadDocuments(
  files: readonly InputFile[],
  kinds: readonly DocumentKind[],
  { so, needed }: Why,
): Problem[] {
  // Most files have none, and are not read a second time for it.
  const named = files.filter(({ text }) => kinds.some((kind) => text.includes(kind)));
  const { documents, broken } = parseDocuments(named, { kinds });
  const [first] = documents;
  const kind = first?.kind ?? broken[0]?.kind;
  if (kind === undefined) return [];
  const message = `Cannot use ${documents.length + broken.length} documents such as this ${kind} here: ${so}, ${needed}`;
  return [{ severity: 'warning', code: 'not-read', message, place: first?.place ?? null, hint: null }];
}
