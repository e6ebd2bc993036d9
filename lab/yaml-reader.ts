import type { Problem } from '@bulkhead/model/problem.ts';
import { isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml';

export const fileLimit = 1_000_000;

/** One value of a document with the way to it; every complaint about it lands in the same list. */
export type Field = { readonly node: unknown; readonly path: string; readonly source: Source };
export type Fields = ReadonlyMap<string, Field>;

type Source = { readonly file: string; readonly lines: LineCounter; readonly problems: Problem[] };

/** The documents of a file as fields. Syntax errors, aliases and over-long files become problems. */
export function readYaml(text: string, file: string): { fields: Field[]; problems: Problem[] } {
  const source: Source = { file, lines: new LineCounter(), problems: [] };
  if (text.length > fileLimit) {
    source.problems.push(tooLong(file, text.length));
    return { fields: [], problems: source.problems };
  }
  const documents = parseAllDocuments(text, { lineCounter: source.lines, uniqueKeys: true });
  const fields: Field[] = [];
  for (const document of documents) {
    for (const error of document.errors) {
      const { line, col } = source.lines.linePos(error.pos[0]);
      source.problems.push(
        problemAt({ file, line, column: col }, 'yaml', `Cannot read "${file}": ${firstLine(error)}`),
      );
    }
    if (document.errors.length === 0) fields.push({ node: document.contents, path: 'document', source });
  }
  return { fields, problems: source.problems };
}

export function complain(field: Field, code: string, message: string, hint: string | null = null): null {
  const offset = (field.node as Node | null)?.range?.[0] ?? 0;
  const { line, col } = field.source.lines.linePos(offset);
  const place = { file: field.source.file, line, column: col };
  field.source.problems.push({ severity: 'error', code, message, place, hint });
  return null;
}

/** The keys of a mapping; keys outside `known` are problems. Null when it is none. */
export function readMap(field: Field, known: readonly string[]): Fields | null {
  if (!isMap(field.node)) return complain(field, 'lab-shape', `Cannot read ${field.path}: a mapping is needed`);
  const out = new Map<string, Field>();
  for (const { key, value } of field.node.items) {
    const name = String(isScalar(key) ? key.value : key);
    const child = { node: value ?? key, path: `${field.path}.${name}`, source: field.source };
    if (known.includes(name)) out.set(name, child);
    else
      complain(
        { ...child, node: key },
        'lab-key',
        `Cannot use "${name}" in ${field.path}: no such key`,
        known.join(', '),
      );
  }
  return out;
}

/** A mapping with free keys and text values. */
export function readLabels(field: Field): Record<string, string> {
  if (!isMap(field.node)) return complain(field, 'lab-shape', `Cannot read ${field.path}: a mapping is needed`) ?? {};
  const out: Record<string, string> = {};
  for (const { key, value } of field.node.items) {
    const name = String(isScalar(key) ? key.value : key);
    out[name] = readText({ node: value, path: `${field.path}.${name}`, source: field.source }) ?? '';
  }
  return out;
}

export function readList(field: Field | undefined): Field[] {
  if (field === undefined) return [];
  if (!isSeq(field.node)) return complain(field, 'lab-shape', `Cannot read ${field.path}: a list is needed`) ?? [];
  return field.node.items.map((node, i) => ({ node, path: `${field.path}[${i}]`, source: field.source }));
}

/** A list, or one value standing for a list of one. */
export const readOneOrMany = (field: Field): Field[] => (isSeq(field.node) ? readList(field) : [field]);

export function readText(field: Field): string | null {
  if (isScalar(field.node) && typeof field.node.value === 'string') return field.node.value;
  return complain(field, 'lab-shape', `Cannot read ${field.path}: text is needed`);
}

export function readNumber(field: Field, least: number, most: number): number | null {
  const value = isScalar(field.node) ? field.node.value : null;
  if (typeof value === 'number' && value >= least && value <= most) return value;
  return complain(field, 'lab-number', `Cannot use ${field.path}: a number from ${least} to ${most} is needed`);
}

export function readFlag(field: Field | undefined, unset: boolean): boolean {
  if (field === undefined) return unset;
  if (isScalar(field.node) && typeof field.node.value === 'boolean') return field.node.value;
  complain(field, 'lab-shape', `Cannot read ${field.path}: true or false is needed`);
  return unset;
}

/** The value of a required key, or a complaint at the mapping that lacks it. */
export function required(owner: Field, fields: Fields, key: string): Field | null {
  return fields.get(key) ?? complain(owner, 'lab-missing', `Cannot read ${owner.path}: "${key}" is missing`);
}

export const isText = (field: Field): boolean => isScalar(field.node) && typeof field.node.value === 'string';

function problemAt(place: NonNullable<Problem['place']>, code: string, message: string): Problem {
  return { severity: 'error', code, message, place, hint: null };
}

const firstLine = (error: Error): string => error.message.split('\n')[0] ?? '';

function tooLong(file: string, length: number): Problem {
  const message = `Cannot read "${file}": ${length} characters, at most ${fileLimit} are read`;
  return problemAt({ file, line: 1, column: 1 }, 'lab-size', message);
}
