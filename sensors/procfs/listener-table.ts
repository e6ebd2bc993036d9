import { type Address, addressFamily } from '@bulkhead/net/address.ts';

/** A listening socket and what is known of the process behind it; null is unknown, never a guess. */
export type KnownListener = {
  readonly protocol: 'tcp' | 'udp';
  readonly address: Address;
  readonly port: number;
  /** Path of the executable. */
  readonly process: string | null;
  readonly unit: string | null;
  readonly package: string | null;
  /** Name of the socket's owner, or the number where it has no name. */
  readonly user: string | null;
};

const anyV4 = '0.0.0.0' as Address;
const anyV6 = '::' as Address;

/** Listeners by what a packet carries: protocol, local address, local port. */
export class ListenerTable {
  readonly listeners: readonly KnownListener[];
  readonly #byEnd = new Map<string, KnownListener>();

  /** Of several with one end (SO_REUSEPORT) the first stands for all. */
  constructor(listeners: readonly KnownListener[]) {
    for (const listener of listeners) {
      const end = endKey(listener.protocol, listener.address, listener.port);
      if (!this.#byEnd.has(end)) this.#byEnd.set(end, listener);
    }
    this.listeners = [...this.#byEnd.values()];
  }

  /**
   * Who accepts a packet to this end: the socket bound to the address, else to its family's wildcard, else - for IPv4 -
   * a `::` socket. /proc does not say which of those refuse IPv4, and then nobody else would have answered either.
   */
  lookup(protocol: 'tcp' | 'udp', address: Address, port: number): KnownListener | null {
    const ends = addressFamily(address) === 4 ? [address, anyV4, anyV6] : [address, anyV6];
    for (const end of ends) {
      const found = this.#byEnd.get(endKey(protocol, end, port));
      if (found !== undefined) return found;
    }
    return null;
  }
}

const endKey = (protocol: string, address: Address, port: number): string => `${protocol} ${address} ${port}`;
