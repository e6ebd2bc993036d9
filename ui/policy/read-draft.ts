import type { Document, Rule, RulesetDocument } from '@bulkhead/model/documents.ts';
import { parseDocuments, policyKinds } from '@bulkhead/model/parse.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import { resolveReferences } from '@bulkhead/model/references.ts';
import type { PolicyFile } from '../api/types.ts';

/** What the text of a draft means as far as that can be told without the estate. */
export type ReadDraft = { readonly documents: readonly Document[]; readonly problems: readonly Problem[] };

export function readDraft(files: readonly PolicyFile[]): ReadDraft {
  const inputs = files.map(({ path, text }) => ({ file: path, text }));
  // As the controller reads a policy: workloads are what enrolled or was imported, never what a file says.
  const { documents, problems, broken } = parseDocuments(inputs, { kinds: policyKinds });
  return { documents, problems: [...problems, ...resolveReferences(documents, broken)] };
}

/** `asked`: the controller's problems with the text that was saved. */
export type KnownProblems = { readonly read: readonly Problem[]; readonly asked: readonly Problem[] };

/** Errors first, then by place; what both say is said once. */
export function mergeProblems({ read, asked }: KnownProblems): readonly Problem[] {
  const byKey = new Map([...asked, ...read].map((problem) => [JSON.stringify([problem.code, problem.place]), problem]));
  return [...byKey.values()].sort(byGravity);
}

function byGravity(a: Problem, b: Problem): number {
  if (a.severity !== b.severity) return a.severity === 'error' ? -1 : 1;
  const [here, there] = [a.place, b.place];
  if (here === null || there === null) return Number(here === null) - Number(there === null);
  if (here.file !== there.file) return here.file < there.file ? -1 : 1;
  return here.line - there.line || here.column - there.column;
}

export type PlacedRule = { readonly rule: Rule; readonly ruleset: RulesetDocument };

/** Rules that the file holds, in the order of its lines; a document with an error in it has none. */
export function rulesOfFile(documents: readonly Document[], path: string): readonly PlacedRule[] {
  return documents.flatMap((document) =>
    document.kind === 'Ruleset' && document.place.file === path
      ? document.rules.map((rule) => ({ rule, ruleset: document }))
      : [],
  );
}

/** Why the file shows no rule. */
export function noRulesText(documents: readonly Document[], path: string): string {
  const kinds = new Set(documents.filter(({ place }) => place.file === path).map(({ kind }) => kind));
  if (kinds.size === 0) return 'No document of this file can be read: it has none, or each has an error.';
  return `No rules in this file: it holds ${[...kinds].sort().join(', ')}.`;
}

/** Position among the rules of the one that the line belongs to; null: the line is of another document. */
export function ruleAtLine(
  { documents, path }: { readonly documents: readonly Document[]; readonly path: string },
  line: number,
): number | null {
  const starts = documents.flatMap(({ place }) => (place.file === path && place.line <= line ? [place.line] : []));
  const document = Math.max(0, ...starts);
  const index = rulesOfFile(documents, path).findLastIndex(({ rule }) => rule.place.line <= line);
  const found = rulesOfFile(documents, path)[index];
  return found !== undefined && found.ruleset.place.line === document ? index : null;
}
