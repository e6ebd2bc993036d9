import { join } from 'node:path';
import type { Isolation } from '@bulkhead/policy/isolation.ts';
import type { World } from '@bulkhead/policy/world.ts';
import type { Logger } from 'pino';
import { type AgentsDoor, createAgentsServer } from './agents/agents-server.ts';
import { enrol } from './agents/enrol.ts';
import { Guests } from './agents/guests.ts';
import { sessionHandlers } from './agents/handlers.ts';
import { unfit } from './agents/identify.ts';
import { Ingest } from './agents/ingest.ts';
import { listen } from './agents/listen.ts';
import { formatListenAddress, type ListenAddress } from './agents/listen-address.ts';
import { renew } from './agents/renew.ts';
import { AgentSession } from './agents/session.ts';
import { hostView } from './api/host-view.ts';
import type { ApiParts } from './api/parts.ts';
import { type ApiRoute, buildApi } from './api/server.ts';
import { failedAttempts } from './auth/attempts.ts';
import { offerSetup } from './auth/setup.ts';
import { clustersIn } from './clusters/cluster-options.ts';
import { Clusters, type ClustersParts } from './clusters/clusters.ts';
import type { Estate } from './estate/estate.ts';
import { openGround } from './open-ground.ts';
import type { UpOptions } from './options.ts';
import { issueServerCertificate, type ServerCertificate } from './pki/server-certificate.ts';
import { ProbeRounds, roundMilliseconds } from './proof/probe-rounds.ts';
import { Conductor } from './provision/conductor.ts';
import { Deliveries } from './provision/deliveries.ts';
import { dependenciesOf, type ResolvedEnd, reachOf } from './provision/dependencies.ts';
import { reportFeed, watchFlows } from './provision/flow-watch.ts';
import { Isolating } from './provision/isolating.ts';
import { Isolations } from './provision/isolations.ts';
import { controllerLifeline } from './provision/lifelines.ts';
import { Prober } from './provision/prober.ts';
import { buildSide, parsePolicy, readMeaning, readPolicy, type Side, type SideParts } from './provision/side.ts';
import { defaultWaves } from './provision/wave-settings.ts';
import type { Store } from './store/open-store.ts';
import type { VersionRecord } from './store/versions.ts';
import { isEnforced } from './store/workloads.ts';

export type Started = {
  readonly address: ListenAddress;
  readonly agentAddresses: readonly ListenAddress[];
  readonly controlSocket: string;
  /** The one-time link, while nobody is set up. */
  readonly setupLink: string | null;
  readonly routes: readonly ApiRoute[];
  readonly stop: () => Promise<void>;
};

/** Enrolments that may fail per minute and source; hosts behind one relay share a source. */
const enrolAttempts = 30;
/** Renewals per minute and workload, and refused ones per minute and source. */
const renewAttempts = 10;
const hour = 3600 * 1000;
/** SPEC PR18. */
const proofsKept = 90 * 24 * hour;

/** Everything behind the doors: stores, estate, what hosts should hold. */
async function openCore(options: UpOptions, log: Logger) {
  const ground = await openGround(options, log);
  const { clock, store, history, estate, noticed, broken, events, disk, live, hosts, proofs } = ground;
  const current = await firstVersion(store);
  const dependencies = keptDependencies(estate, () => conductor.current);
  const reach = (workload: string) => reachOf(dependencies(workload));
  const deliveries = await Deliveries.load({
    store,
    hosts,
    noticed,
    reach,
    aimed: (workload, generation) => proofs.intended(workload, generation),
  });
  const lifelines = controllerLifeline(options.listenAgents, options.lifelines);
  const isolations = await Isolations.load({ store, clock });
  const prober = new Prober(hosts, clock);
  const sideParts = ({ files, labels }: Pick<VersionRecord, 'files' | 'labels'>) => ({
    estate,
    files,
    labels,
    lifelines,
    isolations: isolations.meanings,
    now: clock(),
  });
  const meaning = (version: Pick<VersionRecord, 'files' | 'labels'>) => readMeaning(sideParts(version));
  const policy = ({ files }: Pick<VersionRecord, 'files'>) => readPolicy(sideParts({ files, labels: [] }));
  const reports = reportFeed();
  const world = (version: Pick<VersionRecord, 'files' | 'labels'>) => {
    // Clusters' labels are what they are by now: this is about connections that were tried.
    const { policy, estate: built } = buildSide({ ...sideParts(version), isWatched: () => false });
    return policy === null ? null : { policy, estate: built };
  };
  const flows = watchFlows({ history, live, clock, reports, world });
  const provisioned = { store, estate, hosts, deliveries, events, log, clock, isolations };
  const conductor: Conductor = new Conductor(
    { ...provisioned, meaning, policy, flows, budget: options.budget },
    current,
  );
  forgetReplaced(estate, { hosts, deliveries, proofs });
  const guests = new Guests({ estate, hosts, deliveries, noticed, failed: broken });
  estate.onChange(({ kind, workload }) => events.emit('estate', { kind, workload }));
  await conductor.start();
  const clusters = openClusters(options, { store, estate, disk, events, log, clock, current: () => conductor.current });
  const isWatched = (cluster: string) => clusters.isWatched(cluster);
  const sides = {
    side: (version: Pick<VersionRecord, 'files' | 'labels'>) => buildSide({ ...sideParts(version), isWatched }),
    ...sidesNow(() => sideParts(conductor.current)),
  };
  const isolating = new Isolating({ ...provisioned, conductor, prober, side: sides.sideNow });
  isolating.start();
  const { certificateLifetime } = options;
  return {
    ...ground,
    ...sides,
    ...{ clusters, guests, deliveries, isolations, isolating, prober, dependencies, conductor, reports },
    certificateLifetime,
  };
}

