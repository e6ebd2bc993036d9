import { Document, isMap, isScalar, isSeq, visit } from 'yaml';
import type { DocumentKind } from '../parse.ts';
import { documentSchemas } from '../schema/document-schemas.ts';
import { orderKeys } from './key-order.ts';
import { layOut, textOptions } from './layout.ts';

/** A map as YAML and JSON have it. */
export type Written = Readonly<Record<string, unknown>>;
export type WrittenDocument = Written & { readonly kind: DocumentKind };

/**
 * Documents that no author wrote, as the formatter would write them: formatting the text changes nothing. Whether it can
 * be read is not looked at.
 */
export const documentsText = (documents: readonly WrittenDocument[]): string =>
  documents.map(documentText).join('---\n');

function documentText(document: WrittenDocument): string {
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
  const { contents } = yaml;
  orderKeys(contents, documentSchemas[document.kind]);
  const rules = document.kind === 'Ruleset' && isMap(contents) ? contents.get('rules') : undefined;
  const items = new Set<unknown>(isSeq(rules) ? rules.items : []);
  layOut(contents, { indent: 0, column: 0 }, (item) => items.has(item));
  return yaml.toString(textOptions);
}

/** Ends of rules that are no selector. */
const endKeys: ReadonlySet<string> = new Set(['any', 'prefix', 'ipList', 'name', 'virtualService']);

/** A selector with a comma would need quotes in brackets. */
const isWord = (item: unknown): boolean => isScalar(item) && !String(item.value).includes('=');
