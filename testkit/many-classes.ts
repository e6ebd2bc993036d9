import type { HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { serviceRange } from './documents.ts';

/** Anybody may connect to every second port from `first` on, each a class of its own; nothing else is allowed. */
export function manyClasses(first: number, count: number): HostRulesetContent {
  const deny = { verdict: 'deny', rule: null, tier: null } as const;
  const allow = { verdict: 'allow', rule: null, tier: null } as const;
  const ids = Array.from({ length: count }, (_, index) => index + 1);
  const inbound = { cells: ids.map((id) => ({ identity: 0, class: id, decision: 1 })), miss: 0 };
  return {
    ...{ identities: [], addresses: [], prefixes: [] },
    classes: ids.map((id) => {
      const { first: from, last } = serviceRange(`tcp/${first + 2 * (id - 1)}`);
      return { id, services: [{ first: from, last }] };
    }),
    decisions: [
      { number: 0, effective: deny, intended: deny },
      { number: 1, effective: allow, intended: allow },
    ],
    ends: [{ addresses: [], inbound, outbound: { cells: [], miss: 0 } }],
  };
}
