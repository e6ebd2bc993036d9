import type { Place, Problem } from '@bulkhead/model/problem.ts';
import type { Verdict } from '@bulkhead/model/words.ts';
import { parseAddress } from '@bulkhead/net/address.ts';
import { formatServicePoint, parseServiceRange } from '@bulkhead/net/service-space.ts';

/**
 * One line of the flow format (JSON lines): connections of one kind that began between `at` and `until` (milliseconds
 * since the epoch). `from` and `to` are addresses in canonical form or workload names; null is "not said".
 */
export type FlowLine = {
  readonly at: number;
  readonly until: number | null;
  readonly from: string;
  readonly to: string;
  /** A point of the service space: one concrete port, ICMP type and code, or protocol. */
  readonly service: number;
  readonly count: number;
  readonly network: string | null;
  readonly fromProcess: string | null;
  readonly toProcess: string | null;
  readonly user: string | null;
  readonly application: string | null;
  readonly bytesOut: number | null;
  readonly bytesIn: number | null;
  readonly verdict: Verdict | null;
  readonly rule: string | null;
};

/** Characters of one line; nothing that is said there needs more. */
export const flowLineLimit = 16_384;
/** Problems kept per file; the rest are counted in the last one. */
export const flowProblemLimit = 100;

export type FlowsRead = { readonly flows: readonly FlowLine[]; readonly problems: readonly Problem[] };

const textKeys = ['network', 'fromProcess', 'toProcess', 'user', 'application', 'rule'] as const;
const numberKeys = ['bytesOut', 'bytesIn'] as const;
const keys = new Set<string>(['at', 'until', 'from', 'to', 'service', 'count', 'verdict', ...textKeys, ...numberKeys]);

/** All lines of a file; a bad line is left out and told of, the others stand. Empty lines are skipped. */
export function parseFlowLines(text: string, file: string): FlowsRead {
  const flows: FlowLine[] = [];
  const problems: Problem[] = [];
  let unsaid = 0;
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const read = parseFlowLine(line, { file, line: index + 1, column: 1 });
    if (read.flow !== null) flows.push(read.flow);
    for (const problem of read.problems) {
      if (problems.length < flowProblemLimit) problems.push(problem);
      else unsaid++;
    }
  }
  if (unsaid > 0)
    problems.push(problemAt({ file, line: 1, column: 1 }, 'flow-problems', `${unsaid} more problems are not listed`));
  return { flows, problems };
}

export type FlowRead = { readonly flow: FlowLine | null; readonly problems: readonly Problem[] };

export function parseFlowLine(line: string, place: Place): FlowRead {
  if (line.length > flowLineLimit) {
    return refuse(
      place,
      'flow-line-long',
      `Cannot read the flow: the line has ${line.length} characters, at most ${flowLineLimit} are needed`,
    );
  }
  const value = parseJson(line);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse(
      place,
      'flow-json',
      'Cannot read the flow: the line is no JSON object, one object per line is needed',
    );
  }
  return readFlow(value as Readonly<Record<string, unknown>>, place);
}

