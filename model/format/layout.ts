import {
  Document,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type ToStringOptions,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { keyText } from './key-order.ts';

/** Columns of a line; a terminal beside a map still shows them, and most rules fit. */
const width = 140;

/** One line is one line, however long: what is folded is no longer found by searching. */
export const textOptions: ToStringOptions = {
  lineWidth: 0,
  flowCollectionPadding: false,
  indentSeq: true,
  doubleQuotedMinMultiLineLength: Number.MAX_SAFE_INTEGER,
};

/** `indent`: of the lines of a value in block form; `column`: where it begins in flow form. */
type Spot = { readonly indent: number; readonly column: number };
type Collection = YAMLMap | YAMLSeq;

/**
 * Decides what stands on one line. What the author wrote in brackets stays so where it fits a line and has no comment
 * in it; a rule that fits a line is written on one. `isRule`: of the items of lists.
 */
export function layOut(node: unknown, spot: Spot, isRule: (item: unknown) => boolean): void {
  if (!isCollection(node)) return;
  const collection = node as Collection;
  if (onOneLine(collection, spot, isRule)) {
    collection.flow = true;
    return;
  }
  toBlock(collection);
  if (isSeq(node)) {
    const inner = { indent: spot.indent + 2, column: spot.indent + 2 };
    for (const item of node.items) layOut(item, inner, isRule);
  }
  if (!isMap(node)) return;
  for (const { key, value } of node.items)
    layOut(value, { indent: spot.indent + 2, column: spot.indent + keyText(key).length + 2 }, isRule);
}

function onOneLine(node: Collection, { column }: Spot, isRule: (item: unknown) => boolean): boolean {
  // A list of rules has a line for each.
  if (node.items.some(isRule) || (node.flow !== true && !isRule(node))) return false;
  return isPlainInside(node) && column + flowText(node).length <= width;
}

/** A comment behind the brackets has no place behind a block: it goes before. */
function toBlock(node: Collection): void {
  if (node.flow === true && typeof node.comment === 'string') {
    node.commentBefore = [node.commentBefore, node.comment].filter((text) => typeof text === 'string').join('\n');
    node.comment = null;
  }
  node.flow = false;
}

/** Nothing in it needs lines of its own: no comment, no empty line, no text in lines. */
function isPlainInside(collection: Collection): boolean {
  let plain = true;
  visit(collection, {
    Node: (_, node) => {
      const own = node === (collection as Node);
      const inLines = isScalar(node) && (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED');
      const said = node.commentBefore || node.comment || node.spaceBefore;
      if (inLines || (said && !own) || (own && isBlockComment(collection))) plain = false;
      return plain ? undefined : visit.BREAK;
    },
  });
  return plain;
}

/** The last lines of a block; behind brackets a comment stands outside. */
const isBlockComment = (node: Collection): boolean => node.flow !== true && typeof node.comment === 'string';

/** One for all, because making one costs more than writing a rule. */
const scratch = new Document(null, { schema: 'core', version: '1.2' });

function flowText(node: Collection): string {
  const copy = node.clone() as Collection;
  copy.flow = true;
  copy.commentBefore = null;
  copy.comment = null;
  scratch.contents = copy as unknown as typeof scratch.contents;
  return scratch.toString(textOptions).trimEnd();
}
