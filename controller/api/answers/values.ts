import Type, { type TObject, type TProperties, type TSchema } from 'typebox';

/**
 * What answers are made of. Schemas of answers describe and are tested against real answers; nothing is written through
 * them, so that one that is wrong cannot take anything out of an answer.
 */
export const closed = <P extends TProperties>(properties: P): TObject<P> =>
  Type.Object(properties, { additionalProperties: false });

export const orNull = (schema: TSchema) => Type.Union([schema, Type.Null()]);
export const words = (...texts: readonly string[]) => Type.Union(texts.map((text) => Type.Literal(text)));
export const count = Type.Integer({ minimum: 0 });
export const time = Type.String({ format: 'date-time' });
export const milliseconds = Type.Integer({ description: 'Since the epoch' });
export const text = Type.String();
export const texts = Type.Array(text);
export const labels = Type.Record(text, text);
export const mode = words('observe', 'test', 'selective', 'enforce');

/** A page of a list. */
export const pageOf = (item: TSchema, more: TProperties = {}) =>
  closed({
    items: Type.Array(item),
    next: orNull(Type.String({ description: 'The cursor of the next page' })),
    ...more,
  });

export const place = closed({ file: text, line: count, column: count });

/** What is wrong with a text. */
export const problem = closed({
  severity: words('error', 'warning'),
  code: text,
  message: text,
  place: orNull(place),
  hint: orNull(text),
});

/** Verdict of one end, and the rule that decided; null where none did. */
export const outcome = closed({ verdict: words('allow', 'deny', 'none'), rule: orNull(text), tier: orNull(text) });

const pair = closed({
  ...{ from: text, to: text, via: Type.Optional(text) },
  ...{ verdict: words('allow', 'deny'), outbound: outcome, inbound: outcome },
});
export const viewAnswer = closed({
  verdict: words('allow', 'deny', 'mixed'),
  outbound: orNull(outcome),
  inbound: orNull(outcome),
  pairs: Type.Array(pair),
});

export const lineResult = closed({
  test: text,
  line: text,
  place,
  expected: words('allow', 'deny'),
  passed: Type.Boolean(),
  answer: orNull(viewAnswer),
  problem: orNull(problem),
});

export const size = closed({
  elements: Type.Integer({ minimum: 0, description: 'Addresses, prefixes, port ranges, cells and decisions' }),
  bytes: Type.Integer({ minimum: 0, description: 'Kernel memory, as predicted' }),
});
