import protobuf from 'protobufjs/minimal.js';

/**
 * A column is one packed field: a value per row, or a single value that stands for every row.
 * Dictionaries give each distinct value a number in order of first use; 0 is "none".
 */
export type Column = readonly number[];

export class Dictionary {
  readonly #numbers = new Map<string, number>();

  /** The number of a value, from 1; 0 for null. */
  number(value: string | null): number {
    if (value === null) return 0;
    const known = this.#numbers.get(value);
    if (known !== undefined) return known;
    const fresh = this.#numbers.size + 1;
    this.#numbers.set(value, fresh);
    return fresh;
  }

  values(): Iterable<string> {
    return this.#numbers.keys();
  }
}

/** Values up to 2^53 - 1; an empty column is left out. */
export function writeColumn(writer: protobuf.Writer, field: number, column: Column): void {
  const first = column[0];
  if (first === undefined) return;
  const values = column.every((value) => value === first) ? [first] : column;
  writer.uint32((field << 3) | 2).fork();
  for (const value of values) {
    if (value <= 0xffffffff) writer.uint32(value);
    else writer.uint64(value);
  }
  writer.ldelim();
}

/** Reads a packed field of at most `most` values; null when it holds more or runs past its end. */
export function readColumn(reader: protobuf.Reader, most: number): number[] | null {
  const end = reader.uint32() + reader.pos;
  if (end > reader.len) return null;
  const out: number[] = [];
  while (reader.pos < end) {
    if (out.length === most) return null;
    out.push(readNumber(reader));
  }
  return reader.pos === end ? out : null;
}

/** A varint as a number; NaN above 2^53 - 1, which every later check refuses. */
export function readNumber(reader: protobuf.Reader): number {
  // Nearly every value has at most four bytes, and 64-bit reads cost ten times as much.
  const end = Math.min(reader.pos + 4, reader.len);
  for (let i = reader.pos; i < end; i++) if ((reader.buf[i] as number) < 0x80) return reader.uint32();
  // `long` brings no types where there is no Node, hence the shape by hand.
  const value = reader.uint64() as unknown as number | { toNumber(): number };
  const plain = typeof value === 'number' ? value : value.toNumber();
  return Number.isSafeInteger(plain) && plain >= 0 ? plain : Number.NaN;
}

/** One value per row, each at most `most`; null when the column does not fit the rows or a value is out of range. */
export function spread(column: Column | undefined, rows: number, most: number): Column | null {
  if (column === undefined) return null;
  // Written so that NaN fails too.
  if (!column.every((value) => value <= most)) return null;
  if (column.length === rows) return column;
  return column.length === 1 ? Array<number>(rows).fill(column[0] as number) : null;
}

export const newWriter = (): protobuf.Writer => protobuf.Writer.create();
export const newReader = (bytes: Uint8Array): protobuf.Reader => protobuf.Reader.create(bytes);