/** What is in force is judged by the labels that workloads have, whatever is still on its way. */
function sidesNow(parts: () => SideParts) {
  const isWatched = () => false;
  return {
    sideNow: () => buildSide({ ...parts(), isWatched }),
    sideWith: (isolation: Isolation) => {
      const now = parts();
      return buildSide({ ...now, isolations: [...now.isolations, isolation], isWatched });
    },
  };
}

function openClusters({ data, kubernetes }: UpOptions, parts: ClustersParts): Clusters {
  const clusters = clustersIn(data, kubernetes);
  if (typeof clusters === 'string') throw new Error(clusters);
  return new Clusters(clusters, parts);
}

type Core = Awaited<ReturnType<typeof openCore>>;
type AgentDoors = { readonly doors: readonly AgentsDoor[]; readonly addresses: readonly ListenAddress[] };

async function openAgentDoors(
  core: Core,
  certificate: ServerCertificate,
  addresses: readonly ListenAddress[],
): Promise<AgentDoors> {
  const { authority, certificates, refusals, noticed, broken, clock } = core;
  const ingest = new Ingest(core);
  const handlers = sessionHandlers(core);
  const [attempts, renewals] = [failedAttempts(enrolAttempts, clock), failedAttempts(renewAttempts, clock)];
  const doors = addresses.map(() =>
    createAgentsServer({
      authority: authority.certificate,
      certificate,
      certificates,
      clock,
      refusals,
      renew: (asked) => renew({ ...core, attempts: renewals }, asked),
      enrol: (body, source) => enrol({ ...core, attempts }, body, source),
      session: (socket, peer, reachedAt) => {
        const isUnfit = () => unfit(peer, { certificates, clock });
        const parts = {
          hosts: core.hosts,
          ingest,
          handlers,
          unfit: isUnfit,
          reachedAt,
          refused: noticed,
          broken,
          certificate: peer.certificate,
        };
        new AgentSession(socket, peer.workload, parts).run();
      },
    }),
  );
  const bound = doors.map(({ server }, index) => listen(server, addresses[index] as ListenAddress));
  return { doors, addresses: await Promise.all(bound) };
}

/** Opens everything in order, the doors last. */
export async function start(options: UpOptions, log: Logger): Promise<Started> {
  const core = await openCore(options, log);
  const { store, conductor, clock, authority } = core;
  const certificate = await issueServerCertificate(authority, listenNames([options.listen, ...options.listenAgents]));
  const agents = await openAgentDoors(core, certificate, options.listenAgents);
  let consoleAddress: string | null = null;
  const parts: ApiParts = {
    ...core,
    startedAt: clock(),
    waves: options.waves ? defaultWaves : null,
    budget: options.budget,
    currentSide: keptSide(core),
    agentAddresses: agents.addresses.map(formatListenAddress),
    consoleAddress: () => consoleAddress,
  };
  const { app, control, routes } = await buildApi(parts, certificate, log);
  const controlSocket = join(options.data, 'control.sock');
  await listen(control, { kind: 'unix', path: controlSocket });
  const address = await listen(app.server, options.listen);
  consoleAddress = `https://${formatListenAddress(address)}`;
  core.clusters.start();
  const timers = [...startTimers(core, parts), ...startProbing(core, parts, { options, log })];
  const token = await offerSetup(store);
  return {
    address,
    agentAddresses: agents.addresses,
    controlSocket,
    routes,
    setupLink: token === null ? null : `${consoleAddress}/setup#${token}`,
    stop: async () => {
      for (const timer of timers) clearInterval(timer);
      await core.clusters.stop();
      core.isolating.stop();
      await conductor.stop();
      await core.deliveries.stop();
      await closeDoors(core, agents.doors);
      await keepProofs(core);
      control.close();
      control.closeAllConnections();
      const closed = app.close();
      // A console that is open somewhere follows the events for as long as it is let.
      app.server.closeAllConnections();
      await closed;
      await core.history.close();
      await store.close();
    },
  };
}

