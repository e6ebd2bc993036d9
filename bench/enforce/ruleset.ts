import type { Outcome } from '@bulkhead/model/decision.ts';
import type { HostRuleset, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { contentHash } from '@bulkhead/model/host-ruleset-text.ts';
import { type Address, addressFromBits, type Family } from '@bulkhead/net/address.ts';
import { serviceRange } from '@bulkhead/testkit/documents.ts';

/** Each peer stands in one identity, each identity may use every class; so each peer comes with two cells. */
const classes = 20;
const addressesPerIdentity = 20;
/** Rules of the policy: decisions that cells name. */
const mostRules = 1_000;
export const firstPort = 5000;

/** What one rule lets through: peers, in both families, on one port. */
export type Permission = { readonly peers: readonly number[]; readonly port: number };

const identitiesOf = (peers: number): number => Math.ceil(peers / addressesPerIdentity);
const rulesOf = (peers: number): number => Math.min(mostRules, identitiesOf(peers) * classes);

/** Of 10.0.0.0/8 and fd00::/104. */
export function peerAddress(family: Family, peer: number): Address {
  return addressFromBits(family, family === 4 ? BigInt(0x0a000000 + peer) : (0xfd00n << 112n) + BigInt(peer));
}

/** The policy as what other firewalls are given: a rule is a set of peers and a port. */
export function permissionsOf(peers: number): Permission[] {
  const identities = identitiesOf(peers);
  const byRule = Map.groupBy(cellsOf(peers), ({ decision }) => decision);
  return [...byRule.values()].map((cells) => ({
    port: firstPort + (cells[0]?.class ?? 1) - 1,
    peers: cells.flatMap(({ identity }) =>
      Array.from({ length: Math.ceil((peers - identity + 1) / identities) }, (_, i) => identity - 1 + i * identities),
    ),
  }));
}

/** A rule speaks of one class, and of some of the identities. */
function cellsOf(peers: number) {
  const identities = identitiesOf(peers);
  const rulesPerClass = Math.max(1, Math.floor(rulesOf(peers) / classes));
  return Array.from({ length: identities * classes }, (_, i) => {
    const [identity, service] = [1 + (i % identities), Math.floor(i / identities)];
    return { identity, class: 1 + service, decision: 1 + service * rulesPerClass + ((identity - 1) % rulesPerClass) };
  });
}

/** `peers` addresses of each family. */
export function contentOf(peers: number, families: readonly Family[] = [4]): HostRulesetContent {
  const identities = identitiesOf(peers);
  const table = { miss: 0, cells: cellsOf(peers) };
  const rules = Math.max(classes, Math.floor(rulesOf(peers) / classes) * classes);
  return {
    identities: Array.from({ length: identities }, (_, i) => ({ id: i + 1, name: `role=r${i},app=bench` })),
    addresses: families.flatMap((family) =>
      Array.from({ length: peers }, (_, i) => ({
        address: peerAddress(family, i),
        identity: 1 + (i % identities),
      })),
    ),
    prefixes: [],
    classes: Array.from({ length: classes }, (_, i) => ({
      id: i + 1,
      services: [serviceRange(`tcp/${firstPort + i}`)],
    })),
    decisions: [
      { number: 0, effective: deny, intended: deny },
      ...Array.from({ length: rules }, (_, i) => {
        const outcome = allow(`bench/rule-${i}`);
        return { number: i + 1, effective: outcome, intended: outcome };
      }),
    ],
    ends: [{ addresses: [], inbound: table, outbound: table }],
  };
}

export function numbered(given: HostRulesetContent, generation: number): HostRuleset {
  const fixed = { format: 1, workload: 'bench', version: 1 } as const;
  return { ...fixed, content: given, generation, revision: generation, hash: contentHash(given) };
}

const allow = (rule: string): Outcome => ({ verdict: 'allow', rule, tier: 'application' });
const deny: Outcome = { verdict: 'deny', rule: null, tier: null };
