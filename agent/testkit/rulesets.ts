import type { HostRuleset, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { contentHash } from '@bulkhead/model/host-ruleset-text.ts';
import type { Address } from '@bulkhead/net/address.ts';
import type { RulesetDelta } from '@bulkhead/wire/messages.ts';
import { heldOf } from '../changes.ts';

const nothing = { verdict: 'deny', rule: null, tier: null } as const;
const shop = { verdict: 'allow', rule: 'shop/web-to-api', tier: 'application' } as const;

/** One class, one identity, two decisions; `addresses` all have the identity. */
export function content(addresses: readonly string[]): HostRulesetContent {
  return {
    identities: [{ id: 1, name: 'role=web' }],
    addresses: addresses.map((address) => ({ address: address as Address, identity: 1 })),
    prefixes: [],
    classes: [{ id: 1, services: [{ first: 6 * 65536 + 8080, last: 6 * 65536 + 8080 }] }],
    decisions: [
      { number: 0, effective: nothing, intended: nothing },
      { number: 1, effective: shop, intended: shop },
    ],
    ends: [
      {
        addresses: [],
        inbound: { cells: [{ identity: 1, class: 1, decision: 1 }], miss: 0 },
        outbound: { cells: [], miss: 0 },
      },
    ],
  };
}

export function ruleset(generation: number, addresses: readonly string[] = ['10.0.1.11']): HostRuleset {
  const made = content(addresses);
  return {
    format: 1,
    workload: 'web-1',
    content: made,
    generation,
    revision: 1,
    hash: contentHash(made),
    version: generation,
  };
}

/** Of a guest that has these addresses. */
export function guestRuleset(workload: string, local: readonly string[], generation = 1): HostRuleset {
  const made = { ...content(['10.0.1.11']), local: local as readonly Address[] };
  return { ...ruleset(generation), workload, content: made, hash: contentHash(made) };
}

/** From one ruleset to the next, both made by `ruleset`. */
export function delta(before: HostRuleset, after: HostRuleset): RulesetDelta {
  const [old, now] = [before.content.addresses, after.content.addresses];
  const missing = (from: typeof old, other: typeof old) =>
    from.filter(({ address }) => !other.some((peer) => peer.address === address));
  const { generation, revision, hash, version } = after;
  return {
    base: heldOf(before),
    generation,
    revision,
    hash,
    version,
    addresses: { added: missing(now, old), removed: missing(old, now) },
  };
}

/** Whatever its peers and services, everything is allowed; under a revision of its own where it narrows what was before. */
export function openRuleset(generation: number, revision = 1): HostRuleset {
  const made = content(['10.9.0.2']);
  const all = { cells: [], miss: 1 };
  const open = { ...made, ends: [{ addresses: [], inbound: all, outbound: all }] };
  return { ...ruleset(generation), content: open, revision, hash: contentHash(open) };
}
