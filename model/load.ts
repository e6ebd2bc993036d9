import { type InputFile, type Parsed, type ParseOptions, parseDocuments } from './parse.ts';
import { resolveReferences } from './references.ts';
import { sortProblems } from './sort-problems.ts';

/** Parses the files and checks what the documents say about each other: every problem of an input in one list. */
export function loadDocuments(files: readonly InputFile[], options: ParseOptions = {}): Parsed {
  const parsed = parseDocuments(files, options);
  const problems = [...parsed.problems, ...resolveReferences(parsed.documents, parsed.broken)];
  return { ...parsed, problems: sortProblems(problems, files) };
}
