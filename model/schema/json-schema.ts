/** JSON Schema, draft 2020-12, as far as document kinds need it. */
export type JsonSchema = {
  readonly $schema?: string;
  readonly $id?: string;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly title?: string;
  readonly description?: string;
  readonly type?: 'object' | 'array' | 'string' | 'boolean';
  readonly const?: string | boolean;
  readonly enum?: readonly string[];
  readonly default?: string | boolean;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | false;
  readonly minProperties?: number;
  readonly propertyNames?: JsonSchema;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly not?: JsonSchema;
};

type Properties = Readonly<Record<string, JsonSchema>>;

/** A map that has these keys and no other. */
export const mapOf = (properties: Properties, required: readonly string[], more: JsonSchema = {}): JsonSchema => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
  ...more,
});

export const defined = (name: string, description?: string): JsonSchema =>
  description === undefined ? { $ref: `#/$defs/${name}` } : { $ref: `#/$defs/${name}`, description };

/** One, or a list of them. */
export const oneOrMore = (item: JsonSchema, description: string, least: 0 | 1 = 1): JsonSchema => ({
  anyOf: [item, least === 0 ? { type: 'array', items: item } : { type: 'array', items: item, minItems: 1 }],
  description,
});

/** A list of at least one. */
export const someOf = (items: JsonSchema, description: string): JsonSchema => ({
  type: 'array',
  items,
  minItems: 1,
  description,
});

export const listOf = (items: JsonSchema, description: string): JsonSchema => ({ type: 'array', items, description });

export const oneOfKeys = (keys: readonly string[]): readonly JsonSchema[] => keys.map((key) => ({ required: [key] }));
