import { type Address, addressBits, addressFamily, type Family } from '@bulkhead/net/address.ts';
import { prefixContains, prefixRange } from '@bulkhead/net/prefix.ts';
import type { DirectionTable, HostRulesetContent, NumberedDecision } from './host-ruleset.ts';
import type { Direction } from './words.ts';

/**
 * The first packet of a flow at one host, as that host sees it. `local` null: an address that no end names.
 * `service` is that of the request: the destination port, or type and code (net/service-space.ts).
 */
export type HostPacket = {
  readonly direction: Direction;
  readonly local: Address | null;
  readonly peer: Address;
  readonly service: number;
  /** Names of the ruleset that the peer is an address of at this moment; absent: of none. */
  readonly names?: ReadonlySet<string>;
};

const passes = { verdict: 'allow', rule: null, tier: null } as const;
/** A guest's ruleset lets pass what it is not for (SPEC G3, K6); its number is that of no decision. */
export const notJudged: NumberedDecision = { number: -1, effective: passes, intended: passes };

/** What a host ruleset makes of a packet, by the words at the head of host-ruleset.ts and nothing faster. */
export function decidePacket(content: HostRulesetContent, packet: HostPacket): NumberedDecision {
  const { direction, local, peer, service } = packet;
  if (!isFor(content, local)) return notJudged;
  const end = content.ends.find(({ addresses }) => local !== null && addresses.includes(local)) ?? content.ends.at(-1);
  if (end === undefined) throw new Error('A host ruleset has a last end');
  const { cells, miss } = end[direction];
  const [identity, number] = [identityOf(content, peer), classOf(content, service)];
  const cell =
    cells.find((c) => c.identity === identity && c.class === number) ??
    cells.find((c) => c.identity === 0 && c.class === number);
  return decisionAt(content, cell?.decision ?? miss, packet);
}

const isFor = ({ local: own }: HostRulesetContent, local: Address | null): boolean =>
  own === undefined || (local !== null && own.includes(local));

export function identityOf(content: HostRulesetContent, peer: Address): number {
  const exact = content.addresses.find(({ address }) => address === peer);
  return exact?.identity ?? content.prefixes.find(({ prefix }) => prefixContains(prefix, peer))?.identity ?? 0;
}

export function classOf(content: HostRulesetContent, service: number): number {
  const found = content.classes.find(({ services }) => services.some((s) => s.first <= service && service <= s.last));
  return found?.id ?? 0;
}

/** The same answers for many packets: a few look-ups each, after one pass over the content. */
export function packetDecider(content: HostRulesetContent): (packet: HostPacket) => NumberedDecision {
  const ends = content.ends.map(({ inbound, outbound }) => ({ inbound: rowsOf(inbound), outbound: rowsOf(outbound) }));
  const last = ends.at(-1);
  if (last === undefined) throw new Error('A host ruleset has a last end');
  const byLocal = new Map(content.ends.flatMap((end, index) => end.addresses.map((address) => [address, ends[index]])));
  const [identity, number] = [identities(content), classes(content)];
  const own = content.local === undefined ? null : new Set(content.local);
  return (packet) => {
    const { direction, local, peer, service } = packet;
    if (own !== null && (local === null || !own.has(local))) return notJudged;
    const rows = ((local === null ? undefined : byLocal.get(local)) ?? last)[direction];
    const row = number(service);
    const decision = rows.cells.get(keyOf(identity(peer), row)) ?? rows.cells.get(keyOf(0, row)) ?? rows.miss;
    return decisionAt(content, decision, packet);
  };
}

type Rows = { readonly cells: ReadonlyMap<number, number>; readonly miss: number };
const keyOf = (identity: number, number: number): number => identity * 4096 + number;

function rowsOf({ cells, miss }: DirectionTable): Rows {
  return { miss, cells: new Map(cells.map((cell) => [keyOf(cell.identity, cell.class), cell.decision])) };
}

function identities({ addresses, prefixes }: HostRulesetContent): (peer: Address) => number {
  const exact = new Map(addresses.map(({ address, identity }) => [address, identity]));
  const ranges = (family: Family) =>
    prefixes
      .filter(({ prefix }) => prefix.family === family)
      .map(({ prefix, identity }) => ({ ...prefixRange(prefix), value: identity }))
      .sort((a, b) => (a.first < b.first ? -1 : 1));
  const within = { 4: ranges(4), 6: ranges(6) };
  return (peer) => exact.get(peer) ?? valueAt(within[addressFamily(peer)], addressBits(peer));
}

function classes({ classes: all }: HostRulesetContent): (service: number) => number {
  const ranges = all
    .flatMap(({ id, services }) => services.map(({ first, last }) => ({ first, last, value: id })))
    .sort((a, b) => a.first - b.first);
  return (service) => valueAt(ranges, service);
}

/** Of disjoint ranges in order: the value of the one that contains the point, else 0. */
function valueAt<T extends number | bigint>(
  ranges: readonly { readonly first: T; readonly last: T; readonly value: number }[],
  point: T,
): number {
  let [low, high] = [0, ranges.length - 1];
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const range = ranges[middle];
    if (range === undefined) return 0;
    if (point < range.first) high = middle - 1;
    else if (point > range.last) low = middle + 1;
    else return range.value;
  }
  return 0;
}

function decisionAt(content: HostRulesetContent, number: number, packet: HostPacket): NumberedDecision {
  const decision = content.decisions[number];
  if (decision === undefined) throw new Error('A cell names a decision that is not there');
  const { names } = packet;
  if (decision.named === undefined || names === undefined || packet.direction === 'inbound') return decision;
  const isNamed = (id: number) => content.names?.some((one) => one.id === id && names.has(one.name)) === true;
  const instead = decision.named.find(({ name }) => isNamed(name));
  return instead === undefined ? decision : decisionAt(content, instead.decision, packet);
}
