import type { AddressDelta, DirectionTable, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { type Address, addressBits, addressFamily } from '@bulkhead/net/address.ts';
import { prefixContains } from '@bulkhead/net/prefix.ts';
import { closes, mayDeny, type NamedDecision, namedDecisions } from './named-decision.ts';
import { type Both, type Refinement, type Region, readTable, refine } from './refine.ts';

/** SPEC K7: whether some packet of the host was effectively allowed before and is denied after. Null: no ruleset yet. */
export function narrows(before: HostRulesetContent | null, after: HostRulesetContent): boolean {
  if (before === null) return true;
  const refinement = refine(before, after);
  const peers = distinct([
    ...refinement.addresses,
    ...refinement.regions.filter((region) => isMet(region, refinement)),
  ]);
  const services = distinct(refinement.services);
  const [had, has] = [namedDecisions(before), namedDecisions(after)];
  for (const end of refinement.ends) {
    const judged = whoJudges(before, standsFor(end, after.local, refinement.ends));
    if (judged === 'nobody') continue;
    for (const direction of ['inbound', 'outbound'] as const) {
      const was = readTable(had, end.before[direction]);
      const is = readTable(has, end.after[direction]);
      const narrowed = (peer: Both, service: Both): boolean =>
        judged === 'after'
          ? mayDeny(is(peer.after, service.after))
          : closes(was(peer.before, service.before), is(peer.after, service.after));
      if (peers.some((peer) => services.some((service) => narrowed(peer, service)))) return true;
    }
  }
  return false;
}

type End = { readonly addresses: readonly Address[] };

/** The addresses of a guest that meet the end; null: not a guest's, any address may. */
function standsFor(end: End, local: HostRulesetContent['local'], all: readonly End[]): readonly Address[] | null {
  if (local === undefined) return null;
  if (end.addresses.length > 0) return end.addresses.filter((address) => local.includes(address));
  const listed = new Set(all.flatMap(({ addresses }) => addresses));
  return local.filter((address) => !listed.has(address));
}

/** `after`: some address that was not judged before, which allowed everything (SPEC K6), is judged from now on. */
function whoJudges(before: HostRulesetContent, addresses: readonly Address[] | null): 'both' | 'after' | 'nobody' {
  if (addresses === null) return before.local === undefined ? 'both' : 'after';
  if (addresses.length === 0) return 'nobody';
  return before.local === undefined || addresses.every((address) => before.local?.includes(address)) ? 'both' : 'after';
}

/** What `narrows` says where the delta is all that changes: only the addresses in it can have lost something. */
export function narrowsByAddresses(before: HostRulesetContent, { added, removed }: AddressDelta): boolean {
  const [was, is] = [removed, added].map((peers) => new Map(peers.map((peer) => [peer.address, peer.identity])));
  const moves = new Map<string, Both>();
  for (const address of new Set([...removed, ...added].map((peer) => peer.address))) {
    const otherwise = before.prefixes.find(({ prefix }) => prefixContains(prefix, address))?.identity ?? 0;
    const move = { before: was?.get(address) ?? otherwise, after: is?.get(address) ?? otherwise };
    if (move.before !== move.after) moves.set(`${move.before} ${move.after}`, move);
  }
  const met = before.ends.filter((end) => standsFor(end, before.local, before.ends)?.length !== 0);
  const tables = met.flatMap(({ inbound, outbound }) => [inbound, outbound]);
  const decisions = namedDecisions(before);
  return tables.some((table) => [...moves.values()].some((move) => closesFor({ ...before, decisions }, table, move)));
}

type Read = Pick<HostRulesetContent, 'classes'> & { readonly decisions: (number: number) => NamedDecision };

function closesFor({ classes, decisions }: Read, table: DirectionTable, move: Both): boolean {
  const rows = new Map<number, number>();
  for (const { identity, class: number, decision } of table.cells)
    if (identity === 0 || identity === move.before || identity === move.after)
      rows.set(identity * 4096 + number, decision);
  const found = (identity: number, number: number) =>
    decisions(rows.get(identity * 4096 + number) ?? rows.get(number) ?? table.miss);
  const narrowed = (number: number) => closes(found(move.before, number), found(move.after, number));
  return narrowed(0) || classes.some(({ id }) => narrowed(id));
}

/** A region stands for no peer when every address in it has an entry of its own. */
function isMet(region: Region, { addresses }: Refinement): boolean {
  const size = region.last - region.first + 1n;
  // Checked first because regions are mostly huge and entries are mostly few.
  if (size > BigInt(addresses.length)) return true;
  const inside = addresses.filter(({ address }) => isInside(region, address));
  return BigInt(inside.length) < size;
}

function isInside(region: Region, address: Address): boolean {
  const bits = addressBits(address);
  return addressFamily(address) === region.family && region.first <= bits && bits <= region.last;
}

function distinct(list: readonly Both[]): Both[] {
  return [...new Map(list.map((both) => [`${both.before} ${both.after}`, both])).values()];
}
