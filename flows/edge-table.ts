import { formatServicePoint } from '@bulkhead/net/service-space.ts';
import { type DecisionState, decisionStates } from './decision-state.ts';
import type { Edge, EdgeEnd, SeenRule, Server } from './edge.ts';
import { endText } from './edge-text.ts';

/** A judgement without its attempts. */
export type RuleRow = Omit<SeenRule, 'attempts'>;

/**
 * Many edges in few bytes: whatever edges share is said once and meant by its place, and an edge is one value in each
 * column, a tenth of what it takes by itself. Says exactly what the edges say, in their order.
 */
export type EdgeTable = {
  readonly ends: readonly EdgeEnd[];
  /** Points of the service space. */
  readonly services: readonly number[];
  readonly states: readonly DecisionState[];
  readonly rules: readonly RuleRow[];
  readonly servers: readonly Server[];
  /** What the columns `first` (milliseconds) and `sequence` are counted from. */
  readonly firstFrom: number;
  readonly sequenceFrom: number;
  readonly columns: EdgeColumns;
};

export type EdgeColumns = {
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly service: readonly number[];
  readonly attempts: readonly number[];
  readonly denied: readonly number[];
  readonly wouldBeDenied: readonly number[];
  readonly records: readonly number[];
  readonly state: readonly number[];
  readonly latest: readonly number[];
  /** In turn a place in `rules` and the attempts it judged. */
  readonly rules: readonly (readonly number[])[];
  /** -1: not known. */
  readonly server: readonly number[];
  readonly first: readonly number[];
  /** Milliseconds after `first`. */
  readonly last: readonly number[];
  /** 1: the workload at `from`, 2: the one at `to`, 3: both, 0: nobody; names where it was somebody else. */
  readonly reporters: readonly (number | readonly string[])[];
  readonly sequence: readonly number[];
};

export function packEdges(edges: readonly Edge[]): EdgeTable {
  // By object: equal ends that are several objects are said several times, which does no harm.
  const [ends, services] = [places<EdgeEnd>((end) => end), places<number>((service) => service)];
  const [rules, servers] = [places<RuleRow>(ruleKey, ruleRow), places<Server>(serverKey)];
  const firstFrom = edges.reduce((least, { first }) => Math.min(least, first), edges[0]?.first ?? 0);
  const sequenceFrom = edges.reduce((least, { sequence }) => Math.min(least, sequence), edges[0]?.sequence ?? 0);
  const column = <T>(read: (edge: Edge) => T): T[] => edges.map(read);
  const columns: EdgeColumns = {
    from: column(({ from }) => ends.placeOf(from)),
    to: column(({ to }) => ends.placeOf(to)),
    service: column(({ service }) => services.placeOf(service)),
    attempts: column(({ attempts }) => attempts),
    denied: column(({ denied }) => denied),
    wouldBeDenied: column(({ wouldBeDenied }) => wouldBeDenied),
    records: column(({ records }) => records),
    state: column(({ state }) => decisionStates.indexOf(state)),
    latest: column(({ latest }) => decisionStates.indexOf(latest)),
    rules: column((edge) => edge.rules.flatMap((rule) => [rules.placeOf(rule), rule.attempts])),
    server: column(({ server }) => (server === null ? -1 : servers.placeOf(server))),
    first: column(({ first }) => first - firstFrom),
    last: column(({ first, last }) => last - first),
    reporters: column(reportersOf),
    sequence: column(({ sequence }) => sequence - sequenceFrom),
  };
  const shared = { ends: ends.all, services: services.all, rules: rules.all, servers: servers.all };
  return { ...shared, states: decisionStates, firstFrom, sequenceFrom, columns };
}

/** The length tells where the first id ends; an id is never empty. */
const ruleKey = ({ end, effective, intended, effectiveRule, intendedRule }: RuleRow): string =>
  `${end} ${effective} ${intended} ${effectiveRule?.length ?? ''} ${effectiveRule ?? ''}${intendedRule ?? ''}`;
