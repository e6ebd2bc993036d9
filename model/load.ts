import { type InputFile, type Parsed, type ParseOptions, parseDocuments } from './parse.ts';
import { resolveReferences } from './references.ts';

/** Parses the files and checks what the documents say about each other: every problem of an input in one list. */
export function loadDocuments(files: readonly InputFile[], options: ParseOptions = {}): Parsed {
  const parsed = parseDocuments(files, options);
  return { ...parsed, problems: [...parsed.problems, ...resolveReferences(parsed.documents, parsed.broken)] };
}
