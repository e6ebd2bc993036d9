import { problemOf } from '@bulkhead/model/finding.ts';
import { workloadNameNeeded, wrongWorkloadName } from '@bulkhead/model/name-text.ts';
import type { Place, Problem } from '@bulkhead/model/problem.ts';
import { defaultNetwork, type Labels, type NetworkAddress } from '@bulkhead/model/words.ts';
import { parseAddress } from '@bulkhead/net/address.ts';
import { parse } from 'csv-parse/sync';
import { wrongLabel } from './wrong-label.ts';

/** An unmanaged workload as somebody outside describes it. */
export type WorkloadInput = {
  readonly name: string;
  readonly labels: Labels;
  readonly addresses: readonly (string | { readonly network: string; readonly address: string })[];
};

export type SoundWorkload = {
  readonly name: string;
  readonly labels: Labels;
  readonly addresses: readonly NetworkAddress[];
};

export type WorkloadsRead = { readonly workloads: readonly SoundWorkload[]; readonly problems: readonly Problem[] };

/** Problems: `bad-name`, `bad-label`, `bad-address`. `place` is where the input came from, null for a JSON body. */
export function readWorkload(input: WorkloadInput, place: Place | null): WorkloadsRead {
  const problems: Problem[] = [];
  const wrongName = wrongWorkloadName(input.name);
  if (wrongName !== null) {
    const finding = { code: 'bad-name', cannot: 'name workload', value: input.name, so: wrongName };
    problems.push(problemOf({ ...finding, needed: workloadNameNeeded }, place));
  }
  for (const [key, value] of Object.entries(input.labels)) {
    const message = wrongLabel(key, value);
    if (message !== null) problems.push({ severity: 'error', code: 'bad-label', message, place, hint: null });
  }
  const addresses: NetworkAddress[] = [];
  for (const given of input.addresses) {
    const { network, address: text } = typeof given === 'string' ? { network: defaultNetwork, address: given } : given;
    const address = parseAddress(text);
    if (address !== null) addresses.push({ network, address });
    else problems.push(problemOf({ ...notAnAddress, value: text }, place));
  }
  const { name, labels } = input;
  return { workloads: problems.length > 0 ? [] : [{ name, labels, addresses }], problems };
}

const notAnAddress = {
  code: 'bad-address',
  cannot: 'read address',
  so: 'it is neither IPv4 nor IPv6',
  needed: 'an address without prefix length is needed',
};

export const csvRowLimit = 200_000;

/**
 * CSV with a header: `name`, `addresses` (separated by spaces or semicolons), optionally `network`; every other column
 * is a label key, and an empty value there is no label. Besides the problems of a workload: `bad-csv`, `duplicate-workload`.
 */
export function readWorkloadsCsv(text: string, file: string): WorkloadsRead {
  const rows = readRows(text, file);
  if (!Array.isArray(rows)) return { workloads: [], problems: [rows] };
  const problems: Problem[] = [];
  const workloads = new Map<string, SoundWorkload>();
  for (const { record, line } of rows) {
    const place = { file, line, column: 1 };
    const { name = '', addresses = '', network = defaultNetwork, ...labels } = record;
    const listed = addresses.split(/[\s;]+/).filter((address) => address !== '');
    const read = readWorkload(
      {
        name,
        labels: Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== '')),
        addresses: listed.map((address) => ({ network: network || defaultNetwork, address })),
      },
      place,
    );
    problems.push(...read.problems);
    if (workloads.has(name)) problems.push(problemOf({ ...twice, value: name }, place));
    for (const workload of read.workloads) workloads.set(workload.name, workload);
  }
  return { workloads: problems.length > 0 ? [] : [...workloads.values()], problems };
}

const twice = {
  code: 'duplicate-workload',
  cannot: 'import workload',
  so: 'it is there twice',
  needed: 'one line per workload is needed',
};

type Row = { readonly record: Readonly<Record<string, string>>; readonly line: number };

function readRows(text: string, file: string): Row[] | Problem {
  const bad = (so: string, line: number): Problem =>
    problemOf(
      { code: 'bad-csv', cannot: 'read the CSV', so, needed: 'a header with "name" and "addresses" is needed' },
      {
        file,
        line,
        column: 1,
      },
    );
  try {
    const options = {
      columns: true,
      bom: true,
      trim: true,
      skip_empty_lines: true,
      info: true,
      max_record_size: 65_536,
    } as const;
    const parsed = parse(text, { ...options, to: csvRowLimit + 1 }) as unknown as {
      record: Row['record'];
      info: { lines: number };
    }[];
    if (parsed.length > csvRowLimit) return bad(`it has more than ${csvRowLimit} rows`, csvRowLimit);
    const [first] = parsed;
    if (first !== undefined && !('name' in first.record && 'addresses' in first.record))
      return bad('a column is missing', 1);
    return parsed.map(({ record, info }) => ({ record, line: info.lines }));
  } catch (error) {
    // The reader throws on the first row that does not fit the header.
    return bad(error instanceof Error ? error.message : String(error), 1);
  }
}
