import type { HostRuleset, PeerAddress } from '@bulkhead/model/host-ruleset.ts';
import { contentHash } from '@bulkhead/model/host-ruleset-text.ts';
import { amendPeerList } from '@bulkhead/model/peer-list.ts';
import type { Held, RulesetDelta } from '@bulkhead/wire/messages.ts';

/**
 * Whether a change from the controller may be made on top of what is held. Pure: the agent makes no other choice.
 * `again`: the delta is not for what we hold, and the controller must send the whole.
 */
export type Judgement =
  | { readonly kind: 'accept'; readonly next: HostRuleset }
  | { readonly kind: 'refuse'; readonly code: string; readonly message: string }
  | { readonly kind: 'again'; readonly code: string; readonly message: string };

export type Holder = {
  readonly workload: string;
  readonly ruleset: HostRuleset | null;
  /** It is enforced for addresses that are not the host's own. */
  readonly isGuest?: boolean;
};

export function heldOf(ruleset: HostRuleset): Held {
  return { generation: ruleset.generation, hash: ruleset.hash, revision: ruleset.revision };
}

/** The hash was held against the content when the ruleset was decoded. */
export function judgeRuleset({ workload, ruleset: current, isGuest = false }: Holder, next: HostRuleset): Judgement {
  if (next.workload !== workload) {
    const message = `Cannot apply generation ${next.generation}: it is for "${next.workload}", one for "${workload}" is needed`;
    return { kind: 'refuse', code: 'wrong-workload', message };
  }
  if (isGuest !== (next.content.local !== undefined)) {
    const [said, needed] = isGuest ? ['not which addresses', "a guest's"] : ['which addresses', "a host's own"];
    const message = `Cannot apply generation ${next.generation}: it says ${said} it is for, ${needed} is needed`;
    return { kind: 'refuse', code: 'wrong-kind', message };
  }
  return staleGeneration(current, next.generation) ?? { kind: 'accept', next };
}

export function judgeDelta({ ruleset: current }: Holder, delta: RulesetDelta): Judgement {
  const cannot = `Cannot apply the delta to generation ${delta.generation}`;
  if (current === null) return { kind: 'again', code: 'wrong-base', message: `${cannot}: nothing is held` };
  const stale = staleGeneration(current, delta.generation);
  if (stale !== null) return stale;
  const { base } = delta;
  if (base.generation !== current.generation || base.hash !== current.hash || base.revision !== current.revision) {
    const message = `${cannot}: it is on top of generation ${base.generation}, ${current.generation} is held`;
    return { kind: 'again', code: 'wrong-base', message };
  }
  const addresses = amendAddresses(current, delta);
  if (addresses === null) {
    const message = `${cannot}: it removes an address that is not held, adds one that is, or names an unknown identity`;
    return { kind: 'again', code: 'delta-mismatch', message };
  }
  const content = { ...current.content, addresses };
  if (contentHash(content) !== delta.hash) {
    return {
      kind: 'again',
      code: 'delta-hash',
      message: `${cannot}: the result does not have the hash it should have`,
    };
  }
  const { generation, revision, hash, version } = delta;
  return { kind: 'accept', next: { ...current, content, generation, revision, hash, version } };
}

function staleGeneration(current: HostRuleset | null, generation: number): Judgement | null {
  if (current === null || generation > current.generation) return null;
  const message = `Cannot apply generation ${generation}: ${current.generation} is held, a higher one is needed`;
  return { kind: 'refuse', code: 'old-generation', message };
}

function amendAddresses({ content }: HostRuleset, { addresses }: RulesetDelta): readonly PeerAddress[] | null {
  const identities = new Set(content.identities.map(({ id }) => id));
  if (addresses.added.some(({ identity }) => !identities.has(identity))) return null;
  return amendPeerList(content.addresses, addresses);
}
