import type { Outcome } from '@bulkhead/model/decision.ts';
import type { HostRuleset, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { contentHash } from '@bulkhead/model/host-ruleset-text.ts';
import { addressFromBits } from '@bulkhead/net/address.ts';
import { parsePrefix } from '@bulkhead/net/prefix.ts';
import { serviceRange } from '@bulkhead/testkit/documents.ts';

/** A host ruleset of a size. `six`: addresses and prefixes are of IPv6. */
export type Made = {
  readonly addresses: number;
  readonly six?: true;
  readonly cells?: number;
  readonly prefixes?: number;
  readonly ports?: number;
  readonly decisions?: number;
};

const addressesPerIdentity = 20;
const allow = (rule: string): Outcome => ({ verdict: 'allow', rule, tier: 'application' });
const deny: Outcome = { verdict: 'deny', rule: null, tier: null };

export function madeContent(made: Made): HostRulesetContent {
  const { addresses, six, cells = 0, prefixes = 0, ports = 20, decisions = 20 } = made;
  const identities = Math.max(1, Math.ceil(addresses / addressesPerIdentity));
  return {
    identities: Array.from({ length: identities }, (_, i) => ({ id: i + 1, name: `role=r${i},app=bench` })),
    addresses: Array.from({ length: addresses }, (_, i) => ({
      address: six ? addressFromBits(6, (0xfdn << 120n) + BigInt(i)) : addressFromBits(4, BigInt(0x0a000000 + i)),
      identity: 1 + (i % identities),
    })),
    prefixes: Array.from({ length: prefixes }, (_, i) => ({
      prefix: prefixOf(i, six),
      identity: 1 + (i % identities),
    })),
    classes: Array.from({ length: ports }, (_, i) => ({ id: i + 1, services: [serviceRange(`tcp/${5000 + 2 * i}`)] })),
    decisions: [
      { number: 0, effective: deny, intended: deny },
      ...Array.from({ length: decisions }, (_, i) => {
        const outcome = allow(`bench/rule-${i}`);
        return { number: i + 1, effective: outcome, intended: outcome };
      }),
    ],
    ends: [{ addresses: [], ...tables({ cells, identities, ports, decisions }) }],
  };
}

function tables(of: {
  readonly cells: number;
  readonly identities: number;
  readonly ports: number;
  readonly decisions: number;
}) {
  const count = Math.max(of.cells / 2, Math.ceil(of.decisions / 2));
  const table = (first: number) => ({
    miss: 0,
    cells: Array.from({ length: count }, (_, i) => ({
      identity: 1 + (Math.floor(i / of.ports) % of.identities),
      class: 1 + (i % of.ports),
      decision: 1 + ((first + i) % of.decisions),
    })).sort((a, b) => a.class - b.class || a.identity - b.identity),
  });
  return { inbound: table(0), outbound: table(count) };
}

function prefixOf(n: number, six: true | undefined) {
  const text = six ? `fd00:0:0:${n.toString(16)}::/65` : `172.${16 + (n >> 9)}.${(n >> 1) & 255}.${(n & 1) * 128}/26`;
  const prefix = parsePrefix(text);
  if (prefix === null) throw new Error(`Cannot make a ruleset with "${text}": it is no prefix`);
  return prefix;
}

export function numbered(given: HostRulesetContent, generation: number): HostRuleset {
  const fixed = { format: 1, workload: 'bench', version: 1 } as const;
  return { ...fixed, content: given, generation, revision: generation, hash: contentHash(given) };
}
