import { formatServicePoint } from '@bulkhead/net/service-space.ts';
import { ManyProbes } from '@bulkhead/policy/decide-many.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import type { World } from '@bulkhead/policy/world.ts';
import type { Listener, ProbeOutcome } from '@bulkhead/wire/messages.ts';
import type { Hosts } from '../agents/hosts.ts';
import type { Estate } from '../estate/estate.ts';
import type { WorkloadRecord } from '../store/workloads.ts';
import { type Candidate, chooseCells, usualServices } from './choose-cells.ts';
import type { Deliveries } from './deliveries.ts';
import { isProven } from './isolation-run.ts';
import { type Prober, saysOpen } from './prober.ts';

export type ProbedCell = {
  readonly from: string;
  readonly to: string;
  readonly service: string;
  readonly outcome: ProbeOutcome;
  /** The rule that stopped it at its source, where the kernel named one. */
  readonly rule: string | null;
};

/** Real packets that were tried where everything must be closed. `unknown`: what came of them says nothing. */
export type ProbeReport = {
  readonly at: number;
  /** Hosts that tried. */
  readonly hosts: readonly string[];
  readonly cells: number;
  readonly closed: number;
  readonly unknown: number;
  readonly open: readonly ProbedCell[];
  /** Hosts that were asked and did not answer, or whose agent is from before there were probes. */
  readonly silent: readonly string[];
};

type Parts = {
  readonly world: World;
  readonly estate: Estate;
  readonly hosts: Hosts;
  readonly deliveries: Deliveries;
  readonly prober: Prober;
  readonly clock: () => number;
};

/** Peers and isolated hosts that try, and cells of each: their packets are out within about two seconds. */
const sample = { hosts: 6, cells: 6 } as const;
const answerTimeout = 6000;
const listenersTried = 4;

/** From some peers to what is isolated, and from there to some peers: cells that the policy says are closed. */
export async function probeIsolated(parts: Parts, members: readonly string[]): Promise<ProbeReport> {
  const { prober, clock } = parts;
  const candidates = candidatesOf(parts, new Set(members));
  const into = candidates.filter(({ from }) => !members.includes(from));
  const outOf = candidates.filter(({ from }) => members.includes(from));
  const chosen = [...chooseCells(into, sample), ...chooseCells(outOf, sample)];
  const answers = await Promise.all(
    chosen.map(async ([host, cells]) => {
      const asked = cells.map(({ address, service }) => ({ address, service }));
      return { host, cells, answer: await prober.probe(host, asked, answerTimeout) };
    }),
  );
  const tried: ProbedCell[] = [];
  const silent: string[] = [];
  for (const { host, cells, answer } of answers) {
    if (answer.kind !== 'probed') silent.push(host);
    else
      for (const [index, { outcome, rule }] of answer.results.entries()) {
        const cell = cells[index];
        if (cell === undefined) continue;
        const { from, to, service } = cell;
        tried.push({ from, to, service: formatServicePoint(service), outcome, rule });
      }
  }
  const counted = (says: boolean | null) => tried.filter(({ outcome }) => saysOpen(outcome) === says);
  return {
    at: clock(),
    hosts: answers.filter(({ answer }) => answer.kind === 'probed').map(({ host }) => host),
    cells: tried.length,
    closed: counted(false).length,
    unknown: counted(null).length,
    open: counted(true),
    silent,
  };
}

function candidatesOf(parts: Parts, members: ReadonlySet<string>): Candidate[] {
  const { world, estate, hosts, deliveries, prober } = parts;
  const probes = new ManyProbes(world);
  // An agent tries nothing that its ruleset does not name.
  const known = new Map<string, ReadonlySet<string>>();
  const knows = (name: string, address: string): boolean => {
    const own = known.get(name) ?? new Set(deliveries.content(name)?.addresses.map((peer) => peer.address));
    known.set(name, own);
    return own.has(address);
  };
  // Who does not answer for what it holds is not waited for once more.
  const able = estate
    .workloads()
    // An agent tries from its host, not from where a guest of it is.
    .filter(
      ({ name, managed }) => managed && hosts.link(name) !== null && prober.isAble(name) && isProven(parts, name),
    );
  const isolated = estate.workloads().filter(({ name }) => members.has(name));
  const peers = able.filter(({ name }) => !members.has(name));
  const between = (from: WorkloadRecord, to: WorkloadRecord): Candidate[] =>
    servicesOf(hosts.status(to.name).inventory?.listeners ?? []).flatMap((service) => {
      const [place] = to.addresses;
      if (place === undefined || !knows(from.name, place.address)) return [];
      const verdicts = probes.verdicts({ from: from.name, to: to.name, service: formatServicePoint(service) });
      const isClosed = !isProblem(verdicts) && verdicts.effective === 'deny';
      if (!isClosed) return [];
      return [{ from: from.name, to: to.name, address: place.address, service, expect: 'closed' }];
    });
  return [
    ...peers.flatMap((peer) => isolated.flatMap((one) => between(peer, one))),
    ...able.filter(({ name }) => members.has(name)).flatMap((one) => peers.flatMap((peer) => between(one, peer))),
  ];
}

/** Where something listens an open cell would be heard of; the usual ones are tried whoever listens. */
function servicesOf(listeners: readonly Listener[]): number[] {
  const ports = listeners
    .filter(({ protocol, address }) => protocol === 'tcp' && !address.startsWith('127.') && address !== '::1')
    .map(({ port }) => 6 * 65_536 + port);
  return [...new Set([...ports.slice(0, listenersTried), ...usualServices])];
}
