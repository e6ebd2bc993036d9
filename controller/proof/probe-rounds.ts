import type { Address } from '@bulkhead/net/address.ts';
import { formatServicePoint, parseServiceRange, servicePoint } from '@bulkhead/net/service-space.ts';
import { ManyProbes } from '@bulkhead/policy/decide-many.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import type { World } from '@bulkhead/policy/world.ts';
import type { Listener, ProbeOutcome } from '@bulkhead/wire/messages.ts';
import type { Hosts } from '../agents/hosts.ts';
import type { Estate } from '../estate/estate.ts';
import type { Deliveries } from '../provision/deliveries.ts';
import { isProven } from '../provision/isolation-run.ts';
import { type Prober, saysOpen } from '../provision/prober.ts';
import type { WorkloadRecord } from '../store/workloads.ts';
import { chooseProofCells, type EndVerdicts, type ProofCell } from './probe-cells.ts';
import { isWrong, type Probed, type ProofBook } from './proof-book.ts';

export type ProbeRoundsParts = {
  readonly estate: Pick<Estate, 'workloads'>;
  readonly hosts: Pick<Hosts, 'link' | 'status'>;
  readonly deliveries: Pick<Deliveries, 'meant' | 'content'>;
  readonly prober: Pick<Prober, 'isAble' | 'probe'>;
  readonly proofs: Pick<ProofBook, 'entry' | 'probed'>;
  /** What is in force; null: there is no policy to say it. */
  readonly world: () => World | null;
  readonly clock: () => number;
  /** SPEC PR22. */
  readonly open: boolean;
};

/** SPEC PR23: two cells of each host every twenty seconds. */
export const roundMilliseconds = 20_000;
const cellsOfHost = 2;
const answerTimeout = 6000;

/** Has hosts try cells of each other, round after round, for as long as the controller runs. */
export class ProbeRounds {
  readonly #parts: ProbeRoundsParts;
  #round = 0;
  #running = false;

  constructor(parts: ProbeRoundsParts) {
    this.#parts = parts;
  }

  /** One at a time: a round that takes longer than the pause is not overtaken. */
  async next(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      await this.#run(`${this.#round++}`);
    } finally {
      this.#running = false;
    }
  }

  async #run(seed: string): Promise<void> {
    const world = this.#parts.world();
    if (world === null) return;
    const cells = this.#choose(world, seed);
    const byHost = Map.groupBy(cells, ({ from }) => from);
    await Promise.all([...byHost].map(([host, those]) => this.#ask(host, those)));
  }

  #choose(world: World, seed: string): ProofCell[] {
    const { estate, hosts, deliveries, prober, proofs, open } = this.#parts;
    const verdicts = verdictsIn(world);
    const settled = estate.workloads().filter(({ name, managed }) => managed && isProven({ hosts, deliveries }, name));
    const able = settled.filter(({ name }) => hosts.link(name) !== null && prober.isAble(name));
    const known = knownAddresses(deliveries);
    return settled.flatMap((to) => {
      const address = to.addresses[0]?.address;
      if (address === undefined) return [];
      const peers = able.map(({ name }) => name).filter((name) => name !== to.name && known(name).has(address));
      const again = proofs.entry(to.name).probed.filter((one) => isWrong(one) && peers.includes(one.from));
      const listeners = listenersOf(hosts.status(to.name).inventory?.listeners ?? []);
      const question = { to: { name: to.name, address }, listeners, peers, verdicts, seed, open };
      // What was not as it must be is tried again until it is.
      const retried = again.slice(0, cellsOfHost).flatMap((one) => this.#again(one, to, verdicts));
      return [...retried, ...chooseProofCells({ ...question, most: cellsOfHost - retried.length })];
    });
  }

  /** The same cell with what must become of it by now. */
  #again(one: Probed, to: WorkloadRecord, verdicts: Verdicts): ProofCell[] {
    const service = parseServiceRange(one.service)?.first ?? null;
    const address = to.addresses.find((place) => place.address === one.address)?.address;
    const said = service === null ? null : verdicts(one.from, to.name, service);
    if (service === null || address === undefined || said === null) return [];
    const expected = said.outbound === 'deny' || said.inbound === 'deny' ? 'closed' : 'open';
    return [{ from: one.from, to: to.name, address, service, expected }];
  }

  async #ask(host: string, cells: readonly ProofCell[]): Promise<void> {
    const { prober, proofs, clock } = this.#parts;
    const before = cells.map((cell) => this.#numbersOf(cell));
    const asked = cells.map(({ address, service }) => ({ address, service }));
    const answer = await prober.probe(host, asked, answerTimeout);
    if (answer.kind !== 'probed') return;
    for (const [index, { outcome }] of answer.results.entries()) {
      const cell = cells[index];
      // What changed meanwhile is judged by nobody.
      if (cell === undefined || outcome === 'skipped' || this.#numbersOf(cell) !== before[index]) continue;
      proofs.probed({ ...probedText(cell, outcome), at: clock() });
    }
  }

  #numbersOf({ from, to }: ProofCell): string {
    const { deliveries } = this.#parts;
    return `${deliveries.meant(from).generation} ${deliveries.meant(to).generation}`;
  }
}

function probedText({ service, ...cell }: ProofCell, outcome: ProbeOutcome): Omit<Probed, 'at'> {
  const says = saysOpen(outcome);
  const found = says === null ? 'undecided' : says ? 'open' : 'closed';
  return { ...cell, service: formatServicePoint(service), found, seen: seenTexts[outcome] };
}

const seenTexts: Readonly<Record<ProbeOutcome, string>> = {
  connected: 'it was connected',
  refused: 'it was answered that nothing listens',
  denied: 'the source denied it',
  silent: 'no answer',
  sent: 'it was sent',
  unreachable: 'the network does not reach it',
  skipped: 'it was not tried',
};

type Verdicts = (from: string, to: string, service: number) => EndVerdicts | null;

function verdictsIn(world: World): Verdicts {
  const probes = new ManyProbes(world);
  return (from, to, service) => {
    const said = probes.answer({ from, to, service: formatServicePoint(service) });
    if (isProblem(said)) return null;
    const { outbound, inbound, verdict } = said.effective;
    // Addresses that are not judged alike: nothing is said of one of them.
    return verdict === 'mixed' || outbound === null || inbound === null
      ? null
      : { outbound: outbound.verdict, inbound: inbound.verdict };
  };
}

/** An agent tries nothing that its ruleset does not name. */
function knownAddresses(deliveries: Pick<Deliveries, 'content'>): (name: string) => ReadonlySet<Address> {
  const known = new Map<string, ReadonlySet<Address>>();
  return (name) => {
    const own = known.get(name) ?? new Set(deliveries.content(name)?.addresses.map((peer) => peer.address));
    known.set(name, own);
    return own;
  };
}

const listenersOf = (listeners: readonly Listener[]): number[] => [
  ...new Set(
    listeners
      .filter(({ protocol, address }) => protocol === 'tcp' && !address.startsWith('127.') && address !== '::1')
      .map(({ port }) => servicePoint(6, port)),
  ),
];
