import { partKinds } from './parts.ts';

/** Null, or where in the value it is not as it should be: `.content.files[0].path`. */
type Shape = (value: unknown, at: string) => string | null;

const when =
  (holds: (value: unknown) => boolean): Shape =>
  (value, at) =>
    holds(value) ? null : at;

const text = when((value) => typeof value === 'string');
const count = when((value) => Number.isSafeInteger(value) && (value as number) >= 0);
const matching = (pattern: RegExp) => when((value) => typeof value === 'string' && pattern.test(value));
const hash = matching(/^[0-9a-f]{64}$/);

const nullOr =
  (shape: Shape): Shape =>
  (value, at) =>
    value === null ? null : shape(value, at);

const maybe =
  (shape: Shape): Shape =>
  (value, at) =>
    value === undefined ? null : shape(value, at);

const listOf =
  (shape: Shape): Shape =>
  (value, at) => {
    if (!Array.isArray(value)) return at;
    for (const [index, item] of value.entries()) {
      const wrong = shape(item, `${at}[${index}]`);
      if (wrong !== null) return wrong;
    }
    return null;
  };

const record =
  (shapes: Readonly<Record<string, Shape>>): Shape =>
  (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return at;
    for (const [key, shape] of Object.entries(shapes)) {
      const wrong = shape((value as Record<string, unknown>)[key], `${at}.${key}`);
      if (wrong !== null) return wrong;
    }
    return null;
  };

const parts = listOf(record({ kind: when((kind) => partKinds.some((one) => one === kind)), name: text }));
const things = maybe(listOf(record({})));
const change = maybe(
  record({
    cells: count,
    exactCells: maybe(matching(/^\d+$/)),
    addressRectangles: things,
    nameRectangles: things,
    partly: maybe(record({ pairs: count })),
  }),
);

/** Of what was shown, only what is compared with what holds now: the rest is shown anew. */
const plan = record({
  made: matching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
  base: record({ version: nullOr(count), hash }),
  content: record({
    files: listOf(record({ path: text, text })),
    labels: listOf(record({ workload: text, key: text, value: nullOr(text) })),
    hash,
  }),
  changes: record({ added: listOf(text), changed: listOf(text), removed: listOf(text), labels: count }),
  parts: record({ removed: parts, changed: parts }),
  effect: record({ diff: maybe(record({ opened: change, closed: change })) }),
});

/** Null: it is a plan. Else the part that is missing or of another form, as `content.files[0].path`. */
export const wrongPlanPart = (value: unknown): string | null => plan(value, '')?.replace(/^\./, '') ?? null;
