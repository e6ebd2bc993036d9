import type { EdgeFilter, EndFilter } from '@bulkhead/flows/edge-filter.ts';
import { flagColumns, numberColumns, textColumns } from './flow-columns.ts';

/** Values go in by position and never into the text. */
export type Query = { readonly sql: string; readonly values: readonly (string | number | boolean)[] };
export type Position = {
  readonly last: number;
  readonly agent: string;
  readonly sequence: number;
  readonly item: number;
};

/** Rows of a page, judgements of an edge query, rows for rebuilding live edges: bounds of memory on both threads. */
export const flowPageLimit = 1000;
export const judgementLimit = 20_000;
export const recentLimit = 500_000;

/** `source`: the table, or table and sealed days, made by the store. */
export function flowsQuery(
  source: string,
  filter: EdgeFilter & { until?: number; limit: number; after: Position | null },
): Query {
  const where = conditions(filter);
  if (filter.verdict !== undefined) where.push({ sql: verdictConditions[filter.verdict], values: [] });
  if (filter.after !== null) {
    const { last, agent, sequence, item } = filter.after;
    const later = '(agent > ? or (agent = ? and (sequence > ? or (sequence = ? and item > ?))))';
    where.push({
      sql: `(last < ? or (last = ? and ${later}))`,
      values: [last, last, agent, agent, sequence, sequence, item],
    });
  }
  const columns = ['agent', 'sequence::double as sequence', 'item::double as item', rowColumns].join(', ');
  const order = 'order by last desc, agent, sequence, item';
  return join(`select ${columns} from ${source} as f`, where, `${order} limit ${whole(filter.limit, flowPageLimit)}`);
}

/** One row per edge and judgement, newest first; the caller adds judgements up to edges. */
export function edgesQuery(source: string, filter: EdgeFilter & { until?: number; limit: number }): Query {
  const key = `from_end, to_end, service, outbound, effective_deny, intended_deny, effective_rule, intended_rule, reporter, generation > 0`;
  const columns = `from_end, to_end, service::double as service, outbound, effective_deny, intended_deny, effective_rule,
    intended_rule, reporter, generation > 0 as judged, sum(attempts)::double as attempts, sum(records)::double as records,
    min(first)::double as first, max(last)::double as newest,
    ${newestServer('process')}, ${newestServer('unit')}, ${newestServer('user_name')}`;
  const order = `group by ${key} order by newest desc limit ${whole(filter.limit, judgementLimit)}`;
  return join(`select ${columns} from ${source} as f`, conditions(filter), order);
}

/** Rows of one bucket that differ in nothing that live edges keep become one. */
export function recentQuery(source: string, since: number, bucket: number): Query {
  const key = `reporter, network, from_end, to_end, service, outbound, effective_deny, intended_deny, effective_rule, intended_rule, process, unit, user_name, generation > 0, last // ${whole(bucket, 1e9)}`;
  const columns = `reporter, network, any_value(from_name) as from_name, any_value(from_address) as from_address, from_end,
    any_value(to_name) as to_name, any_value(to_address) as to_address, to_end, effective_rule, intended_rule, process, unit,
    user_name, min(first)::double as first, max(last)::double as newest, service::double as service,
    max(generation)::double as generation, sum(attempts)::double as attempts, sum(records)::double as records,
    outbound, effective_deny, intended_deny`;
  const grouped = join(
    `select ${columns} from ${source} as f`,
    conditions({ since }),
    `group by ${key} order by newest desc limit ${recentLimit}`,
  );
  return { sql: `select * rename (newest as last) from (${grouped.sql}) order by newest`, values: grouped.values };
}

const rowColumns = [...textColumns, ...numberColumns.map((name) => `${name}::double as ${name}`), ...flagColumns].join(
  ', ',
);

const newestServer = (column: string): string =>
  `arg_max(${column}, last) filter (where not outbound and (process is not null or unit is not null)) as ${column}`;

const verdictConditions = {
  allowed: '(generation > 0 and not effective_deny and not intended_deny)',
  'would-be-denied': '(not effective_deny and intended_deny)',
  denied: 'effective_deny',
  unknown: '(generation = 0 and not effective_deny and not intended_deny)',
  // One report has one verdict.
  mixed: 'false',
} as const;

function conditions(filter: EdgeFilter & { until?: number }): Query[] {
  const { since, until, service } = filter;
  return [
    ...(since === undefined ? [] : [{ sql: 'f.last >= ?', values: [since] }]),
    ...(until === undefined ? [] : [{ sql: 'f.last < ?', values: [until] }]),
    ...(service === undefined ? [] : [{ sql: 'f.service between ? and ?', values: [service.first, service.last] }]),
    ...endConditions('from', filter.from),
    ...endConditions('to', filter.to),
  ];
}

function endConditions(side: 'from' | 'to', filter: EndFilter | undefined): Query[] {
  if (filter === undefined) return [];
  if (filter.kind === 'workload') return [{ sql: `${side}_name = ?`, values: [filter.name] }];
  if (filter.kind === 'address') return [{ sql: `${side}_address = ?`, values: [filter.address] }];
  return Object.entries(filter.labels).map(([key, value]) => ({
    sql: `json_extract_string(${side}_end, ?) = ?`,
    values: [`/labels/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, value],
  }));
}

function join(head: string, where: readonly Query[], tail: string): Query {
  const condition = where.length === 0 ? '' : ` where ${where.map((part) => part.sql).join(' and ')}`;
  return { sql: `${head}${condition} ${tail}`, values: where.flatMap((part) => part.values) };
}

const whole = (value: number, most: number): number => Math.max(1, Math.min(Math.floor(value) || 1, most));
