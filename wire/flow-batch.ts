import type { ConnectionReport } from '@bulkhead/model/connection.ts';
import { type Address, addressBits, addressFamily, addressFromBytes } from '@bulkhead/net/address.ts';
import { allServices } from '@bulkhead/net/service-space.ts';
import {
  type Column,
  Dictionary,
  newReader,
  newWriter,
  readColumn,
  readNumber,
  spread,
  writeColumn,
} from './columns.ts';
import { type Decoded, decoded, refused } from './decoded.ts';
import type { FlowBatch } from './messages.ts';

/** One second of 10,000 connections a second fits four times; a larger batch is cut by the sender. */
export const rowLimit = 65_536;
/** Bytes. Four times what `rowLimit` rows of distinct addresses and texts take. */
export const flowBatchLimit = 8 * 1024 * 1024;
const textLimit = 4096;
const formatNumber = 1;
const most = Number.MAX_SAFE_INTEGER;

/** Numbers of the message's fields; a number is never used again for something else. */
const field = { format: 1, sequence: 2, rows: 3, base: 4, text: 5, address: 6 } as const;
const columnNumbers = {
  first: 16,
  duration: 17,
  flags: 18,
  network: 19,
  local: 20,
  peer: 21,
  service: 22,
  effectiveRule: 23,
  intendedRule: 24,
  generation: 25,
  count: 26,
  records: 27,
  process: 28,
  unit: 29,
  user: 30,
} as const;
type ColumnName = keyof typeof columnNumbers;
const columnNames: ReadonlyMap<number, ColumnName> = new Map(
  Object.entries(columnNumbers).map(([name, number]) => [number, name as ColumnName]),
);

/** `flags`: which of these hold. */
const outbound = 1;
const effectiveDeny = 2;
const intendedDeny = 4;

type Draft = {
  readonly format: number;
  readonly sequence: number;
  readonly rows: number;
  readonly base: number;
  readonly texts: readonly string[];
  readonly addresses: readonly Address[];
  readonly columns: ReadonlyMap<ColumnName, Column>;
};

/** Packed columns with dictionaries; about a tenth of the same rows as JSON. Throws above `rowLimit` rows. */
export function encodeFlowBatch(batch: FlowBatch): Uint8Array {
  const { reports, sequence } = batch;
  if (reports.length > rowLimit) throw new Error(`A flow batch has at most ${rowLimit} rows, not ${reports.length}`);
  const texts = new Dictionary();
  const addresses = new Dictionary();
  const base = reports.reduce((least, report) => Math.min(least, report.first), reports[0]?.first ?? 0);
  const columns: readonly (readonly [ColumnName, Column])[] = [
    ['first', reports.map((r) => r.first - base)],
    // A clock that was set back while the window was open must not make a negative duration.
    ['duration', reports.map((r) => Math.max(0, r.last - r.first))],
    ['flags', reports.map(flagsOf)],
    ['network', reports.map((r) => texts.number(r.network))],
    ['local', reports.map((r) => addresses.number(r.local))],
    ['peer', reports.map((r) => addresses.number(r.peer))],
    ['service', reports.map((r) => r.service)],
    ['effectiveRule', reports.map((r) => texts.number(r.effectiveRule))],
    ['intendedRule', reports.map((r) => texts.number(r.intendedRule))],
    ['generation', reports.map((r) => r.generation)],
    ['count', reports.map((r) => r.count)],
    ['records', reports.map((r) => r.records)],
    ['process', reports.map((r) => texts.number(r.process))],
    ['unit', reports.map((r) => texts.number(r.unit))],
    ['user', reports.map((r) => texts.number(r.user))],
  ];
  const writer = newWriter();
  writer.uint32(field.format << 3).uint32(formatNumber);
  writer.uint32(field.sequence << 3).uint64(sequence);
  writer.uint32(field.rows << 3).uint32(reports.length);
  writer.uint32(field.base << 3).uint64(base);
  for (const value of texts.values()) writer.uint32((field.text << 3) | 2).string(value);
  for (const value of addresses.values()) writer.uint32((field.address << 3) | 2).bytes(addressBytes(value as Address));
  for (const [name, column] of columns) writeColumn(writer, columnNumbers[name], column);
  return writer.finish();
}

/** Total: truncated, oversized or random bytes are a problem, never an exception. */
export function decodeFlowBatch(bytes: Uint8Array): Decoded<FlowBatch> {
  if (bytes.length > flowBatchLimit) {
    return refused(
      'wire-too-large',
      `Cannot read a flow batch of ${bytes.length} bytes: at most ${flowBatchLimit} are allowed`,
    );
  }
  let draft: Draft | string;
  try {
    draft = readDraft(bytes);
  } catch {
    // The reader of protobufjs answers a read past the end with a RangeError.
    draft = 'it is cut off or not in the format';
  }
  if (typeof draft === 'string') return malformed(bytes, draft);
  if (draft.format !== formatNumber) {
    return refused('wire-version', `Cannot read a flow batch of format ${draft.format}: only ${formatNumber} is known`);
  }
  const reports = readReports(draft);
  if (reports === null) return malformed(bytes, 'a column has the wrong length or a value out of range');
  return decoded({ sequence: draft.sequence, reports });
}

