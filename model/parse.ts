import type { Document } from './documents.ts';
import type { Problem } from './problem.ts';

export type InputFile = { readonly file: string; readonly text: string };
export type DocumentKind = Document['kind'];

/** `kinds`: documents of other kinds are skipped without being looked into. Absent: all kinds. */
export type ParseOptions = { readonly kinds?: readonly DocumentKind[] };

/** `documents` holds sound documents only: one with an error in it is left out whole, and the error is in `problems`. */
export type Parsed = { readonly documents: readonly Document[]; readonly problems: readonly Problem[] };

export function parseDocuments(_files: readonly InputFile[], _options: ParseOptions = {}): Parsed {
  return { documents: [], problems: [] };
}
