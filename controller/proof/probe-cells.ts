import { createHash } from 'node:crypto';
import type { Address } from '@bulkhead/net/address.ts';
import { type ServicePoint, serviceValue } from '@bulkhead/net/service-space.ts';

/** A cell to try, and what must become of it. */
export type ProofCell = {
  readonly from: string;
  readonly to: string;
  readonly address: Address;
  readonly service: ServicePoint;
  readonly expected: 'closed' | 'open';
};

/** What is in force for one question: each end, or none where nothing enforces it. */
export type EndVerdicts = { readonly outbound: 'allow' | 'deny' | 'none'; readonly inbound: 'allow' | 'deny' | 'none' };

export type ProbeQuestion = {
  readonly to: { readonly name: string; readonly address: Address };
  /** Ports that something listens on, from elsewhere. */
  readonly listeners: readonly ServicePoint[];
  /** Hosts that can try, and know the address. */
  readonly peers: readonly string[];
  /** Null: it cannot be said. */
  readonly verdicts: (from: string, to: string, service: ServicePoint) => EndVerdicts | null;
  /** The same for the same: what was chosen can be chosen again. */
  readonly seed: string;
  readonly most: number;
  /** Whether cells that must be open are tried, too. */
  readonly open: boolean;
};

/** Of many peers and listeners so many are asked about: each question costs some microseconds. */
const considered = { peers: 12, listeners: 8 } as const;

/**
 * SPEC PR21-PR23. First come cells that the source lets out, so that it is the destination that must stop them; then those
 * where something listens, because an open one is surest to be heard of; then the rest in the order of the seed.
 */
export function chooseProofCells(question: ProbeQuestion): ProofCell[] {
  const { to, seed, most, open } = question;
  const inOrder = <T>(items: readonly T[], nameOf: (item: T) => string): T[] =>
    items
      .map((item) => ({
        item,
        key: createHash('sha256')
          .update(`${seed} ${to.name} ${nameOf(item)}`)
          .digest('hex'),
      }))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ item }) => item);
  const peers = inOrder(question.peers, (name) => name).slice(0, considered.peers);
  const listeners = inOrder(question.listeners, String).slice(0, considered.listeners);
  const rated = peers.flatMap((from) => ratedCells(question, from, listeners));
  const shuffled = inOrder(rated, ({ cell }) => `${cell.from} ${cell.service}`).sort((a, b) => a.rank - b.rank);
  const closed = shuffled.filter(({ cell }) => cell.expected === 'closed').map(({ cell }) => cell);
  const opened = open ? shuffled.filter(({ cell }) => cell.expected === 'open').map(({ cell }) => cell) : [];
  const ofOpen = Math.min(opened.length, Math.floor(most / 2));
  return [...closed.slice(0, most - ofOpen), ...opened.slice(0, ofOpen)];
}

type Rated = { readonly cell: ProofCell; readonly rank: number };

function ratedCells({ to, verdicts }: ProbeQuestion, from: string, listeners: readonly ServicePoint[]): Rated[] {
  const listening = new Set(listeners);
  const neighbours = listeners.map(neighbour).filter((service) => !listening.has(service));
  return [...listening, ...neighbours].flatMap((service): Rated[] => {
    const said = verdicts(from, to.name, service);
    if (said === null) return [];
    const cell = { from, to: to.name, address: to.address, service };
    const isListening = listening.has(service);
    if (said.inbound === 'deny' || said.outbound === 'deny') {
      const rank = (said.outbound === 'deny' ? 2 : 0) + (isListening ? 0 : 1);
      return [{ cell: { ...cell, expected: 'closed' }, rank }];
    }
    return isListening && said.inbound === 'allow' ? [{ cell: { ...cell, expected: 'open' }, rank: 0 }] : [];
  });
}

/** The next port; the highest has the one below. */
const neighbour = (service: ServicePoint): ServicePoint =>
  serviceValue(service) === 0xffff ? service - 1 : service + 1;