const malformed = (bytes: Uint8Array, why: string) =>
  refused('wire-malformed', `Cannot read a flow batch of ${bytes.length} bytes: ${why}`);

function readDraft(bytes: Uint8Array): Draft | string {
  const reader = newReader(bytes);
  const scalars = new Map<number, number>();
  const texts: string[] = [];
  const addresses: Address[] = [];
  const columns = new Map<ColumnName, Column>();
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    const [number, wireType] = [tag >>> 3, tag & 7];
    const column = columnNames.get(number);
    if (wireType === 0) scalars.set(number, readNumber(reader));
    else if (wireType !== 2) return 'a field has an unknown type';
    else if (number === field.text) texts.push(reader.string());
    else if (number === field.address) {
      const raw = reader.bytes();
      if (raw.length !== 4 && raw.length !== 16) return 'an address has neither 4 nor 16 bytes';
      addresses.push(addressFromBytes(raw));
    } else if (column !== undefined) {
      const values = readColumn(reader, rowLimit);
      if (values === null || columns.has(column)) return 'a column is cut off, too long or there twice';
      columns.set(column, values);
    } else reader.skip(reader.uint32());
  }
  const scalar = (of: number): number => scalars.get(of) ?? 0;
  if (texts.some((value) => value.length > textLimit)) return `a text has more than ${textLimit} characters`;
  const [format, sequence] = [scalar(field.format), scalar(field.sequence)];
  return { format, sequence, rows: scalar(field.rows), base: scalar(field.base), texts, addresses, columns };
}

function readReports(draft: Draft): ConnectionReport[] | null {
  const { rows, base, sequence } = draft;
  if (!(rows <= rowLimit) || !Number.isSafeInteger(sequence) || !Number.isSafeInteger(base)) return null;
  if (rows === 0) return [];
  const columns = spreadColumns(draft);
  if (columns === null) return null;
  const out: ConnectionReport[] = [];
  for (let row = 0; row < rows; row++) {
    const report = readReport(draft, columns, row);
    if (report === null) return null;
    out.push(report);
  }
  return out;
}

type Columns = Readonly<Record<ColumnName, Column>>;

function spreadColumns(draft: Draft): Columns | null {
  const texts = draft.texts.length;
  const limits: Readonly<Record<ColumnName, number>> = {
    first: most,
    duration: most,
    flags: outbound | effectiveDeny | intendedDeny,
    network: texts,
    local: draft.addresses.length,
    peer: draft.addresses.length,
    service: allServices.last,
    effectiveRule: texts,
    intendedRule: texts,
    generation: most,
    count: most,
    records: most,
    process: texts,
    unit: texts,
    user: texts,
  };
  const out: Partial<Record<ColumnName, Column>> = {};
  for (const name of Object.keys(limits) as ColumnName[]) {
    const column = spread(draft.columns.get(name), draft.rows, limits[name]);
    if (column === null) return null;
    out[name] = column;
  }
  return out as Columns;
}

/** Null when a value that may not be absent is. */
function readReport(draft: Draft, columns: Columns, row: number): ConnectionReport | null {
  const at = (name: ColumnName): number => columns[name][row] as number;
  const text = (name: ColumnName): string | null => draft.texts[at(name) - 1] ?? null;
  const [network, local, peer] = [text('network'), draft.addresses[at('local') - 1], draft.addresses[at('peer') - 1]];
  if (network === null || local === undefined || peer === undefined) return null;
  const [flags, first] = [at('flags'), draft.base + at('first')];
  return {
    first,
    last: first + at('duration'),
    direction: flags & outbound ? 'outbound' : 'inbound',
    network,
    local,
    peer,
    service: at('service'),
    effective: flags & effectiveDeny ? 'deny' : 'allow',
    intended: flags & intendedDeny ? 'deny' : 'allow',
    effectiveRule: text('effectiveRule'),
    intendedRule: text('intendedRule'),
    generation: at('generation'),
    count: at('count'),
    records: at('records'),
    process: text('process'),
    unit: text('unit'),
    user: text('user'),
  };
}

function flagsOf(report: ConnectionReport): number {
  return (
    (report.direction === 'outbound' ? outbound : 0) |
    (report.effective === 'deny' ? effectiveDeny : 0) |
    (report.intended === 'deny' ? intendedDeny : 0)
  );
}

function addressBytes(address: Address): Uint8Array {
  const length = addressFamily(address) === 4 ? 4 : 16;
  const out = new Uint8Array(length);
  let bits = addressBits(address);
  for (let i = length - 1; i >= 0; i--) {
    out[i] = Number(bits & 0xffn);
    bits >>= 8n;
  }
  return out;
}
