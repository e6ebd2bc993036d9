import type { Decision } from '@bulkhead/model/decision.ts';
import type { HostRulesetContent, NumberedDecision } from '@bulkhead/model/host-ruleset.ts';
import type { Direction } from '@bulkhead/model/words.ts';
import type { Address } from '@bulkhead/net/address.ts';
import { prefixContains } from '@bulkhead/net/prefix.ts';

/** One packet at one host. `local` null: an address the host ruleset does not list. */
export type Packet = {
  readonly local: Address | null;
  readonly peer: Address;
  readonly service: number;
  readonly direction: Direction;
  /** Domain names that the peer is an address of at this moment, as the host ruleset names them. */
  readonly names?: ReadonlySet<string>;
};

/** What a host ruleset makes of a packet, by the words at the head of model/host-ruleset.ts and nothing faster. */
export function simulate(content: HostRulesetContent, packet: Packet): Decision {
  const { local, peer, service, direction } = packet;
  const end = content.ends.find(({ addresses }) => local !== null && addresses.includes(local)) ?? content.ends.at(-1);
  if (end === undefined) throw new Error('A host ruleset has a last end');
  const { cells, miss } = end[direction];
  const [identity, number] = [identityOf(content, peer), classOf(content, service)];
  const cell =
    cells.find((c) => c.identity === identity && c.class === number) ??
    cells.find((c) => c.identity === 0 && c.class === number);
  const { effective, intended } = decisionOf(content, cell?.decision ?? miss, packet);
  return { effective, intended };
}

function decisionOf(content: HostRulesetContent, number: number, packet: Packet): NumberedDecision {
  const { names, direction } = packet;
  const decision = content.decisions[number];
  if (decision === undefined) throw new Error('A cell names a decision that is not there');
  const isNamed = (id: number) => content.names?.some((one) => one.id === id && names?.has(one.name)) === true;
  const instead = direction === 'outbound' ? decision.named?.find(({ name }) => isNamed(name)) : undefined;
  return instead === undefined ? decision : decisionOf(content, instead.decision, packet);
}

export function identityOf(content: HostRulesetContent, peer: Address): number {
  const exact = content.addresses.find(({ address }) => address === peer);
  return exact?.identity ?? content.prefixes.find(({ prefix }) => prefixContains(prefix, peer))?.identity ?? 0;
}

export function classOf(content: HostRulesetContent, service: number): number {
  const found = content.classes.find(({ services }) => services.some((s) => s.first <= service && service <= s.last));
  return found?.id ?? 0;
}