function startTimers(core: Core, parts: ApiParts): NodeJS.Timeout[] {
  return [
    setInterval(() => tellHosts(parts, core.changedHosts), 250),
    setInterval(() => void noteSeen(core), 10_000),
    setInterval(() => void keepProofs(core), 5000),
    setInterval(() => void tidy(parts), hour),
  ];
}

function startProbing(
  { prober }: Core,
  parts: ApiParts,
  { options: { probe }, log }: { readonly options: UpOptions; readonly log: Logger },
): NodeJS.Timeout[] {
  if (probe === 'off') return [];
  const world = (): World | null => {
    const { policy, estate } = parts.currentSide();
    return policy === null ? null : { policy, estate };
  };
  const rounds = new ProbeRounds({ ...parts, prober, world, open: probe === 'all' });
  const failed = (error: unknown) => log.error({ error: String(error) }, 'a round of probes broke off');
  return [setInterval(() => void rounds.next().catch(failed), roundMilliseconds)];
}

async function noteSeen({ store, hosts, clock, disk }: Core): Promise<void> {
  const connected = hosts.connected();
  try {
    await store.hostStates.seen(connected, clock());
    if (connected.length > 0) disk.worked('store');
  } catch (error) {
    disk.failed('store', error as Error);
  }
}

async function keepProofs({ proofs, disk }: Core): Promise<void> {
  try {
    await proofs.flush();
  } catch (error) {
    disk.failed('store', error as Error);
  }
}

async function closeDoors({ store, hosts, clock }: Core, doors: readonly AgentsDoor[]): Promise<void> {
  await store.hostStates.seen(hosts.connected(), clock());
  for (const workload of hosts.connected()) hosts.link(workload)?.close('stopping', 'the controller stops');
  for (const door of doors) door.end();
}

function listenNames(addresses: readonly ListenAddress[]): string[] {
  return addresses.flatMap((address) => (address.kind === 'tcp' ? [address.host] : []));
}

/** The current version; a new estate begins with version 0, which says nothing. */
async function firstVersion(store: Store): Promise<VersionRecord> {
  const empty = { base: null, files: [], labels: [], note: 'the empty policy', createdBy: 'controller' };
  return (await store.versions.current()) ?? store.transaction(({ versions }) => versions.add(empty));
}

function forgetReplaced(
  estate: Estate,
  { hosts, deliveries, proofs }: Pick<Core, 'hosts' | 'deliveries' | 'proofs'>,
): void {
  estate.onChange(({ kind, workload }) => {
    if (kind !== 'enrolled' && kind !== 'revoked') return;
    hosts.forget(
      workload,
      'certificate-revoked',
      'Cannot go on with this session: its certificate was revoked or replaced',
    );
    deliveries.forget(workload);
    proofs.forget(workload);
  });
}

/** Built again when the version or the estate has changed, or a rule has expired. */
function keptSide({ conductor, estate, isolations, sideNow, clock }: Core): () => Side {
  let kept: { readonly key: string; readonly until: number; readonly side: Side } | null = null;
  return () => {
    const key = `${conductor.current.number} ${estate.revision} ${isolations.revision}`;
    if (kept === null || kept.key !== key || clock() >= kept.until) {
      const built = sideNow();
      kept = { key, until: built.policy?.nextExpiry ?? Infinity, side: built };
    }
    return kept.side;
  };
}

/** Documents are read once for each version, and names looked up when they are asked for. */
function keptDependencies(estate: Estate, current: () => VersionRecord): (workload: string) => ResolvedEnd[] {
  let kept: { readonly version: number; readonly resolve: ReturnType<typeof dependenciesOf> } | null = null;
  return (workload) => {
    const { number, files } = current();
    if (kept?.version !== number) kept = { version: number, resolve: dependenciesOf(parsePolicy(files).documents) };
    return kept.resolve(workload, (name) => estate.document(name));
  };
}

/** Hosts change often and in bursts: those that watch are told a few times a second. */
function tellHosts(parts: ApiParts, changed: Set<string>): void {
  for (const name of changed) {
    const workload = parts.estate.get(name);
    if (parts.events.listeners() > 0 && workload !== null && isEnforced(workload))
      parts.events.emit('host', hostView(parts, workload));
  }
  changed.clear();
}

async function tidy({ history, disk, clock, estate, proofs }: ApiParts): Promise<void> {
  const retained = await history.retain(clock());
  if ('kind' in retained && retained.kind === 'failed') disk.failed('history', retained);
  estate.book.forgetBefore(clock() - 48 * hour);
  await proofs.forgetBefore(clock() - proofsKept).catch((error: Error) => disk.failed('store', error));
}
