import { type Document, isCollection, isMap, isScalar, isSeq, type Node, parseAllDocuments } from 'yaml';
import { problemOf } from '../finding.ts';
import { type DocumentKind, documentKinds, type InputFile, parseDocuments } from '../parse.ts';
import { hasErrors, type Problem } from '../problem.ts';
import { documentSchemas } from '../schema/document-schemas.ts';
import { orderKeys } from './key-order.ts';
import { layOut, textOptions } from './layout.ts';
import { sameMeaning } from './same-meaning.ts';

export type Formatted =
  | { readonly kind: 'formatted'; readonly text: string }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] };

/**
 * The one way to write these documents: keys in the order of the schemas, short rules on a line each, comments kept. A
 * file with an error in it is refused as it is, and so is one whose text cannot be kept: codes of `parseDocuments`,
 * `cannot-format`.
 */
export function formatText(file: InputFile): Formatted {
  const problems = parseDocuments([file]).problems;
  if (hasErrors(problems)) return { kind: 'refused', problems };
  const text = settled(file.text);
  if (text !== null && sameMeaning(file.text, text)) return { kind: 'formatted', text };
  return { kind: 'refused', problems: [cannotFormat(file)] };
}

/** A comment may find its place in a second pass; formatting what is formatted changes nothing. Null: it never settles. */
function settled(source: string): string | null {
  let before = formatOnce(source);
  for (let pass = 0; pass < 4 && before !== null; pass++) {
    const after = formatOnce(before);
    if (after === before) return after;
    before = after;
  }
  return null;
}

/** Null: the text is not what was checked. Directives between documents can do that. */
function formatOnce(source: string): string | null {
  const parsed = parseAllDocuments(source, { schema: 'core', version: '1.2', uniqueKeys: false, prettyErrors: false });
  // Nothing but comments and space.
  if ('empty' in parsed) return source;
  if (parsed.some((document) => document.errors.length > 0)) return null;
  const documents = parsed.filter((document) => !isNothing(document));
  if (documents.length === 0) return source;
  return documents.map((document) => textOf(document, source)).join('---\n');
}

/** Two marks with nothing between them. */
function isNothing({ contents, comment, commentBefore }: Document.Parsed): boolean {
  const isEmpty = contents === null || (isScalar(contents) && contents.value === null && contents.source === '');
  return isEmpty && !comment && !commentBefore && !contents?.comment && !contents?.commentBefore;
}

function textOf(document: Document.Parsed, source: string): string {
  // The marks between documents are written by us, and the version of YAML is the one that is read.
  if (document.directives !== undefined) {
    document.directives.docStart = null;
    document.directives.docEnd = false;
    document.directives.yaml.explicit = false;
  }
  const { contents } = document;
  settleHead(document, source);
  const kind = kindOf(contents);
  if (kind !== null && !hasAnchors(contents)) {
    orderKeys(contents, documentSchemas[kind]);
    const rules = new Set<unknown>(kind === 'Ruleset' ? rulesOf(contents) : []);
    layOut(contents, { indent: 0, column: 0 }, (item) => rules.has(item));
  }
  const text = document.toString(textOptions);
  return text.endsWith('\n') ? text : `${text}\n`;
}

/** What stands above a document stays above it, with an empty line behind it where the author has one. */
function settleHead(document: Document.Parsed, source: string): void {
  const { contents } = document;
  if (contents === null) return;
  const apart = /\n[ \t\r]*\n[ \t]*$/.test(source.slice(0, contents.range[0]));
  const moved = apart ? [] : [document.commentBefore];
  if (!apart) document.commentBefore = null;
  const key = isMap(contents) ? contents.items[0]?.key : undefined;
  if (contents !== null && isScalar(key) && isCollection(contents) && contents.flow !== true) {
    moved.push(key.commentBefore ?? null);
    key.commentBefore = null;
    key.spaceBefore = false;
  }
  const node: Node = contents;
  node.spaceBefore = false;
  const lines = [...moved, node.commentBefore].filter((text) => typeof text === 'string' && text !== '');
  node.commentBefore = lines.length === 0 ? null : lines.join('\n');
}

/** Null for a document of a kind that is not ours: it keeps its order. */
function kindOf(contents: unknown): DocumentKind | null {
  const kind = isMap(contents) ? contents.get('kind') : undefined;
  return documentKinds.find((known) => known === kind) ?? null;
}

function rulesOf(contents: unknown): readonly unknown[] {
  const rules = isMap(contents) ? contents.get('rules') : undefined;
  return isSeq(rules) ? rules.items : [];
}

/** An alias stands after its anchor, so neither may move. */
function hasAnchors(node: unknown): boolean {
  if (isMap(node))
    return node.anchor !== undefined || node.items.some(({ key, value }) => hasAnchors(key) || hasAnchors(value));
  if (isSeq(node)) return node.anchor !== undefined || node.items.some(hasAnchors);
  return isScalar(node) ? node.anchor !== undefined : node !== null && node !== undefined;
}

function cannotFormat({ file }: InputFile): Problem {
  const so = 'its comments or marks would not all keep what they say';
  const needed = 'simpler ones are needed';
  const place = { file, line: 1, column: 1 };
  return problemOf({ code: 'cannot-format', cannot: 'format the file', value: file, so, needed }, place);
}
