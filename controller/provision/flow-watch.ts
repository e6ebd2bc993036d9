import type { EdgeEnd, LabelledReport } from '@bulkhead/flows/edge.ts';
import type { EndFilter } from '@bulkhead/flows/edge-filter.ts';
import type { LiveEdges } from '@bulkhead/flows/live-edges.ts';
import { formatServicePoint } from '@bulkhead/net/service-space.ts';
import { ManyProbes } from '@bulkhead/policy/decide-many.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import type { World } from '@bulkhead/policy/world.ts';
import type { History } from '../history/types.ts';
import type { VersionRecord } from '../store/versions.ts';
import { type FlowEnds, nameOf } from './newly-denied.ts';

/** What provisioning in waves asks of flows. */
export type FlowWatch = {
  /** Every report from now on, until the answer is called. */
  readonly listen: (listener: (report: LabelledReport) => void) => () => void;
  /** What was stored since then: after a restart. */
  readonly since: (at: number) => Promise<readonly LabelledReport[]>;
  /** Let through when it was last tried before `at`, within so many days. */
  readonly passedBefore: (flow: FlowEnds, at: number, days: number) => Promise<boolean>;
  /** Flows that passed within the last hour and that one of these hosts is an end of. */
  readonly inUse: (hosts: ReadonlySet<string>) => number;
  /** Whether the newer version denies what the older allows, over the estate as it is. */
  readonly difference: (older: VersionRecord, newer: VersionRecord) => (flow: FlowEnds) => boolean;
};

export type FlowWatchParts = {
  readonly history: Pick<History, 'edges' | 'recent'>;
  readonly live: LiveEdges;
  readonly clock: () => number;
  readonly reports: ReportFeed;
  /** Null where the text has errors that leave no policy. */
  readonly world: (version: Pick<VersionRecord, 'files' | 'labels'>) => World | null;
};

export type ReportFeed = {
  readonly emit: (reports: readonly LabelledReport[]) => void;
  readonly listen: FlowWatch['listen'];
};

export function reportFeed(): ReportFeed {
  const listeners = new Set<(report: LabelledReport) => void>();
  return {
    emit: (reports) => {
      if (listeners.size > 0) for (const report of reports) for (const listener of listeners) listener(report);
    },
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const day = 86_400_000;
/** Hosts' clocks differ by less: a denial that is said to be from before may be from after. */
const clockTolerance = 120_000;

export function watchFlows({ history, live, clock, reports, world }: FlowWatchParts): FlowWatch {
  return {
    listen: reports.listen,
    since: async (at) => {
      const found = await history.recent(at);
      return 'kind' in found ? [] : found;
    },
    passedBefore: async (flow, at, days) => {
      const before = await edgesOf(flow, { since: at - days * day, until: at });
      // A disk that does not answer leaves the last hour, which is in memory.
      if (before === null) return passed(live.snapshot(filterOf(flow), clock()));
      if (before.length === 0) return false;
      if (before.some(({ latest }) => latest !== 'denied')) return true;
      return passed((await edgesOf(flow, { since: at - clockTolerance, until: at })) ?? []);
    },
    inUse: (hosts) => {
      const isOne = (end: EdgeEnd) => end.kind === 'workload' && hosts.has(end.name);
      const edges = live.snapshot({}, clock());
      return edges.filter((edge) => passed([edge]) && (isOne(edge.from) || isOne(edge.to))).length;
    },
    difference: (older, newer) => foresight(world(older), world(newer)),
  };

  async function edgesOf(flow: FlowEnds, time: { readonly since: number; readonly until: number }) {
    const found = await history.edges({ ...filterOf(flow), ...time });
    return 'kind' in found ? null : found.edges;
  }
}

const passed = (edges: readonly { readonly attempts: number; readonly denied: number }[]): boolean =>
  edges.some(({ attempts, denied }) => attempts > denied);

const filterOf = ({ from, to, service }: FlowEnds) => ({
  from: endFilter(from),
  to: endFilter(to),
  service: { first: service, last: service },
});

const endFilter = (end: EdgeEnd): EndFilter =>
  end.kind === 'workload' ? { kind: 'workload', name: end.name } : { kind: 'address', address: end.address };

/** Without both policies nothing was foreseen, so everything that is denied counts. */
function foresight(older: World | null, newer: World | null): (flow: FlowEnds) => boolean {
  if (older === null || newer === null) return () => false;
  const [was, is] = [new ManyProbes(older), new ManyProbes(newer)];
  return ({ from, to, service }) => {
    const alone = [from, to].find((end) => end.kind === 'address');
    const network = alone === undefined ? {} : { network: alone.network };
    const probe = { from: nameOf(from), to: nameOf(to), service: formatServicePoint(service), ...network };
    const [before, after] = [was.verdicts(probe), is.verdicts(probe)];
    return !isProblem(before) && !isProblem(after) && before.effective !== 'deny' && after.effective === 'deny';
  };
}
