import type { DirectionTable, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { serviceTexts } from '@bulkhead/policy/language/service-sets.ts';

/** Tiers that are judged before everything people write, in every mode. */
const firstTiers = ['lifeline', 'rescue'];

export type FirstRule = {
  readonly tier: string;
  readonly rule: string;
  readonly direction: 'inbound' | 'outbound';
  readonly verdict: 'allow' | 'deny';
  /** Who is at the other end, as the host's identities are named; `any` for everybody. */
  readonly peers: readonly string[];
  readonly services: readonly string[];
};

/** What holds on a host before all else, as its ruleset says it: in the order of the tiers, then of the rules' names. */
export function firstRules({ ends, decisions, identities, classes }: HostRulesetContent): FirstRule[] {
  const names = new Map(identities.map(({ id, name }) => [id, name]));
  const services = new Map(classes.map((one) => [one.id, serviceTexts(one.services)]));
  const found = new Map<string, { rule: FirstRule; peers: Set<string>; services: Set<string> }>();
  const add = (direction: FirstRule['direction'], number: number, who: number, what: number) => {
    const decision = decisions[number]?.effective;
    if (decision === undefined || decision.rule === null || !firstTiers.includes(decision.tier ?? '')) return;
    const { rule, verdict, tier } = decision;
    const key = `${tier} ${rule} ${direction} ${verdict}`;
    const entry = found.get(key) ?? {
      rule: { tier: tier ?? '', rule, direction, verdict, peers: [], services: [] },
      peers: new Set<string>(),
      services: new Set<string>(),
    };
    entry.peers.add(names.get(who) ?? 'any');
    for (const service of services.get(what) ?? ['other services']) entry.services.add(service);
    found.set(key, entry);
  };
  const read = (direction: FirstRule['direction'], table: DirectionTable) => {
    add(direction, table.miss, 0, 0);
    for (const cell of table.cells) add(direction, cell.decision, cell.identity, cell.class);
  };
  for (const { inbound, outbound } of ends) {
    read('inbound', inbound);
    read('outbound', outbound);
  }
  return [...found.values()]
    .map(({ rule, peers, services: said }) => ({ ...rule, peers: [...peers].sort(), services: [...said].sort() }))
    .sort(byTierAndName);
}

function byTierAndName(a: FirstRule, b: FirstRule): number {
  const tiers = firstTiers.indexOf(a.tier) - firstTiers.indexOf(b.tier);
  if (tiers !== 0) return tiers;
  return `${a.rule} ${a.direction}` < `${b.rule} ${b.direction}` ? -1 : 1;
}
