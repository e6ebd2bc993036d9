import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Edge, LabelledReport } from '@bulkhead/flows/edge.ts';
import { type EdgeFilter, parseEdgeFilter } from '@bulkhead/flows/edge-filter.ts';
import { packEdges } from '@bulkhead/flows/edge-table.ts';
import { type GroupedEdge, groupEdges, parseGroupBy } from '@bulkhead/flows/group.ts';
import { newestFirst } from '@bulkhead/flows/live-edges.ts';
import { formatServicePoint } from '@bulkhead/net/service-space.ts';
import Type from 'typebox';
import { edgesAnswer, edgeTableAnswer, flowsAnswer } from '../answers/edges.ts';
import { iso } from '../host-view.ts';
import { badCursor, defaultLimit, pageQuery } from '../page.ts';
import { type Api, type ApiParts, answers } from '../parts.ts';
import { Refused } from '../problem.ts';
import { Walks } from '../walks.ts';

const endText = Type.Optional(
  Type.String({ maxLength: 1024, description: 'A workload, an address, or `role=web,app=shop`' }),
);
const filterQuery = {
  from: endText,
  to: endText,
  service: Type.Optional(Type.String({ maxLength: 64, description: '`tcp/5432`, `tcp/8000-8100`, `icmp/8`' })),
  verdict: Type.Optional(
    Type.String({ maxLength: 32, description: 'allowed, would-be-denied, denied, mixed, unknown' }),
  ),
  since: Type.Optional(Type.String({ maxLength: 40, description: 'RFC 3339, or milliseconds since the epoch' })),
};
const walkQuery = {
  ...pageQuery,
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, default: defaultLimit })),
  ...filterQuery,
};
const edgesQuery = Type.Object({
  ...walkQuery,
  by: Type.Optional(
    Type.String({ maxLength: 1024, description: '`workload`, or label keys such as `role` or `app,env`' }),
  ),
});
const tableQuery = Type.Object(filterQuery);
const flowsQuery = Type.Object({ ...walkQuery, until: filterQuery.since });

/** Edges read before others get their turn: about 10 ms of work. */
const edgesAtOnce = 2000;

export function edgeRoutes(app: Api, { live, history, events, clock }: ApiParts): void {
  const walks = new Walks(clock);
  const edgesNow = (asked: FilterText) => live.snapshot(readFilter(asked), clock());

  app.get('/edges', { config: answers('view', edgesAnswer), schema: { querystring: edgesQuery } }, async (request) => {
    const { cursor, limit = defaultLimit, ...asked } = request.query;
    const question = JSON.stringify(Object.entries(asked).sort());
    const leg =
      cursor === undefined
        ? walks.start(question, { items: foundEdges(edgesNow(asked), asked.by), sequence: live.sequence }, limit)
        : walks.next<Edge | GroupedEdge>(question, cursor, limit);
    if (leg === null) throw badCursor('its walk is over or had another filter');
    if (asked.by === undefined) return leg;
    // A group is not an edge, and whoever reads it must not mistake one for the other.
    const { items: groups, ...rest } = leg;
    return { groups, ...rest };
  });

  /** All at once, for a map: there are never more than the live view keeps. `lastEvent`: what came after is told by `/events?after=`. */
  app.get(
    '/edges/table',
    { config: answers('view', edgeTableAnswer), schema: { querystring: tableQuery } },
    async (request) => {
      // Before the first edge is read: what changes from here on is told by the feeds.
      const [sequence, lastEvent] = [live.sequence, events.lastId()];
      const edges: Edge[] = [];
      for (const slice of live.slices(readFilter(request.query), clock(), edgesAtOnce)) {
        edges.push(...slice);
        await nextTurn();
      }
      return { ...packEdges(newestFirst(edges)), sequence, lastEvent };
    },
  );

  app.get('/flows', { config: answers('view', flowsAnswer), schema: { querystring: flowsQuery } }, async (request) => {
    const { cursor, limit = defaultLimit, until } = request.query;
    const filter = readFilter(request.query);
    const page = await history.flows({
      ...filter,
      limit,
      ...(until !== undefined && { until: readTime('until', until) }),
      ...(cursor !== undefined && { cursor }),
    });
    if ('kind' in page)
      throw new Refused(page.code === 'history-cursor' ? 'bad-cursor' : 'history-unavailable', page.message);
    return { items: page.flows.map(flowView), next: page.next };
  });
}

function foundEdges(edges: readonly Edge[], by: string | undefined): readonly (Edge | GroupedEdge)[] {
  if (by === undefined) return edges;
  const group = parseGroupBy(by);
  if (group === null) throw badFilter('by', by);
  return groupEdges(edges, group);
}

function flowView({ reporter, from, to, report }: LabelledReport) {
  const { first, last, service, ...rest } = report;
  return {
    reporter,
    from,
    to,
    service,
    serviceText: formatServicePoint(service),
    first: iso(first),
    last: iso(last),
    ...rest,
  };
}

type FilterText = {
  readonly from?: string;
  readonly to?: string;
  readonly service?: string;
  readonly verdict?: string;
  readonly since?: string;
};

function readFilter({ from, to, service, verdict, since }: FilterText): EdgeFilter {
  const text = {
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    ...(service !== undefined && { service }),
    ...(verdict !== undefined && { verdict }),
    ...(since !== undefined && { since: readTime('since', since) }),
  };
  const filter = parseEdgeFilter(text);
  if ('bad' in filter) throw badFilter(filter.bad, String(text[filter.bad]));
  return filter;
}

function readTime(name: string, text: string): number {
  const at = /^\d{1,16}$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isNaN(at)) throw badFilter(name, text);
  return at;
}

const badFilter = (part: string, value: string): Refused =>
  new Refused(
    'bad-filter',
    `Cannot filter with ${part} "${value.slice(0, 80)}": it cannot be read, see /docs for the forms`,
  );
