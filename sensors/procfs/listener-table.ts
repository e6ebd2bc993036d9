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

  /** Of several with one end (SO_REUSEPORT) is known what they have in common: nobody can tell which one answers. */
  constructor(listeners: readonly KnownListener[]) {
    for (const listener of listeners) {
      const end = endKey(listener.protocol, listener.address, listener.port);
      const other = this.#byEnd.get(end);
      this.#byEnd.set(end, other === undefined ? listener : inCommon(other, listener));
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

function inCommon(one: KnownListener, other: KnownListener): KnownListener {
  const { protocol, address, port } = one;
  const same = <T>(a: T, b: T): T | null => (a === b ? a : null);
  return {
    ...{ protocol, address, port },
    process: same(one.process, other.process),
    unit: same(one.unit, other.unit),
    package: same(one.package, other.package),
    user: same(one.user, other.user),
  };
}

const endKey = (protocol: string, address: Address, port: number): string => `${protocol} ${address} ${port}`;
