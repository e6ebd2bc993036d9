import { type DocumentKind, documentKinds } from '@bulkhead/model/parse.ts';
import { documentSchemas } from '@bulkhead/model/schema/document-schemas.ts';
import type { JsonSchema } from '@bulkhead/model/schema/json-schema.ts';
import { partsOf } from '@bulkhead/model/schema/parts.ts';

/** What may stand in the value of a key, as the published schema of the document's kind says. */
export type ValueSpot = {
  /** Keys of the maps that the value may be or hold. */
  readonly keys: readonly Key[];
  /** The only values there are, where they are few. */
  readonly words: readonly string[];
  /** Names of the definitions that its texts are of: `service`, `selector`, `tier`. */
  readonly texts: ReadonlySet<string>;
};

export type Key = { readonly name: string; readonly about: string };

/** `key` '' is the document itself. A key that the kind does not have has nothing in it. */
export function spotIn(kind: string, key: string): ValueSpot {
  const root = schemaOf(kind);
  if (root === undefined) return nothing;
  if (key === '') return { ...nothing, keys: keysOf(root).filter(({ name }) => name !== 'kind') };
  const found = propertyNamed(root, key);
  return found === null ? nothing : valueSpot(root, found);
}

const nothing: ValueSpot = { keys: [], words: [], texts: new Set() };

function schemaOf(kind: string): JsonSchema | undefined {
  return documentKinds.some((known) => known === kind) ? documentSchemas[kind as DocumentKind] : undefined;
}

function valueSpot(root: JsonSchema, property: JsonSchema): ValueSpot {
  const parts = partsOf(root, property);
  return {
    keys: parts.flatMap(({ schema }) => keysOf(schema)),
    words: parts.flatMap(({ schema }) => wordsOf(schema)),
    texts: new Set(parts.flatMap(({ definition }) => definition ?? [])),
  };
}

const keysOf = ({ properties = {} }: JsonSchema): readonly Key[] =>
  Object.entries(properties).map(([name, { description = '' }]) => ({ name, about: description }));

function wordsOf({ enum: among = [], const: only, type }: JsonSchema): readonly string[] {
  if (type === 'boolean') return ['true', 'false'];
  return only === undefined ? among : [String(only)];
}

/** The property of that name that is least deep inside. */
function propertyNamed(root: JsonSchema, name: string): JsonSchema | null {
  const seen = new Set<JsonSchema>();
  let level: readonly JsonSchema[] = [root];
  while (level.length > 0) {
    const found = level.flatMap(({ properties }) => properties?.[name] ?? [])[0];
    if (found !== undefined) return found;
    for (const schema of level) seen.add(schema);
    const next = level.flatMap(({ properties = {} }) => Object.values(properties));
    level = next.flatMap((schema) => partsOf(root, schema).map((part) => part.schema)).filter((one) => !seen.has(one));
  }
  return null;
}
