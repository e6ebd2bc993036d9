import { decisionStates } from '@bulkhead/flows/decision-state.ts';
import type { Edge } from '@bulkhead/flows/edge.ts';
import { type EdgeFilter, type EdgeFilterText, keyMatches, parseEdgeFilter } from '@bulkhead/flows/edge-filter.ts';
import { type GroupedEdge, groupText } from '@bulkhead/flows/group.ts';
import { answer, type Call, type CommandText, optionNumber, optionSet, optionText } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { badInput } from '../failure.ts';
import { table } from '../table.ts';
import { type Api, openApi } from './api.ts';
import { ageText, edgeLine, edgeTable, paintState } from './edge-text.ts';
import { follow } from './events.ts';
import { parseMoment } from './label-arguments.ts';
import { onlineOptions } from './options.ts';
import { allItems, withQuery } from './pages.ts';

export const flowsCommand: CommandText = {
  usage: 'flows',
  about: 'labelled edges: who talks to whom, with the decision and its rule',
  options: [
    ...onlineOptions,
    { flags: '--from <end>', about: 'a workload, an address, or labels such as role=web,app=shop' },
    { flags: '--to <end>', about: 'the same for the destination' },
    { flags: '--service <service>', about: 'such as tcp/5432 or tcp/8000-8100' },
    { flags: '--verdict <verdict>', about: 'the decision', choices: decisionStates },
    { flags: '--since <time>', about: 'a time, or how long ago, such as 15min' },
    { flags: '--by <keys>', about: 'add up by workload, or by label keys such as role or app,env' },
    { flags: '--limit <number>', about: 'at most this many', fallback: '1000' },
    { flags: '--follow', about: 'one line per change, until interrupted' },
  ],
  run: showFlows,
};

async function showFlows(call: Call): Promise<ExitCode> {
  const text = filterText(call);
  const filter = parseEdgeFilter(text);
  if ('bad' in filter) {
    throw badInput(
      'bad-filter',
      `Cannot filter with --${filter.bad} "${text[filter.bad]}": it cannot be read`,
      'see bulkhead flows --help',
    );
  }
  const api = openApi(call);
  if (optionSet(call, 'follow')) return followEdges(call, api, filter);
  const query = { ...text, since: text.since === undefined ? null : String(text.since) };
  const by = optionText(call, 'by');
  if (by !== null) return showGroups(call, api, { ...query, by });
  const edges = await allItems<Edge>(api, withQuery('/edges', query), optionNumber(call, 'limit') ?? 1000);
  return answer(call, edges, () => edgeTable(edges, call.terminal.colors, Date.now()));
}

function filterText(call: Call): EdgeFilterText {
  const given = (name: 'from' | 'to' | 'service' | 'verdict') => {
    const value = optionText(call, name);
    return value === null ? {} : { [name]: value };
  };
  const since = optionText(call, 'since');
  const moment = since === null ? {} : { since: Date.parse(parseMoment(since, Date.now())) };
  return { ...given('from'), ...given('to'), ...given('service'), ...given('verdict'), ...moment };
}

async function showGroups(call: Call, api: Api, query: Readonly<Record<string, string | null>>): Promise<ExitCode> {
  const { groups } = (await api.get(withQuery('/edges', { ...query, limit: '10000' }))) as {
    groups: readonly GroupedEdge[];
  };
  const { colors } = call.terminal;
  const now = Date.now();
  return answer(call, groups, () => {
    const rows = groups.map((group) => [
      groupText(group.from),
      groupText(group.to),
      group.serviceText,
      paintState(colors, group.latest),
      String(group.attempts),
      String(group.denied),
      String(group.edges),
      ageText(now - group.last),
    ]);
    return rows.length === 0
      ? 'no edges'
      : table(['FROM', 'TO', 'SERVICE', 'DECISION', 'ATTEMPTS', 'DENIED', 'EDGES', 'LAST'], rows);
  });
}

async function followEdges(call: Call, api: Api, filter: EdgeFilter): Promise<ExitCode> {
  for await (const event of follow(api.endpoint, '/events', call.ended)) {
    if (event.event === 'reset') call.terminal.note('some changes were missed; these are the next ones');
    if (event.event !== 'edges') continue;
    for (const edge of changedEdges(event.data, filter)) {
      call.terminal.say(call.json ? JSON.stringify(edge) : edgeLine(edge, call.terminal.colors));
    }
    await call.terminal.drained();
  }
  return exitCodes.ok;
}

/** The edges of one event that the filter lets through, by what they are now. */
export function changedEdges(body: string, filter: EdgeFilter): readonly Edge[] {
  const { edges } = JSON.parse(body) as { readonly edges?: readonly Edge[] };
  const { verdict, since = 0 } = filter;
  return (edges ?? []).filter(
    (edge) => keyMatches(filter, edge) && edge.last >= since && (verdict === undefined || edge.latest === verdict),
  );
}
