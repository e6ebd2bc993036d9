import type { Decision } from '@bulkhead/model/decision.ts';
import type { HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import type { Direction } from '@bulkhead/model/words.ts';
import type { Address } from '@bulkhead/net/address.ts';
import { prefixContains } from '@bulkhead/net/prefix.ts';

/** One packet at one host. `local` null: an address the host ruleset does not list. */
export type Packet = {
  readonly local: Address | null;
  readonly peer: Address;
  readonly service: number;
  readonly direction: Direction;
};

/** A guest's ruleset lets pass what it is not for (SPEC G3, K6). */
export const notJudged: Decision = {
  effective: { verdict: 'allow', rule: null, tier: null },
  intended: { verdict: 'allow', rule: null, tier: null },
};

/** What a host ruleset makes of a packet, by the words at the head of model/host-ruleset.ts and nothing faster. */
export function simulate(content: HostRulesetContent, { local, peer, service, direction }: Packet): Decision {
  if (content.local !== undefined && (local === null || !content.local.includes(local))) return notJudged;
  const end = content.ends.find(({ addresses }) => local !== null && addresses.includes(local)) ?? content.ends.at(-1);
  if (end === undefined) throw new Error('A host ruleset has a last end');
  const { cells, miss } = end[direction];
  const [identity, number] = [identityOf(content, peer), classOf(content, service)];
  const cell =
    cells.find((c) => c.identity === identity && c.class === number) ??
    cells.find((c) => c.identity === 0 && c.class === number);
  const decision = content.decisions[cell?.decision ?? miss];
  if (decision === undefined) throw new Error('A cell names a decision that is not there');
  return { effective: decision.effective, intended: decision.intended };
}

export function identityOf(content: HostRulesetContent, peer: Address): number {
  const exact = content.addresses.find(({ address }) => address === peer);
  return exact?.identity ?? content.prefixes.find(({ prefix }) => prefixContains(prefix, peer))?.identity ?? 0;
}

export function classOf(content: HostRulesetContent, service: number): number {
  const found = content.classes.find(({ services }) => services.some((s) => s.first <= service && service <= s.last));
  return found?.id ?? 0;
}
