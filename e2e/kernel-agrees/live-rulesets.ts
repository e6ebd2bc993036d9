import type { Outcome } from '@bulkhead/model/decision.ts';
import type { HostRuleset, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { contentHash } from '@bulkhead/model/host-ruleset-text.ts';
import { address, serviceRange } from '@bulkhead/testkit/documents.ts';

/** Two kinds of peers of one enforcing host: what changes of a ruleset do to their live connections is looked at. */
export const peers = { keep: 1, cut: 2 } as const;
export type Peer = keyof typeof peers;
export const families = [4, 6] as const;
export type Family = (typeof families)[number];

export const hostAddress = { 4: '10.0.0.9', 6: 'fd00::9' } as const;
export const peerAddress = {
  keep: { 4: '10.0.0.1', 6: 'fd00::1' },
  cut: { 4: '10.0.0.2', 6: 'fd00::2' },
} as const;
/** An address that only a delta makes a peer. */
export const lateAddress = '10.0.0.3';
export const ports = { tcp: 8080, udp: 8081, closed: 8082 } as const;

const allow: Outcome = { verdict: 'allow', rule: 'live/allow', tier: 'application' };
const deny: Outcome = { verdict: 'deny', rule: null, tier: null };

export function liveContent(allowed: readonly Peer[], late: readonly string[] = []): HostRulesetContent {
  const table = { cells: allowed.map((peer) => ({ identity: peers[peer], class: 1, decision: 1 })), miss: 0 };
  return {
    identities: Object.entries(peers).map(([name, id]) => ({ id, name })),
    addresses: [
      ...families.flatMap((family) =>
        (['keep', 'cut'] as const).map((peer) => ({
          address: address(peerAddress[peer][family]),
          identity: peers[peer],
        })),
      ),
      ...late.map((text) => ({ address: address(text), identity: peers.keep })),
    ],
    prefixes: [],
    classes: [{ id: 1, services: ['tcp/8080', 'udp/8081-8082', 'icmp/8', 'icmpv6/128'].map(serviceRange) }],
    decisions: [
      { number: 0, effective: deny, intended: deny },
      { number: 1, effective: allow, intended: allow },
    ],
    ends: [{ addresses: [], inbound: table, outbound: table }],
  };
}

export function liveRuleset(content: HostRulesetContent, generation: number, revision: number): HostRuleset {
  const ruleset = { format: 1, workload: 'live', version: 1 } as const;
  return { ...ruleset, content, generation, revision, hash: contentHash(content) };
}
