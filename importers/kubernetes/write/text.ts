import { formatText } from '@bulkhead/model/format/format-text.ts';
import { formatProblem } from '@bulkhead/model/format-problem.ts';
import { Document, isScalar, visit } from 'yaml';

/** A document as YAML has it. */
export type Written = Readonly<Record<string, unknown>>;

/** As the formatter writes them. A text that it refuses is a bug of ours. */
export function textOf(file: string, documents: readonly Written[]): string {
  const formatted = formatText({ file, text: documents.map(rawText).join('---\n') });
  if (formatted.kind === 'formatted') return formatted.text;
  throw new Error(`The import wrote what cannot be read: ${formatted.problems.map(formatProblem).join('\n')}`);
}

function rawText(document: Written): string {
  const yaml = new Document(document, { version: '1.2', schema: 'core', aliasDuplicateObjects: false });
  visit(yaml, {
    Seq: (_, list) => {
      if (list.items.every(isWord)) list.flow = true;
    },
    Map: (_, map) => {
      const [only, ...others] = map.items;
      if (others.length === 0 && isScalar(only?.key) && endKeys.has(String(only.key.value))) map.flow = true;
    },
  });
  return yaml.toString({ lineWidth: 0, flowCollectionPadding: false });
}

/** Ends of rules that are no selector. */
const endKeys: ReadonlySet<string> = new Set(['any', 'prefix', 'ipList', 'name', 'virtualService']);

/** A selector with a comma would need quotes in brackets. */
const isWord = (item: unknown): boolean => isScalar(item) && !String(item.value).includes('=');
