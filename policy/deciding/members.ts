import type { View } from '@bulkhead/model/decision.ts';
import type { Address } from '@bulkhead/net/address.ts';
import type { ServicePoint } from '@bulkhead/net/service-space.ts';
import {
  type Answer,
  type EndDecision,
  passes,
  sameOutcome,
  speakingAt,
  undecided,
  type ViewAnswer,
} from '../decide.ts';
import type { Modes } from '../language/modes.ts';
import type { Policy } from '../policy.ts';
import { canMeet } from '../probe.ts';
import { rulesBetween } from './rule-finder.ts';
import { settle } from './settle.ts';
import type { Spot } from './spots.ts';

/** An address of an end, with all that decides. A host in it is in one network, and sees what everybody there sees. */
export type Member = {
  readonly network: string;
  readonly address: Address | null;
  readonly spot: Spot;
  /** Null: nobody enforces there. */
  readonly modes: Modes | null;
};

export type Meeting = {
  readonly from: readonly Member[];
  readonly to: readonly Member[];
  readonly service: ServicePoint;
};

type Decided = { readonly outbound: EndDecision; readonly inbound: EndDecision };

/**
 * What `decide` answers where no rule asks who the ends are and nothing is behind a frontend; null where the pairs do not
 * all answer alike. It is `decide` without looking up what the members already say.
 */
export function decideMembers(policy: Policy, { from, to, service }: Meeting): Answer | null {
  let first: Decided | null = null;
  for (const pair of pairsOf(from, to)) {
    const decided = decidePair(policy, pair, service);
    if (first !== null && !isAlike(first, decided)) return null;
    first ??= decided;
  }
  if (first === null) throw new Error('An end has at least one member');
  return { effective: inView(first, 'effective'), intended: inView(first, 'intended') };
}

type Pair = { readonly source: Member; readonly destination: Member };

/** SPEC E10. */
function pairsOf(from: readonly Member[], to: readonly Member[]): readonly Pair[] {
  const all: Pair[] = [];
  for (const source of from) for (const destination of to) all.push({ source, destination });
  if (all.length === 1) return all;
  const meeting = all.filter(canMeet);
  return meeting.length > 0 ? meeting : all;
}

function decidePair(policy: Policy, { source, destination }: Pair, service: ServicePoint): Decided {
  const spots = { source: source.spot, destination: destination.spot, service };
  const between = { ...spots, rules: rulesBetween(policy, spots) };
  const outbound = source.modes && settle(policy, speakingAt(policy, between, 'outbound'), source.modes.outbound);
  const inbound =
    destination.modes && settle(policy, speakingAt(policy, between, 'inbound'), destination.modes.inbound);
  return { outbound: outbound ?? undecided, inbound: inbound ?? undecided };
}

const isAlike = (a: Decided, b: Decided): boolean =>
  (['outbound', 'inbound'] as const).every(
    (end) => sameOutcome(a[end].effective, b[end].effective) && sameOutcome(a[end].intended, b[end].intended),
  );

function inView({ outbound, inbound }: Decided, view: View): ViewAnswer {
  const [out, into] = [outbound[view], inbound[view]];
  return { verdict: passes(out, into), outbound: out, inbound: into, pairs: [] };
}