const ruleRow = ({ end, effective, intended, effectiveRule, intendedRule }: RuleRow): RuleRow => {
  return { end, effective, intended, effectiveRule, intendedRule };
};
const serverKey = ({ process, unit, user }: Server): string =>
  `${process?.length ?? ''} ${unit?.length ?? ''} ${user?.length ?? ''} ${process}${unit}${user}`;

export function unpackEdges(table: EdgeTable): Edge[] {
  const texts = table.ends.map(endText);
  const services = table.services.map(formatServicePoint);
  return table.columns.from.map((_, row) => edgeAt(table, row, { texts, services }));
}

type Texts = { readonly texts: readonly string[]; readonly services: readonly string[] };

function edgeAt(table: EdgeTable, row: number, { texts, services }: Texts): Edge {
  const { columns, firstFrom, sequenceFrom } = table;
  const number = (name: Exclude<keyof EdgeColumns, 'rules' | 'reporters'>): number => at(columns[name], row);
  const [from, to, service] = [number('from'), number('to'), number('service')];
  const first = firstFrom + number('first');
  const ends = { from: at(table.ends, from), to: at(table.ends, to) };
  const server = number('server');
  return {
    key: `${at(texts, from)} -> ${at(texts, to)} ${at(services, service)}`,
    ...ends,
    service: at(table.services, service),
    serviceText: at(services, service),
    attempts: number('attempts'),
    denied: number('denied'),
    wouldBeDenied: number('wouldBeDenied'),
    records: number('records'),
    state: at(table.states, number('state')),
    latest: at(table.states, number('latest')),
    rules: rulesAt(table, row),
    server: server < 0 ? null : at(table.servers, server),
    first,
    last: first + number('last'),
    reporters: reportersAt(at(columns.reporters, row), ends),
    sequence: sequenceFrom + number('sequence'),
  };
}

function rulesAt({ columns, rules }: EdgeTable, row: number): SeenRule[] {
  const said = at(columns.rules, row);
  return said.flatMap((place, index) =>
    index % 2 === 0 ? [{ ...at(rules, place), attempts: at(said, index + 1) }] : [],
  );
}

type Ends = Pick<Edge, 'from' | 'to'>;

/** Its own workloads, in the order of their bits. */
const ownReporters = ({ from, to }: Ends): readonly (string | null)[] =>
  [from, to].map((end) => (end.kind === 'workload' ? end.name : null));

function reportersOf({ from, to, reporters }: Edge): number | readonly string[] {
  const own = ownReporters({ from, to });
  if (reporters.some((name) => !own.includes(name))) return reporters;
  // A workload that reached itself reports as what comes first.
  return reporters.reduce((bits, name) => bits | (1 << own.indexOf(name)), 0);
}

function reportersAt(said: number | readonly string[], ends: Ends): readonly string[] {
  if (typeof said !== 'number') return said;
  return ownReporters(ends)
    .filter((name, index): name is string => name !== null && (said & (1 << index)) !== 0)
    .sort();
}

type Places<T> = { readonly all: readonly T[]; readonly placeOf: (value: T) => number };

/** Gives every value that is not yet known the next place; `keyOf` says which are the same, `keep` what is said of them. */
function places<T>(keyOf: (value: T) => unknown, keep: (value: T) => T = (value) => value): Places<T> {
  const all: T[] = [];
  const known = new Map<unknown, number>();
  const placeOf = (value: T): number => {
    const key = keyOf(value);
    const place = known.get(key);
    if (place !== undefined) return place;
    known.set(key, all.length);
    return all.push(keep(value)) - 1;
  };
  return { all, placeOf };
}

/** A table whose places lead nowhere was not made here. */
function at<T>(values: readonly T[], place: number): T {
  const value = values[place];
  if (value === undefined)
    throw new RangeError(`Cannot read the edge table: place ${place} of ${values.length} is asked`);
  return value;
}