/** From keys and values, wherever they were written down. */
export function readFlow(record: Readonly<Record<string, unknown>>, place: Place): FlowRead {
  const problems: Problem[] = [];
  const bad = (key: string, need: string): null => {
    problems.push(problemAt(place, `flow-${key}`, `Cannot read ${key} "${show(record[key])}": ${need} is needed`));
    return null;
  };
  for (const key of Object.keys(record)) if (!keys.has(key)) problems.push(unknownKey(place, key));

  const optional = (key: string): boolean => record[key] === undefined || record[key] === null;
  const at = readTime(record.at) ?? bad('at', 'a time like 2026-11-20T10:00:00Z');
  const from = readEnd(record.from) ?? bad('from', 'an address or a workload name');
  const to = readEnd(record.to) ?? bad('to', 'an address or a workload name');
  const service = readService(record.service) ?? bad('service', 'one port like tcp/5432 or one type like icmp/8/0');
  const count = optional('count') ? 1 : (readCount(record.count, 1) ?? bad('count', 'a whole number from 1'));
  const until = optional('until') ? null : (readTime(record.until) ?? bad('until', 'a time'));
  const verdict = optional('verdict') ? null : (readVerdict(record.verdict) ?? bad('verdict', '"allow" or "deny"'));
  const text = (key: string) =>
    optional(key) ? null : (readText(record[key]) ?? bad(key, 'a text of 1 to 4096 characters'));
  const number = (key: string) => (optional(key) ? null : (readCount(record[key], 0) ?? bad(key, 'a whole number')));
  const texts = Object.fromEntries(textKeys.map((key) => [key, text(key)])) as Record<
    (typeof textKeys)[number],
    string | null
  >;
  const numbers = Object.fromEntries(numberKeys.map((key) => [key, number(key)])) as Record<
    (typeof numberKeys)[number],
    number | null
  >;
  if (at !== null && until !== null && until < at) bad('until', 'a time not before "at"');

  const failed = problems.some((problem) => problem.severity === 'error');
  if (failed || at === null || from === null || to === null || service === null || count === null)
    return { flow: null, problems };
  return { flow: { at, until, from, to, service, count, ...texts, ...numbers, verdict }, problems };
}

/** One line without its end; keys in a fixed order, what was not said left out, so equal flows are equal text. */
export function formatFlowLine(flow: FlowLine): string {
  const { at, until, from, to, service, count, verdict, network, rule, ...rest } = flow;
  const { fromProcess, toProcess, user, application, bytesOut, bytesIn } = rest;
  const said = { network, fromProcess, toProcess, user, application, bytesOut, bytesIn, verdict, rule };
  const kept = Object.entries({ ...said, until: until === null ? null : formatTime(until) }).filter(
    ([, value]) => value !== null,
  );
  return JSON.stringify({
    at: formatTime(at),
    from,
    to,
    service: formatServicePoint(service),
    count,
    ...Object.fromEntries(kept),
  });
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** RFC 3339 with a zone; null for anything else, days that do not exist included. */
function readTime(value: unknown): number | null {
  if (typeof value !== 'string') return null;
  const match = /^(\d{4})-(\d\d)-(\d\d)[Tt ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:[Zz]|[+-]\d\d:\d\d)$/.exec(value);
  if (match === null) return null;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  if (new Date(Date.UTC(year, month - 1, day)).getUTCDate() !== day) return null;
  const time = Date.parse(value.toUpperCase().replace(' ', 'T'));
  return Number.isNaN(time) ? null : time;
}

const formatTime = (time: number): string => new Date(time).toISOString().replace('.000Z', 'Z');

function readEnd(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const address = parseAddress(value);
  if (address !== null) return address;
  // Something that is only made of address characters is a mistyped address, not a workload's name.
  return /^[^\s,{}"]{1,253}$/.test(value) && !/^[\d./]+$|^[\da-f:./]*:[\da-f:./]*$/i.test(value) ? value : null;
}

function readService(value: unknown): number | null {
  const range = typeof value === 'string' ? parseServiceRange(value) : null;
  if (range === null) return null;
  // `proto/47` names a whole protocol, whose connections all have the point with value 0.
  if (typeof value === 'string' && value.startsWith('proto/')) return range.first;
  return range.first === range.last ? range.first : null;
}

function readCount(value: unknown, least: number): number | null {
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= least ? number : null;
}

const readText = (value: unknown): string | null =>
  typeof value === 'string' && value.length >= 1 && value.length <= 4096 ? value : null;

const readVerdict = (value: unknown): Verdict | null => (value === 'allow' || value === 'deny' ? value : null);

function show(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}

function problemAt(place: Place, code: string, message: string): Problem {
  return { severity: 'error', code, message, place, hint: null };
}

function unknownKey(place: Place, key: string): Problem {
  const message = `Cannot use key "${show(key)}": the flow format has no such key, it is ignored`;
  return { severity: 'warning', code: 'flow-key', message, place, hint: `keys: ${[...keys].join(', ')}` };
}

function refuse(place: Place, code: string, message: string): FlowRead {
  return { flow: null, problems: [problemAt(place, code, message)] };
}
