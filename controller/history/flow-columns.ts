import type { EdgeEnd, LabelledReport } from '@bulkhead/flows/edge.ts';
import type { Address } from '@bulkhead/net/address.ts';

/** Columns of one stored report, in the order of the table; `agent`, `sequence` and `item` (place in the batch) come before them. */
export const textColumns = [
  'reporter',
  'network',
  'from_name',
  'from_address',
  'from_end',
  'to_name',
  'to_address',
  'to_end',
  'effective_rule',
  'intended_rule',
  'process',
  'unit',
  'user_name',
] as const;
export const numberColumns = ['first', 'last', 'service', 'generation', 'attempts', 'records'] as const;
export const flagColumns = ['outbound', 'effective_deny', 'intended_deny'] as const;
export type TextColumn = (typeof textColumns)[number];

/**
 * Rows by column, made to be moved between threads without a copy per value: texts are positions in `strings`
 * (position 0 is null), flags are 0 and 1. Column c of row r is at `c * rows + r`.
 */
export type FlowColumns = {
  readonly rows: number;
  readonly strings: readonly string[];
  readonly texts: Uint32Array<ArrayBuffer>;
  readonly numbers: Float64Array<ArrayBuffer>;
};

export function packRows(reports: readonly LabelledReport[]): FlowColumns {
  const rows = reports.length;
  const texts = new Uint32Array(rows * textColumns.length);
  const numbers = new Float64Array(rows * (numberColumns.length + flagColumns.length));
  const strings = new Map<string, number>();
  const position = (text: string | null): number => {
    if (text === null) return 0;
    const found = strings.get(text);
    if (found !== undefined) return found;
    strings.set(text, strings.size + 1);
    return strings.size;
  };
  for (const [row, report] of reports.entries()) {
    for (const [column, text] of textsOf(report).entries()) texts[column * rows + row] = position(text);
    for (const [column, number] of numbersOf(report).entries()) numbers[column * rows + row] = number;
  }
  return { rows, strings: [...strings.keys()], texts, numbers };
}

/** The columns as arrays of values, in the order text, number, flag: what a data chunk takes. */
export function columnValues({
  rows,
  strings,
  texts,
  numbers,
}: FlowColumns): (string | number | bigint | boolean | null)[][] {
  const text = textColumns.map((_, column) =>
    Array.from(texts.subarray(column * rows, (column + 1) * rows), (at) =>
      at === 0 ? null : (strings[at - 1] ?? null),
    ),
  );
  const number = numberColumns.map((_, column) =>
    Array.from(numbers.subarray(column * rows, (column + 1) * rows), (value) => BigInt(value)),
  );
  const flags = flagColumns.map((_, index) => {
    const column = numberColumns.length + index;
    return Array.from(numbers.subarray(column * rows, (column + 1) * rows), (value) => value === 1);
  });
  return [...text, ...number, ...flags];
}

/** One row as it comes back from a query; numbers as doubles, which hold every value exactly. */
export type FlowRow = Readonly<Record<TextColumn, string | null>> &
  Readonly<Record<(typeof numberColumns)[number], number>> &
  Readonly<Record<(typeof flagColumns)[number], boolean>>;

/** Equal ends come back as the same object, within one reader. */
export function rowReader(): (row: FlowRow) => LabelledReport {
  const end = endReader();
  return (row) => {
    const [local, peer] = row.outbound ? [row.from_address, row.to_address] : [row.to_address, row.from_address];
    return {
      reporter: row.reporter ?? '',
      from: end(row.from_end),
      to: end(row.to_end),
      report: {
        first: row.first,
        last: row.last,
        direction: row.outbound ? 'outbound' : 'inbound',
        network: row.network ?? '',
        local: (local ?? '') as Address,
        peer: (peer ?? '') as Address,
        service: row.service,
        effective: row.effective_deny ? 'deny' : 'allow',
        intended: row.intended_deny ? 'deny' : 'allow',
        effectiveRule: row.effective_rule,
        intendedRule: row.intended_rule,
        generation: row.generation,
        count: row.attempts,
        records: row.records,
        process: row.process,
        unit: row.unit,
        user: row.user_name,
      },
    };
  };
}

export function endReader(): (json: string | null) => EdgeEnd {
  const known = new Map<string, EdgeEnd>();
  return (json) => {
    const text = json ?? '';
    const end = known.get(text) ?? (JSON.parse(text) as EdgeEnd);
    known.set(text, end);
    return end;
  };
}

const endTexts = new WeakMap<EdgeEnd, string>();

/** One text per end, whatever the order of its labels, so that the database may group by it. */
function endJson(end: EdgeEnd): string {
  const known = endTexts.get(end);
  if (known !== undefined) return known;
  const text = JSON.stringify(canonicalEnd(end));
  endTexts.set(end, text);
  return text;
}

function canonicalEnd(end: EdgeEnd): EdgeEnd {
  if (end.kind === 'address') {
    const { kind, network, address, claimedBy } = end;
    return { kind, network, address, claimedBy };
  }
  const { kind, name, managed } = end;
  const labels = Object.fromEntries(Object.entries(end.labels).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { kind, name, labels, managed };
}

function textsOf({ reporter, from, to, report }: LabelledReport): (string | null)[] {
  const outbound = report.direction === 'outbound';
  return [
    reporter,
    report.network,
    from.kind === 'workload' ? from.name : null,
    outbound ? report.local : report.peer,
    endJson(from),
    to.kind === 'workload' ? to.name : null,
    outbound ? report.peer : report.local,
    endJson(to),
    report.effectiveRule,
    report.intendedRule,
    report.process,
    report.unit,
    report.user,
  ];
}

function numbersOf({ report }: LabelledReport): number[] {
  const { first, last, service, generation, count, records, direction, effective, intended } = report;
  const flags = [direction === 'outbound', effective === 'deny', intended === 'deny'];
  return [first, last, service, generation, count, records, ...flags.map(Number)].map(Math.trunc);
}
