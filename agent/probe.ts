import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import type { RuleId } from '@bulkhead/model/words.ts';
import { type Address, addressFamily } from '@bulkhead/net/address.ts';
import { serviceProtocol, serviceValue } from '@bulkhead/net/service-space.ts';
import type { ProbeCell, Probed, ProbeOrder, ProbeOutcome, ProbeResult } from '@bulkhead/wire/messages.ts';
import { errorCode } from './atomic-file.ts';

export type ProbeParts = {
  /** Whether the ruleset that is held knows the address: nothing else is ever tried, whoever asks. */
  readonly knows: (address: Address) => boolean;
  readonly now: () => number;
};

/** What the kernel's log said of a connection that this host began. */
export type OwnDenial = { readonly peer: Address; readonly service: number; readonly rule: RuleId | null };

/** Cells tried at the same time: a peer sees no more than a browser opens. */
const atOnce = 8;
/** Orders that may wait; those beyond are answered as skipped. */
const mostWaiting = 4;
/** Without an answer of TCP for so long the far end, or something between, drops it; milliseconds. */
const silence = 1000;
/** A datagram that nobody complains about for so long has left. */
const quiet = 400;

type End = { readonly outcome: ProbeOutcome; readonly rule: RuleId | null };
type Try = { readonly cell: ProbeCell; readonly end: (end: End) => void };

/**
 * Tries cells with real packets of this host, as any program on it would, and says what became of them. Skipped: what is
 * no port of TCP or UDP, addresses that the ruleset does not know, and orders that are too many. Decides nothing.
 */
export class Probes {
  readonly #parts: ProbeParts;
  readonly #tries = new Set<Try>();
  #queue: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(parts: ProbeParts) {
    this.#parts = parts;
  }

  run({ id, cells }: ProbeOrder): Promise<Probed> {
    if (this.#waiting >= mostWaiting) return Promise.resolve({ id, results: cells.map(skipped) });
    this.#waiting++;
    const turn = this.#queue.then(async () => ({ id, results: await this.#tryAll(cells) }));
    this.#queue = turn.catch(() => {}).then(() => this.#waiting--);
    return turn;
  }

  /** Told of every connection of this host that its own rules deny: sooner and surer than to wait for silence. */
  denied({ peer, service, rule }: OwnDenial): void {
    for (const { cell, end } of this.#tries)
      if (cell.address === peer && cell.service === service) end({ outcome: 'denied', rule });
  }

  async #tryAll(cells: readonly ProbeCell[]): Promise<ProbeResult[]> {
    const results: ProbeResult[] = cells.map(skipped);
    let next = 0;
    const worker = async () => {
      for (let index = next++; index < cells.length; index = next++) {
        const cell = cells[index];
        if (cell !== undefined) results[index] = await this.#try(cell);
      }
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, cells.length) }, worker));
    return results;
  }

  async #try(cell: ProbeCell): Promise<ProbeResult> {
    const open = serviceValue(cell.service) === 0 ? undefined : openers[serviceProtocol(cell.service)];
    if (open === undefined || !this.#parts.knows(cell.address)) return skipped(cell);
    const began = this.#parts.now();
    const end = await new Promise<End>((resolve) => {
      const tried: Try = {
        cell,
        end: (said) => {
          if (!this.#tries.delete(tried)) return;
          close();
          resolve(said);
        },
      };
      this.#tries.add(tried);
      const close = open(cell, (outcome) => tried.end({ outcome, rule: null }));
    });
    return { ...cell, ...end, milliseconds: this.#parts.now() - began };
  }
}

const skipped = (cell: ProbeCell): ProbeResult => ({ ...cell, outcome: 'skipped', rule: null, milliseconds: 0 });

/** Begins, tells once or more what came of it, and answers how to stop. */
type Opener = (cell: ProbeCell, tell: (outcome: ProbeOutcome) => void) => () => void;

const openers: Readonly<Record<number, Opener>> = { 6: openTcp, 17: openUdp };

function openTcp({ address, service }: ProbeCell, tell: (outcome: ProbeOutcome) => void): () => void {
  const timer = setTimeout(() => tell('silent'), silence);
  const socket = connect({ host: address, port: serviceValue(service) });
  socket.on('connect', () => tell('connected'));
  socket.on('error', (error) => tell(outcomeOf(error)));
  return () => {
    clearTimeout(timer);
    // Nothing is said to whoever listens: a reset, no half-open connection.
    socket.resetAndDestroy();
  };
}

function openUdp({ address, service }: ProbeCell, tell: (outcome: ProbeOutcome) => void): () => void {
  const timer = setTimeout(() => tell('sent'), quiet);
  const socket = createSocket(addressFamily(address) === 4 ? 'udp4' : 'udp6');
  socket.on('error', (error) => tell(outcomeOf(error)));
  // Connected, so that an answer that nobody listens comes back as an error.
  socket.on('connect', () => {
    socket.send(new Uint8Array(0), (error) => {
      if (error) tell(outcomeOf(error));
    });
  });
  socket.connect(serviceValue(service), address);
  return () => {
    clearTimeout(timer);
    socket.removeAllListeners('error').on('error', () => {});
    socket.close();
  };
}

/** By the error of the system call; one of them is how the kernel says that a rule of this host dropped a datagram. */
function outcomeOf(error: unknown): ProbeOutcome {
  switch (errorCode(error)) {
    case 'ECONNREFUSED':
    case 'ECONNRESET':
      return 'refused';
    case 'EPERM':
    case 'EACCES':
      return 'denied';
    case 'ETIMEDOUT':
      return 'silent';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
    case 'EINVAL':
      return 'unreachable';
    default:
      return 'skipped';
  }
}
