import { buildEdge, type Judgement } from '@bulkhead/flows/count-edge.ts';
import type { Edge, EdgeEnd, Server } from '@bulkhead/flows/edge.ts';
import { endReader } from './flow-columns.ts';

/** A row of `edgesQuery`. */
export type JudgementRow = {
  readonly from_end: string;
  readonly to_end: string;
  readonly service: number;
  readonly outbound: boolean;
  readonly effective_deny: boolean;
  readonly intended_deny: boolean;
  readonly effective_rule: string | null;
  readonly intended_rule: string | null;
  readonly reporter: string;
  readonly judged: boolean;
  readonly attempts: number;
  readonly records: number;
  readonly first: number;
  readonly newest: number;
  readonly process: string | null;
  readonly unit: string | null;
  readonly user_name: string | null;
};

type Gathered = { readonly from: EdgeEnd; readonly to: EdgeEnd; readonly rows: JudgementRow[] };

/** Judgements of equal ends and service become one edge, counted the same way as live edges. Keeps the order. */
export function edgesOfRows(rows: readonly JudgementRow[]): Edge[] {
  const end = endReader();
  const gathered = new Map<string, Gathered>();
  for (const row of rows) {
    const key = `${row.service} ${row.from_end} ${row.to_end}`;
    const found = gathered.get(key) ?? { from: end(row.from_end), to: end(row.to_end), rows: [] };
    found.rows.push(row);
    gathered.set(key, found);
  }
  return [...gathered.values()].map(({ from, to, rows: own }) => {
    const judgements = own.map(judgementOf);
    return buildEdge({ from, to, service: own[0]?.service ?? 0, judgements, server: serverOf(own), sequence: 0 });
  });
}

function judgementOf(row: JudgementRow): Judgement {
  return {
    end: row.outbound ? 'source' : 'destination',
    effective: row.effective_deny ? 'deny' : 'allow',
    intended: row.intended_deny ? 'deny' : 'allow',
    effectiveRule: row.effective_rule,
    intendedRule: row.intended_rule,
    reporter: row.reporter,
    judged: row.judged,
    attempts: row.attempts,
    records: row.records,
    first: row.first,
    last: row.newest,
  };
}

/** Rows come newest first, so the first that knows its server knows the newest. */
function serverOf(rows: readonly JudgementRow[]): Server | null {
  const row = rows.find(({ process, unit }) => process !== null || unit !== null);
  return row === undefined ? null : { process: row.process, unit: row.unit, user: row.user_name };
}
