import { freshFor } from '../../proof/standing.ts';
import { isEnforced } from '../../store/workloads.ts';
import { statusAnswer } from '../answers/hosts.ts';
import { healthAnswer } from '../answers/people.ts';
import { type HostView, hostView, iso } from '../host-view.ts';
import { type Api, type ApiParts, answers } from '../parts.ts';

export function statusRoutes(app: Api, parts: ApiParts): void {
  app.get('/healthz', { config: answers('public', healthAnswer) }, async () => ({ status: 'ok' }));
  app.get('/status', { config: answers('view', statusAnswer) }, async () => status(parts));
}

/** What this version of the product does not do, said to whoever asks what it is doing. */
const absent = ['process and user rules', 'reverify', 'domain names for guests', 'guests that nobody declared'];

async function status(parts: ApiParts) {
  const { store, estate, conductor, live, history, refusals, disk, clock, startedAt } = parts;
  const workloads = estate.workloads();
  const hosts = workloads.filter((workload) => workload.managed).map((workload) => hostView(parts, workload));
  const guests = workloads.filter(({ host }) => host !== null).map((workload) => hostView(parts, workload));
  const { number, hash } = conductor.current;
  const provision = await store.provisions.get(number);
  return {
    version: { number, hash, state: provision?.state ?? 'done' },
    started: iso(startedAt),
    now: iso(clock()),
    setupNeeded: (await store.users.count()) === 0,
    consoleAddress: parts.consoleAddress(),
    agentAddresses: parts.agentAddresses,
    authority: parts.authority.fingerprint,
    disk: disk.state(),
    workloads: {
      managed: hosts.length,
      unmanaged: workloads.filter((workload) => !isEnforced(workload) && workload.source === null).length,
      guests: guests.length,
      containers: workloads.filter(({ source }) => source?.part === 'pod').length,
      nodes: workloads.filter(({ source }) => source?.part === 'node').length,
    },
    hosts: hostCounts(hosts),
    isolations: parts.isolations.records.length,
    guests: {
      proven: guests.filter((guest) => guest.proven && guest.notEnforced === null).length,
      notEnforced: guests.filter((guest) => guest.notEnforced !== null).map(({ name }) => name),
    },
    reports: reportCounts(hosts),
    edges: live.counts(),
    history: history.counts(),
    refusals: refusals.counts(),
    clusters: parts.clusters.views(),
    duplicateAddresses: estate.book.duplicatesAt(clock()),
    memoryBytes: process.memoryUsage.rss(),
    absent,
  };
}

function hostCounts(hosts: readonly HostView[]) {
  const away = hosts.filter((host) => !host.connected);
  return {
    connected: hosts.length - away.length,
    proven: hosts.filter((host) => host.proven).length,
    /** Proven by a signed statement that is not older than `freshSeconds`. */
    fresh: hosts.filter((host) => host.proof.proven.state === 'proven').length,
    freshSeconds: freshFor / 1000,
    notProven: hosts.flatMap(notProven),
    alarms: hosts.flatMap(({ name, proof }) =>
      proof.probed.alarms.length === 0 ? [] : [{ name, alarms: proof.probed.alarms }],
    ),
    away: away.map(({ name, lastSeen }) => ({ name, lastSeen })),
    withProblems: hosts.filter((host) => host.problems.length > 0).map((host) => host.name),
  };
}

function notProven({ name, proof }: HostView) {
  const { state, since, reason } = proof.proven;
  return state === 'proven' ? [] : [{ name, state, since, reason }];
}

/** Loss is a number: what the kernels judged, what came back as records, and what did not. */
function reportCounts(hosts: readonly HostView[]) {
  const sum = (of: (host: HostView) => number | null) => hosts.reduce((total, host) => total + (of(host) ?? 0), 0);
  return {
    counted: sum((host) => host.counted),
    received: sum((host) => host.received),
    lost: sum((host) => host.lost),
    droppedBatches: sum((host) => host.droppedBatches),
    spooledBatches: sum((host) => host.spooledBatches),
    missingBatches: sum((host) => host.reports.missing),
    foreignReports: sum((host) => host.reports.foreign),
  };
}
