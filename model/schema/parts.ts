import type { JsonSchema } from './json-schema.ts';

/** `definition`: the name of the reference that led to it. */
export type Part = { readonly schema: JsonSchema; readonly definition?: string };

/** Everything that a value may be: through references and alternatives, and what stands in lists. */
export function partsOf(root: JsonSchema, schema: JsonSchema, definition?: string): readonly Part[] {
  const { $ref, properties, anyOf = [], items } = schema;
  // The alternatives of a map say which of its keys are needed.
  if (properties !== undefined) return [{ schema }];
  if ($ref !== undefined) {
    const name = $ref.slice('#/$defs/'.length);
    return partsOf(root, root.$defs?.[name] ?? {}, name);
  }
  const inside = [...anyOf, ...(items === undefined ? [] : [items])].flatMap((part) => partsOf(root, part));
  return inside.length > 0 ? inside : [definition === undefined ? { schema } : { schema, definition }];
}
