import { isMap, isScalar, isSeq, type Node, type Pair, type Scalar, type YAMLMap } from 'yaml';
import type { JsonSchema } from '../schema/json-schema.ts';
import { partsOf } from '../schema/parts.ts';

/**
 * Puts the keys of every map in the order in which the schema of its kind lists them. Keys that the schema does not
 * name, such as those of labels, stay as the author has them.
 */
export function orderKeys(node: unknown, root: JsonSchema, schema: JsonSchema = root): void {
  const parts = partsOf(root, schema).map((part) => part.schema);
  if (isSeq(node)) for (const item of node.items) orderKeys(item, root, schema);
  if (!isMap(node)) return;
  const properties = Object.assign({}, ...parts.map((part) => part.properties ?? {})) as Record<string, JsonSchema>;
  sortPairs(node, Object.keys(properties));
  const more = parts.map((part) => part.additionalProperties).find((one) => typeof one === 'object');
  for (const { key, value } of node.items) {
    const inside = properties[keyText(key)] ?? more;
    if (inside !== undefined) orderKeys(value, root, inside);
  }
}

export const keyText = (key: unknown): string => (isScalar(key) ? String(key.value) : '');

function sortPairs(map: YAMLMap, order: readonly string[]): void {
  const rank = ({ key }: Pair): number => {
    const index = order.indexOf(keyText(key));
    return index < 0 ? order.length : index;
  };
  const first = map.items[0];
  map.items.sort((a, b) => rank(a) - rank(b));
  // Space belongs between keys, wherever they came from.
  const head = map.items[0];
  if (head !== first && isNode(head?.key)) head.key.spaceBefore = false;
}

const isNode = (value: unknown): value is Node & Scalar => isScalar(value);
